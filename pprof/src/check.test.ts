import { describe, expect, it } from "vitest";
import { checkProfile } from "./check.ts";
import type { Profile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";
import { profileFromText } from "./text/read.ts";

const good = profileFromText(`
  @period cpu=nanoseconds 10000000
  @comment c
  main@main.ts:10;handle@app.ts:3:7|parse@app.ts:9{0x10,app} cpu=30ms thread=worker
  main@main.ts:10;gc{0x20,libc.so} cpu=10ms size:=512bytes
`);

/** The columns of a table, and how to put another in the place of one. */
const columns = Object.entries(good).flatMap(([table, content]) => {
  if (table === "strings" || table === "faults") return [];
  if (content instanceof Int32Array)
    return [[table, content, (column: unknown) => ({ ...good, [table]: column })]];
  if (typeof content !== "object" || content === null) return [];
  return Object.entries(content)
    .filter(([, column]) => ArrayBuffer.isView(column))
    .map(([name, column]) => [
      `${table}.${name}`,
      column,
      (changed: unknown) => ({ ...good, [table]: { ...content, [name]: changed } }),
    ]);
}) as [
  string,
  Int32Array | Uint8Array | BigInt64Array | BigUint64Array,
  (column: unknown) => Profile,
][];

function failure(profile: Profile): ProfileError {
  try {
    checkProfile(profile);
  } catch (error) {
    if (error instanceof ProfileError) return error;
    throw error;
  }
  throw new Error("the check passed");
}

it("passes a profile in order", () => {
  expect(() => checkProfile(good)).not.toThrow();
  expect(columns.length).toBeGreaterThan(30);
});

describe.each(columns)("%s", (name, column, replace) => {
  it("must have its length", () => {
    if (name === "comments") return;
    const longer = new (column.constructor as typeof Int32Array)(column.length + 1);
    longer.set(column as Int32Array);
    // How long the list of all stacks is, only its starts tell.
    const blamed = name === "samples.locations" ? "samples.locationStart" : name;
    expect(failure(replace(longer))).toMatchObject({ code: "bad_length", column: blamed });
    expect(failure(replace(column.subarray(0, -1)))).toMatchObject({ column: blamed });
  });

  // Any 64-bit number may stand in a 64-bit column.
  if (column instanceof BigInt64Array || column instanceof BigUint64Array) return;
  it("must be in range", () => {
    for (const wrong of [1_000_000, -3]) {
      for (let row = 0; row < column.length; row++) {
        const changed = (column as Int32Array).slice();
        changed[row] = wrong;
        expect(failure(replace(changed)).column, `${wrong} in row ${row}`).toBe(name);
      }
    }
  });
});

describe("references just past the end", () => {
  it.each([
    ["sampleTypes.type", good.strings.length],
    ["labels.key", good.strings.length],
    ["functions.filename", good.strings.length],
    ["mappings.buildId", good.strings.length],
    ["comments", good.strings.length],
    ["samples.locations", good.locations.length],
    ["locations.mapping", good.mappings.length],
    ["lines.function", good.functions.length],
  ])("%s", (name, wrong) => {
    const [, column, replace] = columns.find(([candidate]) => candidate === name)!;
    const changed = (column as Int32Array).slice();
    changed[0] = wrong;
    expect(failure(replace(changed))).toMatchObject({ code: "bad_index", column: name, index: 0 });
  });
});

describe("everything else", () => {
  it.each(["dropFrames", "keepFrames", "defaultSampleType", "docUrl"] as const)("%s", (name) => {
    expect(failure({ ...good, [name]: 1_000 })).toMatchObject({ code: "bad_index", column: name });
  });

  it.each(["period", "timeNanos", "durationNanos"] as const)("%s", (name) => {
    expect(failure({ ...good, [name]: 2n ** 63n })).toMatchObject({ code: "bad_number" });
  });

  it("period type", () => {
    expect(failure({ ...good, periodType: { type: 0, unit: 99 } }).column).toBe("periodType");
  });

  it.each([
    ["start", -1],
    ["end", 10_000],
    ["end", 0],
  ] as const)("string %s at %d", (name, value) => {
    const changed = good.strings[name].slice();
    changed[2] = value;
    const { length, data, start, end } = good.strings;
    const strings = { ...good.strings, length, data, start, end, [name]: changed };
    expect(failure({ ...good, strings }).column).toBe("strings.start");
  });

  it("value counts that are all right, or of another length", () => {
    const valueCount = new Int32Array(good.samples.length).fill(1);
    expect(failure({ ...good, samples: { ...good.samples, valueCount } }).code).toBe("bad_faults");
    const short = { ...good.samples, valueCount: new Int32Array(1) };
    expect(failure({ ...good, samples: short }).code).toBe("bad_length");
  });

  it("starts that go backwards", () => {
    const locationStart = good.samples.locationStart.slice();
    locationStart[1] = 5;
    const samples = { ...good.samples, locationStart };
    expect(failure({ ...good, samples }).code).toBe("bad_order");
  });

  it.each(Object.keys(good.faults).filter((name) => name !== "stringZero"))("fault %s", (name) => {
    const faults = { ...good.faults, [name]: 1 };
    expect(failure({ ...good, faults })).toMatchObject({
      code: "bad_faults",
      column: `faults.${name}`,
    });
  });
});
