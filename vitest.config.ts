import { defineConfig } from "vitest/config";

const packages = [
  "pprof",
  "wire",
  "sdk-node",
  "otel-span-processor",
  "server",
  "server/ui",
  "examples/trace-to-profile",
  ".ci",
];

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"], externalConditions: ["source"] } },
  test: {
    // Suites wait for processes more than they compute: two at a time even where there are two cores.
    maxWorkers: 2,
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
