import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { inflate } from "./inflate.ts";

describe("payloads", () => {
  const message = (payload: Uint8Array, limit = 100): string => {
    try {
      return Buffer.from(inflate(payload, limit, "push")).toString();
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("may be gzip of several members, or raw", () => {
    expect(message(Buffer.concat([gzipSync("hello "), gzipSync("world")]))).toBe("hello world");
    expect(message(Buffer.from("raw pprof "))).toBe("raw pprof ");
  });

  it("are refused when they are cut, broken or too large", () => {
    const good = gzipSync("hello world");
    expect(message(new Uint8Array(0))).toBe("gzip reset: EOF");
    expect(message(good.subarray(0, 9))).toBe("gzip reset: unexpected EOF");
    expect(message(good.subarray(0, 15))).toBe("copy to buffer: unexpected EOF");
    expect(message(Buffer.concat([good.subarray(0, -8), Buffer.alloc(8)]))).toBe(
      "copy to buffer: gzip: invalid checksum",
    );
    expect(message(gzipSync(Buffer.alloc(101)))).toBe(
      "uncompressed profile payload size exceeds limit of 100 B",
    );
    expect(message(gzipSync(Buffer.alloc(100)))).toHaveLength(100);
    expect(message(Buffer.alloc(101))).toBe(
      "uncompressed profile payload size exceeds limit of 100 B",
    );
  });
});
