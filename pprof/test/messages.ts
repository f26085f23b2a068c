import { create } from "@bufbuild/protobuf";
import { type Profile as ProfileMessage, ProfileSchema } from "@pyrospan/wire";
import fc from "fast-check";

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(0n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n),
);
const uint64 = int64.map((value) => BigInt.asUintN(64, value));
const text = fc.oneof(fc.string({ maxLength: 6 }), fc.string({ unit: "binary", maxLength: 200 }));

/** Distinct ids other than 0: counting up, or anything. */
const ids = (maxLength: number) =>
  fc.oneof(
    fc.nat({ max: maxLength }).map((length) => Array.from({ length }, (_, i) => BigInt(i + 1))),
    fc.uniqueArray(
      uint64.filter((id) => id !== 0n),
      { maxLength },
    ),
  );

/** Profiles in order as messages of the generated codec: every field, every reference to something there. */
export const messages: fc.Arbitrary<ProfileMessage> = fc
  .record({
    stringTable: fc.array(text, { maxLength: 12 }).map((texts) => ["", ...texts]),
    mappingIds: ids(3),
    functionIds: ids(8),
    locationIds: ids(8),
    types: fc.nat({ max: 3 }),
  })
  .chain(({ stringTable, mappingIds, functionIds, locationIds, types }) => {
    const string = fc.nat({ max: stringTable.length - 1 }).map(BigInt);
    const oneOf = (known: bigint[]) => (known.length === 0 ? undefined : fc.constantFrom(...known));
    const some = <T>(values: fc.Arbitrary<T> | undefined, maxLength: number): fc.Arbitrary<T[]> =>
      values === undefined ? fc.constant<T[]>([]) : fc.array(values, { maxLength });
    const valueType = fc.record({ type: string, unit: string });
    const line = oneOf(functionIds)?.chain((functionId) =>
      fc.record({ functionId: fc.constant(functionId), line: int64, column: int64 }),
    );
    const label = fc.record({ key: string, str: string, num: int64, numUnit: string });
    const rows = <T>(known: bigint[], row: fc.Arbitrary<T>) =>
      fc
        .array(row, { minLength: known.length, maxLength: known.length })
        .map((list) => list.map((content, i) => ({ ...content, id: known[i]! })));
    return fc.record({
      stringTable: fc.constant(stringTable),
      sampleType: fc.array(valueType, { minLength: types, maxLength: types }),
      sample: fc.array(
        fc.record({
          locationId: some(oneOf(locationIds), 70),
          value: fc.array(int64, { minLength: types, maxLength: types }),
          label: fc.array(label, { maxLength: 3 }),
        }),
        { maxLength: 8 },
      ),
      mapping: rows(
        mappingIds,
        fc.record({
          memoryStart: uint64,
          memoryLimit: uint64,
          fileOffset: uint64,
          filename: string,
          buildId: string,
          hasFunctions: fc.boolean(),
          hasFilenames: fc.boolean(),
          hasLineNumbers: fc.boolean(),
          hasInlineFrames: fc.boolean(),
        }),
      ),
      location: rows(
        locationIds,
        fc.record({
          mappingId: fc.constantFrom(0n, ...mappingIds),
          address: uint64,
          line: some(line, 3),
          isFolded: fc.boolean(),
        }),
      ),
      function: rows(
        functionIds,
        fc.record({ name: string, systemName: string, filename: string, startLine: int64 }),
      ),
      dropFrames: string,
      keepFrames: string,
      timeNanos: int64,
      durationNanos: int64,
      periodType: fc.option(valueType, { nil: undefined }),
      period: int64,
      comment: fc.array(string, { maxLength: 3 }),
      defaultSampleType: string,
      docUrl: string,
    });
  })
  .map(({ periodType, ...rest }) =>
    create(ProfileSchema, periodType === undefined ? rest : { ...rest, periodType }),
  );
