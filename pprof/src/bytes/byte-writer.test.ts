import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { int64Of, splitInt64 } from "./int64.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe("ByteWriter", () => {
  it("writes what ByteReader reads", () => {
    fc.assert(
      fc.property(fc.array(int64), (values) => {
        const writer = new ByteWriter(1);
        const halves = new Int32Array(2);
        for (const value of values) {
          splitInt64(value, halves, 0);
          writer.varint64(halves[0]!, halves[1]!);
        }
        const reader = new ByteReader(writer.finish());
        const read = values.map(() => {
          reader.varint64();
          return int64Of(reader.low, reader.high);
        });
        expect(read).toEqual(values);
        expect(reader.pos).toBe(writer.length);
      }),
    );
  });

  it("uses the fewest bytes", () => {
    const writer = new ByteWriter();
    writer.varint(127);
    writer.varint(128);
    writer.index(-1);
    expect(writer.length).toBe(1 + 2 + 10);
  });

  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_152])("nests messages of %d bytes", (size) => {
    const writer = new ByteWriter(1);
    const outer = writer.begin(0x0a);
    const inner = writer.begin(0x12);
    for (let i = 0; i < size; i++) writer.tag(i & 0x7f);
    writer.finishMessage(inner);
    writer.finishMessage(outer);
    const reader = new ByteReader(writer.finish());
    expect(reader.tag()).toBe(0x0a);
    reader.enter();
    expect(reader.tag()).toBe(0x12);
    expect(reader.length()).toBe(size);
    const content = writer.finish().subarray(reader.pos);
    expect(content.every((byte, i) => byte === (i & 0x7f))).toBe(true);
    expect(content.length).toBe(size);
  });

  it("leaves out defaults", () => {
    const writer = new ByteWriter();
    writer.field64(0x08, 0, 0);
    writer.indexField(0x10, 0);
    expect(writer.length).toBe(0);
  });
});
