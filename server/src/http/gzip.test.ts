import { gzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gunzipMessage, gzipMessage } from "./gzip.ts";

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as ConnectError,
  );

describe("gunzipMessage", () => {
  it("reads what gzipMessage wrote", async () => {
    const message = Buffer.from("a message".repeat(1000));
    expect(await gunzipMessage(await gzipMessage(message), 0)).toEqual(message);
    expect(await gunzipMessage(new Uint8Array(0), 10)).toHaveLength(0);
  });

  it("takes a message of just the limit and names the size of a larger one", async () => {
    expect(await gunzipMessage(gzipSync(Buffer.alloc(1000)), 1000)).toHaveLength(1000);
    expect(await failure(gunzipMessage(gzipSync(Buffer.alloc(1001)), 1000))).toMatchObject({
      code: Code.ResourceExhausted,
      rawMessage: "message size 1001 is larger than configured max 1000",
    });
  });

  it.each([
    ["not gzip", Buffer.from("abcdefghijklmnop"), "get decompressor: gzip: invalid header"],
    ["too short", Buffer.from([0x1f, 0x8b]), "get decompressor: gzip: invalid header"],
    ["cut", gzipSync(Buffer.alloc(1000)).subarray(0, -9), "decompress: unexpected EOF"],
    [
      "a wrong checksum",
      flipped(gzipSync(Buffer.alloc(1000)), -6),
      "decompress: gzip: invalid checksum",
    ],
  ])("refuses %s", async (_name, bytes, message) => {
    expect(await failure(gunzipMessage(bytes, 0))).toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: message,
    });
  });

  it("gives a message or a coded error for any bytes", async () => {
    const good = gzipSync(Buffer.from("message".repeat(20)));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        const error = await failure(gunzipMessage(bytes, 1000));
        if (error !== undefined) expect(error).toBeInstanceOf(ConnectError);
      }),
      { numRuns: 300 },
    );
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const index = bytes.length + at;
  bytes[index] = bytes[index]! ^ 0xff;
  return bytes;
}
