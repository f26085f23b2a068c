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

/** Suites that run a second time on the async hooks of older Node.js versions, in the one that runs here. */
const onAsyncHooks = {
  "sdk-node": ["test/profiler.test.ts"],
  "otel-span-processor": ["test/samples.test.ts"],
};

/** Settings of all projects. */
const shared = {
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // A second, the default, is little for a page and a server on a machine that is busy.
  expect: { poll: { timeout: 20_000 } },
};

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"], externalConditions: ["source"] } },
  test: {
    // Suites wait for processes more than they compute: two at a time even where there are two cores.
    maxWorkers: 2,
    projects: [
      ...packages.map((root) => ({
        extends: true as const,
        test: {
          ...shared,
          name: root,
          root,
          include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
        },
      })),
      ...Object.entries(onAsyncHooks).map(([root, include]) => ({
        extends: true as const,
        test: {
          ...shared,
          name: `${root} on async hooks`,
          root,
          include,
          execArgv: ["--no-async-context-frame"],
        },
      })),
    ],
  },
});
