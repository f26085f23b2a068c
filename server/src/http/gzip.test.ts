import { gzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyBudget } from "./body-budget.ts";
import { gunzipMessage, gzipMessage } from "./gzip.ts";

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as ConnectError,
  );

const budget = new BodyBudget(1_000_000);
const gunzip = (bytes: Uint8Array, maxBytes: number) => gunzipMessage(bytes, { maxBytes, budget });

describe("gunzipMessage", () => {
  it("reads what gzipMessage wrote", async () => {
    const message = Buffer.from("a message".repeat(1000));
    const body = await gunzip(await gzipMessage(message), 0);
    expect(body.bytes).toEqual(message);
    expect(budget.usedBytes).toBe(message.length);
    body.release();
    body.release();
    expect(budget.usedBytes).toBe(0);
    expect((await gunzip(new Uint8Array(0), 10)).bytes).toHaveLength(0);
  });

  it("takes a message of just the limit and names the size of a larger one", async () => {
    const body = await gunzip(gzipSync(Buffer.alloc(1000)), 1000);
    expect(body.bytes).toHaveLength(1000);
    body.release();
    expect(await failure(gunzip(gzipSync(Buffer.alloc(1001)), 1000))).toMatchObject({
      code: "too_large",
      message: "message size 1001 is larger than configured max 1000",
    });
  });

  it("stops where the memory for all bodies ends", async () => {
    const others = 400_000;
    budget.take(others);
    expect(await failure(gunzip(gzipSync(Buffer.alloc(700_000)), 0))).toMatchObject({
      code: "busy",
    });
    expect(budget.usedBytes).toBe(others);
    budget.give(others);
  });

  it("tells a message that will never fit from one that does not fit now", async () => {
    const bytes = gzipSync(Buffer.alloc(999_000));
    const body = await gunzip(bytes, 0);
    body.release();
    expect(
      await failure(gunzipMessage(bytes, { maxBytes: 0, budget, besideBytes: 2000 })),
    ).toMatchObject({
      code: "too_large",
      message:
        "message size 999000 is larger than server.max-body-memory-mb, 1000000 bytes, has room for",
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
    expect(await failure(gunzip(bytes, 0))).toMatchObject({
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
        const error = await failure(gunzip(bytes, 0).then((body) => body.release()));
        if (error !== undefined) expect(error).toBeInstanceOf(ConnectError);
        expect(budget.usedBytes).toBe(0);
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
