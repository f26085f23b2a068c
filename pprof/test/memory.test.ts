import { toBinary } from "@bufbuild/protobuf";
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
