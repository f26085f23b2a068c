import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A recorded request and the original's answer: one line of `exchanges.jsonl`. */
export interface Exchange {
  readonly id: string;
  /** Parts of one server were recorded at different times; each has a base time of its own. */
  readonly part: number;
  /** How the server was started. */
  readonly server: "v2" | "v2-tenants" | "v2-body-limit-1" | "dual";
  readonly method: string;
  readonly path: string;
  readonly http?: "2 (prior knowledge)";
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_body_text?: string;
  readonly request_body_base64?: string;
  readonly time_patch?: readonly TimePatch[];
  readonly request_made_from?: unknown;
  readonly status: number;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly response_trailers?: Readonly<Record<string, string>>;
  readonly response_body_text?: string;
  readonly response_body_base64?: string;
  /** Why the answer is not the same on every run. */
  readonly varies?: string;
  /** The recorded body is cut; `response_bytes` is its whole size. */
  readonly truncated?: boolean;
  readonly response_bytes?: number;
}

interface TimePatch {
  readonly offset: number;
  readonly length: number;
  readonly encoding: "varint" | "fixed64";
  readonly value: string;
}

/** The recorded exchanges in file order, and the runtime overrides of the servers that have tenants. */
export function readExchanges(contractsDir: string): { exchanges: Exchange[]; overrides: string } {
  const lines = readFileSync(join(contractsDir, "exchanges.jsonl"), "utf8").trim().split("\n");
  const [meta, ...exchanges] = lines.map((line) => JSON.parse(line));
  return { exchanges, overrides: meta.overrides };
}

/** Replaces time placeholders such as `@{ms:-60000}` by times around `baseMs`. */
export function fillTimes(text: string, baseMs: number): string {
  return text.replace(/@\{(ms|s|us|ns):([+-]?\d+)\}/g, (_, unit: string, offset: string) =>
    String(timeIn(unit, offset, baseMs)),
  );
}

/** Body of a request with its times around `baseMs`; undefined when it was recorded only as a description. */
export function requestBody(exchange: Exchange, baseMs: number): Uint8Array | undefined {
  if (exchange.request_body_text?.includes("<more than")) return undefined;
  if (exchange.request_body_text !== undefined) {
    return Buffer.from(fillTimes(exchange.request_body_text, baseMs));
  }
  if (exchange.request_body_base64 === undefined) return undefined;
  const bytes = Buffer.from(exchange.request_body_base64, "base64");
  for (const patch of exchange.time_patch ?? []) {
    const [, unit = "", offset = ""] = /@\{(\w+):([+-]?\d+)\}/.exec(patch.value) ?? [];
    const value = timeIn(unit, offset, baseMs);
    if (patch.encoding === "fixed64") bytes.writeBigInt64LE(value, patch.offset);
    else bytes.set(varint(value, patch.length), patch.offset);
  }
  return bytes;
}

/** Offsets count milliseconds, and seconds where the unit is seconds. */
function timeIn(unit: string, offset: string, baseMs: number): bigint {
  const ms = BigInt(baseMs) + BigInt(offset) * (unit === "s" ? 1000n : 1n);
  switch (unit) {
    case "s":
      return ms / 1000n;
    case "ms":
      return ms;
    case "us":
      return ms * 1000n;
    default:
      return ms * 1_000_000n;
  }
}

function varint(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(rest & 0x7fn) | (i < length - 1 ? 0x80 : 0);
    rest >>= 7n;
  }
  if (rest !== 0n) throw new Error(`${value} does not fit ${length} bytes`);
  return bytes;
}
