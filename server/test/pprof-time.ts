import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { ProfileSchema } from "@pyrospan/wire";

/** Bytes of a file with its gzip layers taken off. */
export function inflate(bytes: Uint8Array): Uint8Array {
  let plain = bytes;
  while (plain[0] === 0x1f && plain[1] === 0x8b) plain = gunzipSync(plain);
  return plain;
}

/** The same pprof with another time: `time_nanos` is written once more at the end, and the last one counts. */
export function withTime(pprof: Uint8Array, timeNanos: bigint): Uint8Array {
  const field: number[] = [9 << 3];
  for (let rest = timeNanos; ; rest >>= 7n) {
    field.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) break;
  }
  return Buffer.concat([pprof, Uint8Array.from(field)]);
}

/** The same pprof with its time moved. */
export function shiftTime(pprof: Uint8Array, shiftMs: number): Uint8Array {
  const { timeNanos } = fromBinary(ProfileSchema, pprof);
  return withTime(pprof, timeNanos + BigInt(shiftMs) * 1_000_000n);
}
