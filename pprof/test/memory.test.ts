import { create, toBinary } from "@bufbuild/protobuf";
import { ProfileSchema } from "@pyrospan/wire";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ColumnMemory } from "../src/bytes/index.ts";
import { DEFAULT_DECODE_LIMITS, decodePprof } from "../src/index.ts";
import { differences } from "./differences.ts";
import { messages } from "./messages.ts";

it("decodes into memory that other profiles used before as into memory of its own", () => {
  fc.assert(
    fc.property(fc.array(messages, { minLength: 2, maxLength: 6 }), (sequence) => {
      const memory = new ColumnMemory();
      for (const message of sequence) {
        const bytes = toBinary(ProfileSchema, message);
        const reused = decodePprof(bytes, DEFAULT_DECODE_LIMITS, { memory });
        expect(differences(reused, decodePprof(bytes, DEFAULT_DECODE_LIMITS))).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});

it("decodes a profile for which the memory has to grow between two tables", () => {
  const functions = 60_001;
  const message = create(ProfileSchema, {
    stringTable: ["", "f"],
    sampleType: [{ type: 1n, unit: 1n }],
    sample: [{ locationId: [1n, 2n, 3n], value: [1n], label: [{ key: 1n, num: 2n }] }],
    mapping: [{ id: 1n }],
    location: [1n, 2n, 3n].map((id) => ({ id, mappingId: 1n, line: [{ functionId: id }] })),
    function: Array.from({ length: functions }, (_, i) => ({ id: BigInt(i + 1), name: 1n })),
  });
  const bytes = toBinary(ProfileSchema, message);
  const reused = decodePprof(bytes, DEFAULT_DECODE_LIMITS, { memory: new ColumnMemory() });
  expect(reused.functions.length).toBe(functions);
  expect(differences(reused, decodePprof(bytes, DEFAULT_DECODE_LIMITS))).toEqual([]);
});
