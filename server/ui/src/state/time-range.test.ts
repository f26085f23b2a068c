import { expect, it } from "vitest";
import { isLonger, isRelative, parseTime, resolveRange } from "./time-range.ts";
import { parseTraceIdentifier } from "./trace-identifier.ts";

const now = 1_795_484_554_407;

it("reads relative and absolute times", () => {
  expect(parseTime("now", now)).toBe(now);
  expect(parseTime("now-90s", now)).toBe(now - 90_000);
  expect(parseTime("now-15m", now)).toBe(now - 900_000);
  expect(parseTime("now-2d", now)).toBe(now - 172_800_000);
  expect(parseTime("1795480000000", now)).toBe(1_795_480_000_000);
  for (const text of ["", "now+1h", "now-1w", "yesterday", "-5"]) {
    expect(parseTime(text, now)).toBeUndefined();
  }
  expect(isRelative("now-1h")).toBe(true);
  expect(isRelative("1795480000000")).toBe(false);
});

it("tells which ranges up to now are longer than another", () => {
  expect(isLonger("now-1h", { from: "now-15m", until: "now" })).toBe(true);
  expect(isLonger("now-1h", { from: "now-90m", until: "now" })).toBe(false);
  expect(isLonger("now-1h", { from: "now-1h", until: "now" })).toBe(false);
  // Of what lies elsewhere it cannot be told.
  expect(isLonger("now-15m", { from: "now-6h", until: "now-5h" })).toBe(true);
  expect(isLonger("now-15m", { from: "1795480000000", until: "now" })).toBe(true);
});

it("falls back to the last hour", () => {
  expect(resolveRange("x", "y", now)).toEqual({ start: now - 3_600_000, end: now });
  expect(resolveRange("x", "1000000000", now)).toEqual({ start: 996_400_000, end: 1_000_000_000 });
});

it("reads span ids, trace ids and traceparent headers", () => {
  const span = "00f067aa0ba902b7";
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  expect(parseTraceIdentifier(` ${span.toUpperCase()}\n`)).toEqual({ span, trace: "" });
  expect(parseTraceIdentifier(trace)).toEqual({ span: "", trace });
  expect(parseTraceIdentifier("4bf92f35-77b3-4da6-a3ce-929d0e0e4736")).toEqual({ span: "", trace });
  expect(parseTraceIdentifier(`00-${trace}-${span}-01`)).toEqual({ span, trace });
  for (const text of ["", "xyz", `${span}0`, trace.slice(1), "0x00f067aa0ba902b7"]) {
    expect(parseTraceIdentifier(text)).toBeUndefined();
  }
});
