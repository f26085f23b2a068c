import { defineConfig } from "vitest/config";

const packages = [
  "pprof",
  "wire",
  "sdk-node",
  "otel-span-processor",
  "server",
  "server/ui",
  "examples/trace-to-profile",
];

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"], externalConditions: ["source"] } },
  test: {
    projects: packages.map((root) => ({
      extends: true,
      test: {
        name: root,
        root,
        include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
        testTimeout: 60_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
