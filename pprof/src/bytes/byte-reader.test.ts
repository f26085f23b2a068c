import { describe, expect, it } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { DecodeError } from "./decode-error.ts";
import { int64Of, uint64Of } from "./int64.ts";

const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes));

function failure(run: () => unknown): DecodeError {
  try {
    run();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("varint", () => {
  it.each([
    [[0], 0],
    [[0x7f], 127],
    [[0x80, 0x01], 128],
    [[0xff, 0x7f], 16_383],
    [[0x80, 0x80, 0x01], 16_384],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 0xffff_ffff],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], Number.MAX_SAFE_INTEGER],
    [[0x81, 0x80, 0x00], 1],
  ])("reads %j as %d", (bytes, value) => {
    const r = reader(...bytes);
    expect(r.varint()).toBe(value);
    expect(r.pos).toBe(bytes.length);
  });

  it("refuses what a number cannot hold, and stays where it was", () => {
    const r = reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
    expect(failure(() => r.varint())).toMatchObject({ code: "varint_overflow", offset: 0 });
    expect(r.pos).toBe(0);
  });

  it.each([[[]], [[0x80]], [[0xff, 0xff]]])("is truncated: %j", (bytes) => {
    const r = reader(...bytes);
    expect(failure(() => r.varint())).toMatchObject({ code: "truncated", offset: 0 });
  });

  it("does not read past a narrowed end", () => {
    const r = reader(1, 0x80, 0x01);
    const outer = r.enter();
    expect(failure(() => r.varint()).code).toBe("truncated");
    expect(outer).toBe(3);
  });
});

describe("varint64", () => {
  const nines = Array<number>(9).fill(0xff);

  it.each([
    [[0x05], 5n],
    [[...nines, 0x01], -1n],
    [[...nines.slice(0, 8), 0x7f], 0x7fff_ffff_ffff_ffffn],
    [[...Array<number>(9).fill(0x80), 0x01], -0x8000_0000_0000_0000n],
    [[0x80, 0x80, 0x80, 0x80, 0x10], 0x1_0000_0000n],
    [[0x80, 0x80, 0x80, 0x80, 0x08], 0x8000_0000n],
  ])("reads %j as %d", (bytes, value) => {
    const r = reader(...bytes);
    r.varint64();
    expect(int64Of(r.low, r.high)).toBe(value);
    expect(uint64Of(r.low, r.high)).toBe(BigInt.asUintN(64, value));
  });

  it("refuses an eleventh byte and bits beyond the 64th", () => {
    expect(failure(() => reader(...nines, 0xff, 0x01).varint64()).code).toBe("varint_overflow");
    expect(failure(() => reader(...nines, 0x02).varint64()).code).toBe("varint_overflow");
  });
});

describe("skip", () => {
  const skip = (bytes: number[], depth = 8) => {
    const r = new ByteReader(Uint8Array.from(bytes));
    r.skip(r.tag(), depth);
    return r.pos;
  };

  it.each([
    ["varint", [0xa0, 0x06, 0xff, 0x01], 4],
    ["fixed64", [0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8], 10],
    ["bytes", [0xa2, 0x06, 2, 9, 9], 5],
    ["fixed32", [0xa5, 0x06, 1, 2, 3, 4], 6],
    ["group", [0xa3, 0x06, 0x08, 1, 0x13, 0x14, 0xa4, 0x06], 8],
  ])("reads past a %s", (_, bytes, end) => {
    expect(skip(bytes)).toBe(end);
  });

  it.each([
    ["truncated", [0xa1, 0x06, 1, 2, 3]],
    ["truncated", [0xa5, 0x06, 1, 2, 3]],
    ["truncated", [0xa2, 0x06, 3, 9, 9]],
    ["truncated", [0xa3, 0x06, 0x08, 1]],
    ["bad_group", [0xa3, 0x06, 0x0c]],
    ["bad_group", [0xa4, 0x06]],
    ["bad_wire_type", [0xa6, 0x06]],
    ["bad_wire_type", [0xa7, 0x06]],
    ["bad_field_number", [0x02, 0x00]],
    ["bad_field_number", [0x80, 0x80, 0x80, 0x80, 0x10, 0x00]],
  ])("is %s: %j", (code, bytes) => {
    expect(failure(() => skip(bytes)).code).toBe(code);
  });

  it("limits the depth of groups, not of the JavaScript stack", () => {
    const opened = Array<number>(100_000).fill(0x0b);
    const error = failure(() => skip(opened, 50));
    expect(error).toMatchObject({ code: "too_deep", limitName: "maxGroupDepth", limit: 50 });
    expect(skip([...opened, ...Array<number>(100_000).fill(0x0c)], 1_000_000)).toBe(200_000);
  });
});

it("reads a Buffer of a pool only within its own bounds", () => {
  const pooled = Buffer.from([0x80]);
  expect(pooled.buffer.byteLength).toBeGreaterThan(1);
  expect(failure(() => new ByteReader(pooled).varint()).code).toBe("truncated");
});

it("says code, message and offset", () => {
  const error = failure(() => reader(0x80).varint64());
  expect(error.message).toMatch(/^\[[a-z_]+\] .+ \(at byte \d+\)$/);
});
