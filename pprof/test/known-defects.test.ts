import { describe, expect, it } from "vitest";
import {
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  decodePprof,
  encodePprof,
  NONE,
  ProfileBuilder,
  profileFromText,
  textOf,
} from "../src/index.ts";

const decode = (...bytes: number[]) => decodePprof(Uint8Array.from(bytes), DEFAULT_DECODE_LIMITS);
const one = () => profileFromText("@types n=count\na;b n=1");
const withTail = (...tail: number[]) =>
  decodePprof(new Uint8Array([...encodePprof(one()), ...tail]), DEFAULT_DECODE_LIMITS);

/** What other JavaScript codecs of this format are known to get wrong. */
describe("known defects of other codecs", () => {
  it.each([
    -1n,
    -2n,
    -(2n ** 31n),
    -(2n ** 53n) - 1n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    2n ** 53n + 1n,
  ])("keeps %d whole as value, label, line and time", (number) => {
    const builder = new ProfileBuilder({
      sampleTypes: [{ type: "n", unit: "count" }],
      timeNanos: number,
      period: number,
      durationNanos: number,
    });
    const callee = builder.function({ name: "f", startLine: number });
    const place = builder.location({ lines: [{ function: callee, line: number, column: number }] });
    builder.sample([place], [number], builder.labelSet([{ key: "k", num: number }]));
    const profile = decodePprof(encodePprof(builder.finish()), DEFAULT_DECODE_LIMITS);
    expect([
      profile.samples.values[0],
      profile.labels.num[0],
      profile.lines.line[0],
      profile.lines.column[0],
      profile.functions.startLine[0],
      profile.timeNanos,
      profile.period,
      profile.durationNanos,
    ]).toEqual(Array(8).fill(number));
  });

  it("keeps addresses above 2^53", () => {
    const profile = profileFromText("@types n=count\n{0xffffffff81a2b3c5,vmlinux} n=1");
    const again = decodePprof(encodePprof(profile), DEFAULT_DECODE_LIMITS);
    expect(again.locations.address[0]).toBe(0xffff_ffff_81a2_b3c5n);
  });

  it.each([
    ["16, varint", [0x80, 0x01, 0x05]],
    ["16, bytes", [0x82, 0x01, 0x02, 0x08, 0x01]],
    ["100, fixed64", [0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]],
    ["100, fixed32", [0xa5, 0x06, 1, 2, 3, 4]],
    ["2^29 - 1, varint", [0xf8, 0xff, 0xff, 0xff, 0x0f, 0x01]],
    ["100, group", [0xa3, 0x06, 0x0a, 0x01, 0x00, 0xa4, 0x06]],
  ])("reads past unknown field %s, at the top and in every message", (_, field) => {
    expect(textOf(withTail(...field))).toBe(textOf(one()));
    const inside = (tag: number) => [tag, field.length, ...field];
    const line = [0x22, field.length + 2, ...inside(0x22)];
    const label = [0x12, field.length + 2, ...inside(0x1a)];
    for (const message of [...[0x0a, 0x12, 0x1a, 0x22, 0x2a, 0x5a].map(inside), line, label]) {
      expect(withTail(...message).strings.length).toBe(one().strings.length);
    }
  });

  it.each([
    ["a string cut short", [0x32, 5, 97, 98]],
    ["a sample cut short", [0x12, 4, 0x0a, 2, 1]],
    ["a nested length past its message", [0x12, 3, 0x0a, 9, 1, 0x32, 0]],
    ["a varint across the end of its message", [0x12, 2, 0x08, 0x80, 0x32, 0]],
    ["a packed varint across the end of its list", [0x12, 3, 0x0a, 1, 0x80, 0x12, 0]],
    ["a value cut short", [0x12, 3, 0x12, 1, 0xff]],
    ["a tag cut short", [0x80]],
  ])("does not take %s for less", (_, bytes) => {
    expect(() => decode(...bytes)).toThrow(DecodeError);
    expect(() => decode(...bytes)).toThrow("truncated");
  });

  it("takes numbers and bigints, mixed", () => {
    const builder = new ProfileBuilder({
      sampleTypes: ["a", "b", "c"].map((type) => ({ type, unit: "count" })),
    });
    builder.sample([], [1, 2n, -3]);
    builder.sample([], [10n, 20, -30n]);
    expect([...builder.finish().samples.values]).toEqual([11n, 22n, -33n]);
  });

  it("reads repeated fields packed, unpacked and both at once", () => {
    const strings = [0x32, 0, 0x32, 1, 97];
    const table = [0x22, 2, 0x08, 1, 0x22, 2, 0x08, 2, 0x22, 3, 0x08, 0xac, 0x02];
    const types = [0x0a, 2, 0x08, 1, 0x0a, 2, 0x08, 1];
    const packed = [0x12, 9, 0x0a, 4, 1, 2, 0xac, 0x02, 0x12, 2, 5, 6];
    packed[1] = packed.length - 2;
    const unpacked = [0x12, 11, 0x08, 1, 0x08, 2, 0x08, 0xac, 0x02, 0x10, 5, 0x10, 6];
    const both = [0x12, 11, 0x08, 1, 0x0a, 3, 2, 0xac, 0x02, 0x10, 5, 0x12, 1, 6];
    both[1] = both.length - 2;
    for (const comment of [
      [0x68, 1, 0x68, 1],
      [0x6a, 2, 1, 1],
      [0x6a, 1, 1, 0x68, 1],
    ]) {
      const profile = decode(
        ...packed,
        ...unpacked,
        ...types,
        ...both,
        ...table,
        ...strings,
        ...comment,
      );
      expect([...profile.samples.locations]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
      expect([...profile.samples.values]).toEqual([5n, 6n, 5n, 6n, 5n, 6n]);
      expect([...profile.comments]).toEqual([1, 1]);
    }
  });

  it("takes the last of a field that is written twice, and joins halves of a message", () => {
    const profile = decode(0x48, 1, 0x48, 2, 0x5a, 2, 0x08, 1, 0x5a, 2, 0x10, 1, 0x32, 0, 0x32, 0);
    expect(profile.timeNanos).toBe(2n);
    expect(profile.periodType).toEqual({ type: 1, unit: 1 });
  });

  it("means the last of several rows with one id, and none by id 0", () => {
    const location = (id: number, address: number) => [0x22, 4, 0x08, id, 0x18, address];
    const stack = [0x12, 5, 0x0a, 3, 7, 0, 9];
    const profile = decode(
      ...stack,
      ...location(7, 1),
      ...location(7, 2),
      ...location(0, 3),
      0x32,
      0,
    );
    expect([...profile.samples.locations]).toEqual([1, NONE, NONE]);
    expect(profile.faults).toMatchObject({
      duplicateIds: 1,
      zeroLocationIds: 1,
      unknownLocations: 2,
    });
  });

  it("tells a missing mapping from none", () => {
    const profile = decode(0x22, 2, 0x08, 1, 0x22, 4, 0x08, 2, 0x10, 5, 0x32, 0);
    expect([...profile.locations.mapping]).toEqual([-1, -2]);
    const again = decodePprof(encodePprof(profile), DEFAULT_DECODE_LIMITS);
    expect([...again.locations.mapping]).toEqual([-1, -2]);
  });

  it("says how many values a sample had", () => {
    const types = [0x0a, 0, 0x0a, 0];
    const profile = decode(
      ...types,
      0x12,
      3,
      0x12,
      1,
      5,
      0x12,
      5,
      0x12,
      3,
      1,
      2,
      3,
      0x12,
      4,
      0x12,
      2,
      8,
      9,
      0x32,
      0,
    );
    expect([...profile.samples.valueCount!]).toEqual([1, 3, 2]);
    expect([...profile.samples.values]).toEqual([5n, 0n, 1n, 2n, 8n, 9n]);
    expect(profile.faults.valueCounts).toBe(2);
    const beside = decode(...types, 0x12, 5, 0x12, 3, 1, 2, 3, 0x12, 0, 0x32, 0);
    expect([...beside.samples.values]).toEqual([1n, 2n, 0n, 0n]);
    expect(() => new ProfileBuilder({ sampleTypes: [] }).addProfile(profile)).toThrow();
  });

  it("keeps nothing of the input unless told so, and never reads beside it", () => {
    const encoded = encodePprof(one());
    const pool = Buffer.alloc(encoded.length + 64, 0xff);
    pool.set(encoded, 32);
    const input = pool.subarray(32, 32 + encoded.length);
    const copied = decodePprof(input, DEFAULT_DECODE_LIMITS);
    const viewed = decodePprof(input, DEFAULT_DECODE_LIMITS, { strings: "view" });
    expect(copied.strings.data.buffer).not.toBe(pool.buffer);
    expect(viewed.strings.data.buffer).toBe(pool.buffer);
    expect(textOf(viewed)).toBe(textOf(one()));
    pool.fill(0);
    expect(textOf(copied)).toBe(textOf(one()));
  });

  it("numbers a table anew when its ids would lead elsewhere", () => {
    const profile = profileFromText("@types n=count\na;b;c n=1");
    for (const id of [BigUint64Array.of(5n, 5n, 5n), BigUint64Array.of(0n, 0n, 0n)]) {
      const changed = { ...profile, locations: { ...profile.locations, id } };
      const again = decodePprof(encodePprof(changed), DEFAULT_DECODE_LIMITS);
      expect(textOf(again)).toBe(textOf(profile));
      expect([...again.locations.id]).toEqual([1n, 2n, 3n]);
    }
  });
});
