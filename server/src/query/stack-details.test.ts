import { describe, expect, it } from "vitest";
import { runTimed } from "../../test/run-timed.ts";
import {
  ArrayColumn,
  encodeNativeBlock,
  StringColumn,
  Uint8Column,
  Uint32Column,
  Uint64Column,
} from "../store/native-block.ts";
import { decodeNative } from "../store/native-reader.ts";
import { assembled, type DetailRows } from "./stack-details.ts";

/** A partition of so many functions, each with a location of its own, in one binary. */
function symbols(functions: number): DetailRows {
  const locations = {
    partition: new Uint64Column(),
    id: new Uint32Column(),
    mapping: new Uint32Column(),
    address: new Uint64Column(),
    folded: new Uint8Column(),
    line_functions: new ArrayColumn(new Uint32Column()),
    line_numbers: new ArrayColumn(new Uint64Column("Int64")),
    line_columns: new ArrayColumn(new Uint64Column("Int64")),
  };
  const named = {
    partition: new Uint64Column(),
    id: new Uint32Column(),
    name: new StringColumn(),
    system_name: new StringColumn(),
    filename: new StringColumn(),
    start_line: new Uint64Column("Int64"),
  };
  for (let id = 1; id <= functions; id++) {
    locations.partition.pushBigint(7n);
    locations.id.push(id);
    locations.mapping.push(1);
    locations.address.pushBigint(0n);
    locations.folded.push(0);
    locations.line_functions.items.push(id);
    locations.line_functions.endRow();
    locations.line_numbers.items.pushBigint(BigInt(id));
    locations.line_numbers.endRow();
    locations.line_columns.endRow();
    named.partition.pushBigint(7n);
    named.id.push(id);
    named.name.pushText(`f${id}`);
    named.system_name.pushText("");
    named.filename.pushText("app.js");
    named.start_line.pushBigint(3n);
  }
  const mapping = {
    partition: new Uint64Column(),
    id: new Uint32Column(),
    memory_start: new Uint64Column(),
    memory_limit: new Uint64Column(),
    file_offset: new Uint64Column(),
    filename: new StringColumn(),
    build_id: new StringColumn(),
    flags: new Uint8Column(),
  };
  mapping.partition.pushBigint(7n);
  mapping.id.push(1);
  for (const column of [mapping.memory_start, mapping.memory_limit, mapping.file_offset]) {
    column.pushBigint(0n);
  }
  mapping.filename.pushText("/bin/app");
  mapping.build_id.pushText("");
  mapping.flags.push(1);
  return {
    locations: decodeNative(encodeNativeBlock(locations)),
    functions: decodeNative(encodeNativeBlock(named)),
    mappings: decodeNative(encodeNativeBlock(mapping)),
  };
}

describe("details of locations", () => {
  it("are put together in short steps, those that are needed", () => {
    const count = 200_000;
    const even = new Set(Array.from({ length: count / 2 }, (_, i) => 2 * (i + 1)));
    const { result, longestMs } = runTimed(assembled(new Map([["7", even]]), symbols(count)));
    expect(longestMs).toBeLessThan(150);
    const places = result.get("7");
    expect(places?.size).toBe(even.size);
    expect(places?.get(3)).toBeUndefined();
    expect(places?.get(4)).toEqual({
      mapping: expect.objectContaining({ filename: "/bin/app", flags: 1 }),
      address: 0n,
      folded: false,
      lines: [
        {
          function: { name: "f4", systemName: "", filename: "app.js", startLine: 3n },
          line: 4n,
          column: 0n,
        },
      ],
    });
    expect(places?.get(4)?.mapping).toBe(places?.get(6)?.mapping);
  });
});
