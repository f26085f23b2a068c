import { expect, it } from "vitest";
import type { SpanSummary } from "../api/spans.ts";
import { groupSpans, queryRange, SPAN_MARGIN_MS, slowestFirst, typesOf } from "./span-facts.ts";

const wall = "wall:wall:nanoseconds:wall:nanoseconds";
const samples = "wall:samples:count:wall:nanoseconds";

function summary(change: Partial<SpanSummary>): SpanSummary {
  return {
    spanId: "a".repeat(16),
    traceId: "",
    name: "",
    service: "shop",
    type: wall,
    firstTime: 100_000,
    lastTime: 200_000,
    total: 10,
    profiles: 1,
    ...change,
  };
}

it("puts together what is known of each span", () => {
  const spans = groupSpans([
    summary({ total: 7 }),
    summary({ spanId: "b".repeat(16), total: 99, lastTime: 900_000 }),
    summary({ type: samples, total: 3, name: "GET /", traceId: "c".repeat(32), firstTime: 50_000 }),
    summary({ service: "cart", total: 5 }),
  ]);
  expect(spans).toHaveLength(2);
  expect(spans[0]).toMatchObject({
    name: "GET /",
    traceId: "c".repeat(32),
    services: ["shop", "cart"],
    range: { start: 50_000, end: 200_000 },
  });
  expect([...spans[0]!.totals]).toEqual([
    [wall, 12],
    [samples, 3],
  ]);
  expect(slowestFirst(spans, wall).map((span) => span.spanId[0])).toEqual(["b", "a"]);
  expect(slowestFirst(spans, samples).map((span) => span.spanId[0])).toEqual(["a", "b"]);
  expect(typesOf(spans)).toEqual([wall, samples]);
  expect(queryRange(spans)).toEqual({
    start: 50_000 - SPAN_MARGIN_MS,
    end: 900_000 + SPAN_MARGIN_MS,
  });
});
