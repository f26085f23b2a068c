import { create, toBinary } from "@bufbuild/protobuf";
import { ProfileSchema } from "@pyrospan/wire";
import fc from "fast-check";
import { expect, it } from "vitest";
import { DEFAULT_DECODE_LIMITS, decodePprof } from "../src/index.ts";
import { messages } from "./messages.ts";

it("tells how many bytes the samples take", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = toBinary(ProfileSchema, message);
      const rest = toBinary(ProfileSchema, create(ProfileSchema, { ...message, sample: [] }));
      const told: number[] = [];
      decodePprof(bytes, DEFAULT_DECODE_LIMITS, { onSampleBytes: (count) => told.push(count) });
      expect(told).toEqual([bytes.length - rest.length]);
    }),
    { numRuns: 200 },
  );
});
