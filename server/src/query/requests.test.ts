import { describe, expect, it } from "vitest";
import { bucketOf } from "./bucket-sums.ts";
import { goDuration, promDuration } from "./go-duration.ts";
import { parseProfileIds, parseSpanIds, parseTraceIds } from "./id-selectors.ts";
import { validMaxNodes } from "./max-nodes.ts";
import { parseProfileType } from "./profile-type.ts";
import { stepMillis } from "./select-series.ts";
import { queryRange } from "./time-range.ts";

const HOUR = 3_600_000;

describe("time range", () => {
  const now = 1_700_000_000_000;
  const limits = { maxQueryLookbackMs: 72 * HOUR, maxQueryLengthMs: 48 * HOUR };
  const range = (start: number, end: number) => queryRange(BigInt(start), BigInt(end), limits, now);

  it("stays as it is within the limits", () => {
    expect(range(now - 24 * HOUR, now)).toEqual({ startMs: now - 24 * HOUR, endMs: now });
    expect(range(now, now)).toEqual({ startMs: now, endMs: now });
  });

  it("is nothing wholly before the lookback, and cut where it begins before", () => {
    expect(range(now - 75 * HOUR, now - 73 * HOUR)).toBeUndefined();
    expect(range(now - 75 * HOUR, now - 68 * HOUR)?.startMs).toBe(now - 72 * HOUR);
    expect(range(-5, -1)).toBeUndefined();
  });

  it.each([
    [
      now - 150 * HOUR,
      now + HOUR,
      "the query time range exceeds the limit (max_query_length, actual: 73h0m0s, limit: 2d)",
    ],
    [0, now, "missing time range in the query"],
    [now, 0, "missing time range in the query"],
    [1000, 500, "query start time is after end time"],
  ])("%i..%i is refused", (start, end, message) => {
    expect(() => range(start, end)).toThrow(message);
  });
});

describe("durations", () => {
  it("print as in Go and Prometheus", () => {
    expect([
      goDuration(604_783_097),
      goDuration(90_000),
      goDuration(1500),
      goDuration(15),
      goDuration(0),
    ]).toEqual(["167h59m43.097s", "1m30s", "1.5s", "15ms", "0s"]);
    expect([86_400_000, 9_000_000, 604_800_000, 1500].map(promDuration)).toEqual([
      "1d",
      "2h30m",
      "1w",
      "1s500ms",
    ]);
  });
});

describe("max nodes", () => {
  const limits = (max: number) => ({ maxFlamegraphNodesDefault: 10, maxFlamegraphNodesMax: max });
  it("follows the limits", () => {
    expect(validMaxNodes(undefined, limits(100))).toBe(10);
    expect(validMaxNodes(0n, limits(100))).toBe(10);
    expect(validMaxNodes(10n, limits(10))).toBe(10);
    expect(validMaxNodes(-1n, limits(0))).toBe(-1);
    expect(() => validMaxNodes(10n, limits(5))).toThrow(
      "max flamegraph nodes limit 10 is greater than allowed 5",
    );
    expect(() => validMaxNodes(-1n, limits(5))).toThrow(
      "max flamegraph nodes limit must be set (max allowed 5)",
    );
  });
});

describe("profile type", () => {
  it("has five parts, or six", () => {
    expect(parseProfileType("a:b:c:d:e:delta")).toEqual({
      id: "a:b:c:d:e",
      name: "a",
      sampleType: "b",
      sampleUnit: "c",
      periodType: "d",
      periodUnit: "e",
    });
    expect(parseProfileType("::::").id).toBe("::::");
    expect(() => parseProfileType("a")).toThrow('(:delta), got(1): "a"');
    expect(() => parseProfileType("a:b:c:d:e:f:g")).toThrow("got(7)");
  });
});

describe("ids", () => {
  it("are read as the store keeps them", () => {
    expect(parseSpanIds(["0100000000000000", "00000000000000FF", "0000000000000000"])).toEqual([
      "1",
      String(0xffn << 56n),
    ]);
    expect(parseTraceIds(["4BF92F3577B34DA6A3CE929D0E0E4736", "0".repeat(32)])).toEqual([
      "4bf92f3577b34da6a3ce929d0e0e4736",
    ]);
    expect(parseProfileIds(["7C9E6679-7425-40de-944b-e07fc1f90ae7"])).toEqual([
      "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    ]);
  });

  it.each([
    [() => parseSpanIds(["tooshort"]), 'invalid span id length: "tooshort"'],
    [() => parseSpanIds([""]), 'invalid span id length: ""'],
    [() => parseSpanIds(["zzzzzzzzzzzzzzzz"]), "encoding/hex: invalid byte: U+007A 'z'"],
    [
      () => parseSpanIds([`\${__span.tags["x"]}`]),
      "the span has no pyroscope.profile.id attribute",
    ],
    [() => parseTraceIds(["zz"]), 'invalid trace id length: "zz"'],
    [() => parseProfileIds(["invalid-uuid"]), "invalid UUID length: 12"],
    [() => parseProfileIds(["zc9e6679-7425-40de-944b-e07fc1f90ae7"]), "invalid UUID format"],
  ])("%# are refused", (parse, message) => {
    expect(parse).toThrow(message);
  });
});

describe("series grid", () => {
  it("puts a moment at the first point at or after it", () => {
    const range = { startMs: 1000, endMs: 3500 };
    const buckets = [1, 947, 1000, 1001, 2000, 2001, 3000, 3001].map((ms) =>
      bucketOf(ms, range, 1000),
    );
    expect(buckets).toEqual([0, 0, 0, 1, 1, 2, 2, -1]);
  });

  it("has steps of whole milliseconds", () => {
    expect([stepMillis(1), stepMillis(0.0019), stepMillis(15.5)]).toEqual([1000, 1, 15_500]);
    for (const step of [0, -1, 0.0009, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => stepMillis(step)).toThrow("step must be >= 1ms");
    }
  });
});
