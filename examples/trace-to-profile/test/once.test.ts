import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Functions that may be a route's own, by the file they stand in. */
const functionsOf: Record<string, readonly string[]> = {
  "/checkout": ["priceBasket", "bestVouchers", "renderInvoice"],
  "/search": ["rankByDistance", "editDistance"],
  "/recommendations/:id": ["similarProducts", "cosineSimilarity"],
};
const shopFunctions = new Set(Object.values(functionsOf).flat());

test("prints the slowest spans, each with functions of its own route, and ends", async () => {
  expect(existsSync(main), "compile first: npm run build").toBe(true);
  const child = spawn(
    process.execPath,
    [main, "--once", "--json", "--seconds", "4", "--port", "0"],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const [out, log, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  expect(code, log).toBe(0);
  const spans = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(spans.length).toBe(5);
  for (const span of spans) {
    expect(span).toEqual({
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      route: expect.any(String),
      durationMs: expect.any(Number),
      samples: expect.any(Number),
      top: expect.any(Array),
      url: expect.stringContaining(span.spanId),
    });
    expect(span.samples).toBeGreaterThan(0);
    expect(span.top.length).toBeGreaterThan(0);
    const own = functionsOf[span.route] ?? [];
    const foreign = span.top.filter(
      (f: { function: string }) => shopFunctions.has(f.function) && !own.includes(f.function),
    );
    expect(foreign, `${span.route} shows functions of another route`).toEqual([]);
  }
  const durations = spans.map((span) => span.durationMs);
  expect(durations).toEqual([...durations].sort((a, b) => b - a));
  expect(spans.flatMap((s) => s.top).some((f) => shopFunctions.has(f.function))).toBe(true);
}, 90_000);
