import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  LabelValuesRequestSchema,
  PushRequestSchema,
  SelectMergeStacktracesRequestSchema,
} from "@pyrospan/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { parseConnectTimeout, parseGrpcTimeout } from "./deadline.ts";
import { encodeFrame, encodeTrailerFrame, parseFrame } from "./envelope.ts";
import { parseWireFormat } from "./protocol.ts";

function codeOf(work: () => unknown): Code | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof ConnectError) return error.code;
    throw error;
  }
}

const json = (text: string) => Buffer.from(text);

describe("decodeMessage", () => {
  it("gives a message or invalid_argument for any bytes", () => {
    const good = toBinary(
      PushRequestSchema,
      create(PushRequestSchema, {
        series: [
          { labels: [{ name: "a", value: "b" }], samples: [{ rawProfile: new Uint8Array(9) }] },
        ],
      }),
    );
    const mutated = fc
      .tuple(fc.nat(good.length - 1), fc.nat(5), fc.uint8Array({ maxLength: 5 }))
      .map(([at, cut, bytes]) =>
        Buffer.concat([good.subarray(0, at), bytes, good.subarray(at + cut)]),
      );
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), fc.boolean(), (bytes, binary) => {
        const code = codeOf(() => decodeMessage(PushRequestSchema, bytes, binary));
        expect([undefined, Code.InvalidArgument]).toContain(code);
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        const code = codeOf(() => decodeMessage(PushRequestSchema, json(text), false));
        expect([undefined, Code.InvalidArgument]).toContain(code);
      }),
    );
  });

  it("refuses more parts than memory is good for, before it makes them", () => {
    const refused = (bytes: Uint8Array, binary: boolean) => {
      expect(() => decodeMessage(PushRequestSchema, bytes, binary)).toThrow(
        "unmarshal message: more than 100000 messages and list elements",
      );
    };
    const empty = Buffer.from([0x0a, 0x00]);
    const series = (count: number) => Buffer.alloc(count * empty.length, empty);
    refused(series(100_001), true);
    expect(decodeMessage(PushRequestSchema, series(1000), true).series).toHaveLength(1000);
    const labels = Buffer.alloc(300_000, empty);
    const head = new BinaryWriter().tag(1, WireType.LengthDelimited).uint32(labels.length).finish();
    refused(Buffer.concat([head, labels]), true);
    refused(json(`{"series":[${Array(100_001).fill("{}").join()}]}`), false);
    refused(json(`{"x":${"[".repeat(100_001)}`), false);
    refused(json(`{"x":${'{"x":'.repeat(100_001)}`), false);
    refused(json(`{"x":[${Array(100_001).fill(0).join()}]}`), false);
    refused(json(`{${Array.from({ length: 100_005 }, (_, i) => `"${i}":0`).join()}}`), false);
  });

  it("counts what a message is made of, not its texts, the same in both formats", () => {
    // One series, one sample.
    const others = 2;
    const push = (labels: number) =>
      create(PushRequestSchema, {
        series: [
          {
            labels: Array.from({ length: labels }, (_, i) => ({ name: `{"[,${i}`, value: "\\" })),
            samples: [{ rawProfile: new Uint8Array(9), ID: "id" }],
          },
        ],
      });
    const most = push(100_000 - others);
    const tooMany = push(100_001 - others);
    for (const binary of [true, false]) {
      const bytes = encodeMessage(PushRequestSchema, most, binary);
      expect(codeOf(() => decodeMessage(PushRequestSchema, bytes, binary))).toBeUndefined();
      const larger = encodeMessage(PushRequestSchema, tooMany, binary);
      expect(codeOf(() => decodeMessage(PushRequestSchema, larger, binary))).toBe(
        Code.InvalidArgument,
      );
    }
  });

  it("takes a large profile, whatever its bytes look like", () => {
    const rawProfile = Buffer.alloc(1_000_000, Buffer.from([0x0a, 0x00]));
    const message = create(PushRequestSchema, { series: [{ samples: [{ rawProfile }] }] });
    for (const binary of [true, false]) {
      const bytes = encodeMessage(PushRequestSchema, message, binary);
      const { series } = decodeMessage(PushRequestSchema, bytes, binary);
      expect(series[0]?.samples[0]?.rawProfile).toHaveLength(rawProfile.length);
    }
  });

  it("takes both alphabets of base64, without padding too", () => {
    for (const text of ["-_-_", "+/+/", "-_8", "+/8="]) {
      const body = `{"series":[{"samples":[{"raw_profile":"${text}"}]}]}`;
      const message = decodeMessage(PushRequestSchema, json(body), false);
      expect(message.series[0]?.samples[0]?.rawProfile[0]).toBe(0xfb);
    }
  });

  it("takes the spellings of the proto files and whole numbers in any form", () => {
    const body =
      '{"profile_typeID":"x","label_selector":"{}","start":1.0,"end":2e0,"format":"NOPE"}';
    const message = decodeMessage(SelectMergeStacktracesRequestSchema, json(body), false);
    expect(message).toMatchObject({ profileTypeID: "x", labelSelector: "{}", start: 1n, end: 2n });
  });
});

