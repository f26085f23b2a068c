import { describe, expect, it } from "vitest";
import { ColumnAllocator, ColumnMemory } from "./columns.ts";

describe("column memory", () => {
  it("hands out zeros where others have written before", () => {
    const memory = new ColumnMemory();
    new ColumnAllocator(3, 3, 3, memory).int64(3).fill(-1n);
    memory.reset();
    expect([...new ColumnAllocator(3, 0, 0, memory).int64(3)]).toEqual([0n, 0n, 0n]);
  });

  it("aligns what follows an odd number of bytes", () => {
    const memory = new ColumnMemory();
    new ColumnAllocator(0, 0, 3, memory).uint8(3).fill(7);
    const columns = new ColumnAllocator(1, 1, 0, memory);
    expect([columns.int64(1).byteOffset, columns.int32(1).byteOffset]).toEqual([8, 16]);
  });

  it("leaves alone what it handed out when it has to grow", () => {
    const memory = new ColumnMemory();
    const small = new ColumnAllocator(0, 4, 0, memory).int32(4).fill(5);
    const large = new ColumnAllocator(0, 3_000_000, 0, memory).int32(3_000_000).fill(6);
    expect([...small]).toEqual([5, 5, 5, 5]);
    expect(large.buffer).not.toBe(small.buffer);
  });

  it("aligns what follows an odd number of bytes for which it had to grow", () => {
    const memory = new ColumnMemory();
    new ColumnAllocator(0, 300_001, 0, memory);
    expect(new ColumnAllocator(1, 0, 0, memory).int64(1).byteOffset).toBe(1_200_008);
  });

  it("does not keep the memory of one huge profile", () => {
    const memory = new ColumnMemory();
    new ColumnAllocator(0, 6_000_000, 0, memory);
    memory.reset();
    expect(new ColumnAllocator(0, 1, 0, memory).int32(1).buffer.byteLength).toBeLessThan(4_000_000);
  });
});
