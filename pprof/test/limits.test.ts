import { describe, expect, it } from "vitest";
import {
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  type DecodeLimits,
  decodePprof,
  encodePprof,
  profileFromText,
} from "../src/index.ts";

const bytes = encodePprof(
  profileFromText(`
    @types cpu=nanoseconds samples=count
    @comment one
    @comment two
    a;b{0x1,m};c{0x2,n} cpu=1ms samples=1 k=v l=w
    a|b;c samples=1
  `),
);

function failure(input: Uint8Array, limits: Partial<DecodeLimits> = {}): DecodeError {
  try {
    decodePprof(input, { ...DEFAULT_DECODE_LIMITS, ...limits });
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("limits", () => {
  it.each([
    ["maxBytes", "too_large", bytes.length],
    ["maxSampleTypes", "too_many", 2],
    ["maxSamples", "too_many", 2],
    ["maxStackDepth", "too_many", 3],
    ["maxSampleLabels", "too_many", 2],
    ["maxMappings", "too_many", 2],
    ["maxLocations", "too_many", 5],
    ["maxLocationLines", "too_many", 2],
    ["maxFunctions", "too_many", 3],
    ["maxStrings", "too_many", 16],
    ["maxComments", "too_many", 2],
  ] as const)("%s", (limitName, code, actual) => {
    const limit = actual - 1;
    expect(failure(bytes, { [limitName]: limit })).toMatchObject({
      code,
      limitName,
      limit,
      actual,
    });
    expect(failure(bytes, { [limitName]: limit }).message).toContain(limitName);
    const exact = { ...DEFAULT_DECODE_LIMITS, [limitName]: actual };
    expect(() => decodePprof(bytes, exact)).not.toThrow();
  });

  it("are switched off by Infinity", () => {
    const names = Object.keys(DEFAULT_DECODE_LIMITS);
    const none = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY]));
    expect(decodePprof(bytes, none as unknown as DecodeLimits).samples.length).toBe(2);
  });
});

describe("memory follows the input", () => {
  const repeat = (unit: number[], count: number) =>
    new Uint8Array(Buffer.alloc(unit.length * count, Uint8Array.from(unit)));
  const concat = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

  /** Bytes of the columns of whatever a decode makes. */
  function columnBytes(input: Uint8Array): number {
    const seen = new Set<ArrayBufferLike>();
    const visit = (value: unknown): void => {
      if (ArrayBuffer.isView(value)) seen.add(value.buffer);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
    };
    visit(decodePprof(input, DEFAULT_DECODE_LIMITS));
    return [...seen].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  it.each([
    ["samples", [0x12, 0]],
    ["locations", [0x22, 0]],
    ["functions", [0x2a, 0]],
    ["strings", [0x32, 0]],
    ["lines", [0x22, 4, 0x22, 0, 0x22, 0]],
    ["labels", [0x12, 4, 0x1a, 0, 0x1a, 0]],
  ])("empty %s", (_, unit) => {
    const input = repeat(unit, 40_000);
    expect(columnBytes(input)).toBeLessThan(25 * input.length);
  });

  it("a table of values of many types and many samples without any", () => {
    const types = repeat([0x0a, 0], 250);
    const samples = repeat([0x12, 0], 500_000);
    expect(failure(concat(types, samples)).code).toBe("bad_value_count");
    expect(columnBytes(concat(types, samples.subarray(0, 200)))).toBeLessThan(1_000_000);
  });

  it.each([
    ["a string", [0x32, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ["a packed stack", [0x12, 6, 0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ["a sample", [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["an unknown field", [0xa2, 0x06, 0xff, 0xff, 0xff, 0x07]],
  ])("%s that claims to be huge", (_, input) => {
    expect(failure(Uint8Array.from(input)).code).toBe("truncated");
  });
});
