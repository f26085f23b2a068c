import { afterEach, describe, expect, it } from "vitest";
import { createTimeEngine, type TimeEngine, type TimeTree } from "./time-engine.ts";

let engine: TimeEngine | undefined;
afterEach(() => {
  engine?.stop();
});

function startEngine(intervalMicros: number): TimeEngine {
  engine = createTimeEngine({
    intervalMicros,
    durationMs: 1_000,
    collectCpuTime: true,
    inFrames: false,
  });
  engine.start();
  return engine;
}

function hitsOf(tree: TimeTree | undefined): number {
  let hits = 0;
  const pending = tree === undefined ? [] : [tree.topDownRoot];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    hits += node.hitCount;
    pending.push(...node.children);
  }
  return hits;
}

function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("a time engine", () => {
  it("is emptied without waiting for samples", () => {
    const intervalMs = 300;
    const { take } = startEngine(1_000 * intervalMs);
    const pausesMs = Array.from({ length: 3 }, () => {
      const start = performance.now();
      take();
      return performance.now() - start;
    });
    expect(Math.min(...pausesMs)).toBeLessThan(intervalMs / 10);
  });

  it("hands out what is left when it is stopped", () => {
    const { take, stop } = startEngine(2_000);
    burn(50);
    expect(hitsOf(take())).toBeGreaterThan(0);
    burn(50);
    expect(hitsOf(stop())).toBeGreaterThan(0);
  });

  it("has no effect any more once it is stopped", () => {
    const { stop, take, setContext, getContext } = startEngine(2_000);
    stop();
    setContext({});
    expect(getContext()).toBeUndefined();
    expect(take()).toBeUndefined();
    expect(stop()).toBeUndefined();
  });
});
