import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimeExpression } from "./time-expression.ts";

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const now = 1_767_225_600_123_456_789n;

describe("parseTimeExpression", () => {
  it.each<[string, bigint]>([
    ["now", 0n],
    ["now-1s", -SECOND],
    ["now+1s", SECOND],
    ["now-1min", -60n * SECOND],
    ["now-1m", -60n * SECOND],
    ["now-1h", -3600n * SECOND],
    ["now-1d", -DAY],
    ["now-1w", -7n * DAY],
    ["now-1mon", -30n * DAY],
    ["now-1M", -30n * DAY],
    ["now-1y", -365n * DAY],
    ["now-1", 0n],
    ["now-1d2h", -DAY],
    ["now-1h30min", -3600n * SECOND],
    ["now-2h-3h", -7200n * SECOND],
    ["now+5m-3h", 300n * SECOND],
    ["now-5q3h", 0n],
    ["now-2H", 0n],
    ["now--2h", 0n],
    ["1e9", 0n],
    ["2020-01-01", 0n],
    ["2020-01-01T00:00:00Z", 0n],
    ["+1577836800", 0n],
    ["1577836800.5", 0n],
    ["", 0n],
    ["garbage", 0n],
    ["12345678901234567890123", 0n],
    [" now - 1 h ", -3600n * SECOND],
  ])("%j is now and %d ns", (text, offset) => {
    expect(parseTimeExpression(text, now)).toBe(now + offset);
  });

  it.each<[string, bigint]>([
    ["20200101", 1_577_836_800n * SECOND],
    ["2020_01_01", 1_577_836_800n * SECOND],
    ["20201301", 20_201_301n * SECOND],
    ["1577836800", 1_577_836_800n * SECOND],
    ["1577836800001", 1_577_836_800_001_000_000n],
    ["1577836800000001", 1_577_836_800_000_001_000n],
    ["1577836800000000001", 1_577_836_800_000_000_001n],
    ["0", 0n],
  ])("%j is absolute", (text, nanos) => {
    expect(parseTimeExpression(text, now)).toBe(nanos);
  });

  it("wraps seconds that do not fit into 64 bits of nanoseconds", () => {
    expect(
      new Date(Number(parseTimeExpression("99999999999", now) / 1_000_000n)).getUTCFullYear(),
    ).toBe(2216);
  });

  it("never fails", () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9now+\-smhdwyM_, .]{0,40}$/),
      fc.bigInt({ min: 0n }).map(String),
    );
    fc.assert(
      fc.property(text, (input) => {
        const nanos = parseTimeExpression(input, now);
        expect(BigInt.asIntN(64, nanos)).toBe(nanos);
      }),
      { numRuns: 2000 },
    );
  });
});