describe("encodeMessage", () => {
  it("leaves out what is zero and writes int64 as text", () => {
    const bytes = encodeMessage(LabelValuesRequestSchema, { name: "é", start: 0n, end: 5n }, false);
    expect(Buffer.from(bytes).toString()).toBe('{"name":"é","end":"5"}');
    expect(encodeMessage(LabelValuesRequestSchema, {}, true)).toHaveLength(0);
  });
});

describe("frames", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.boolean(), (message, compressed) => {
        const frame = parseFrame(encodeFrame(message, compressed));
        expect(frame.compressed).toBe(compressed);
        expect(Buffer.from(frame.message)).toEqual(Buffer.from(message));
      }),
    );
  });

  it("give a message or a coded error for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const code = codeOf(() => parseFrame(bytes));
        expect([undefined, Code.InvalidArgument, Code.Unimplemented]).toContain(code);
      }),
    );
  });

  it("end a gRPC-Web answer with trailers as text", () => {
    const frame = Buffer.from(encodeTrailerFrame({ "grpc-status": "0" }));
    expect(frame.toString("latin1")).toBe("\x80\x00\x00\x00\x10grpc-status: 0\r\n");
  });
});

describe("deadlines", () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ["", undefined],
    ["1", 1],
    ["9999999999", 2 ** 31 - 1],
  ])("Connect-Timeout-Ms %j", (header, ms) => expect(parseConnectTimeout(header)).toBe(ms));

  it.each([
    ["10m", 10],
    ["2S", 2000],
    ["1H", 3_600_000],
    ["500u", 0.5],
    ["99999999H", 2 ** 31 - 1],
  ])("Grpc-Timeout %j", (header, ms) => expect(parseGrpcTimeout(header)).toBeCloseTo(ms));

  it("refuse what is none", () => {
    for (const text of ["-1", "1.5", "x", "12345678901"]) {
      expect(codeOf(() => parseConnectTimeout(text))).toBe(Code.InvalidArgument);
    }
    for (const text of ["1", "S", "-1S", "123456789S"]) {
      expect(codeOf(() => parseGrpcTimeout(text))).toBe(Code.InvalidArgument);
    }
  });
});

describe("parseWireFormat", () => {
  it.each([
    ["application/json;charset=UTF-8", "connect", false],
    ["Application/Proto", "connect", true],
    ["application/grpc", "grpc", true],
    ["application/grpc-web+json", "grpc-web", false],
  ])("%j", (type, protocol, binary) => {
    expect(parseWireFormat(type)).toMatchObject({ protocol, binary });
  });

  it.each([
    undefined,
    "",
    "text/plain",
    "application/json; charset=latin1",
    "toString",
    "__proto__",
  ])("%j is none", (type) => expect(parseWireFormat(type)).toBeUndefined());
});
