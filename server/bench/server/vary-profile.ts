import type { Profile, StringTable } from "@pyrospan/pprof";
import { replaceStrings } from "../../src/ingest/validate-profile.ts";
import type { Random } from "./random.ts";

const spanIdKey = "span_id";
const idKeys: ReadonlySet<string> = new Set([spanIdKey, "trace_id"]);
const hexId = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/;

/** A profile that differs from its recording in time, values and span ids. */
export interface VariedProfile {
  readonly profile: Profile;
  /** One of the span ids in it, undefined when there is none. */
  readonly spanId: string | undefined;
}

/**
 * Another profile of the same program: every value other than zero is scaled by a factor of its own between 0.5 and
 * 1.5, and every span and trace id becomes a new one.
 */
export function varyProfile(base: Profile, timeNanos: bigint, random: Random): VariedProfile {
  const { strings, spanId } = renewIds(base, random);
  const values = base.samples.values.slice();
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value > 0) values[i] = BigInt(Math.max(1, Math.round(value * (0.5 + random.next()))));
  }
  return { profile: { ...base, strings, timeNanos, samples: { ...base.samples, values } }, spanId };
}

/** The profile with one of `count` span ids on each sample, in turns; labels that it had are gone. */
export function withSpans(base: Profile, count: number): Profile {
  const texts = Array.from({ length: count }, (_, i) => (i + 1).toString(16).padStart(16, "0"));
  const strings = appendStrings(base.strings, [spanIdKey, ...texts]);
  const key = base.strings.length;
  const { length } = base.samples;
  return {
    ...base,
    strings,
    samples: { ...base.samples, labelStart: Int32Array.from({ length: length + 1 }, (_, i) => i) },
    labels: {
      length,
      key: new Int32Array(length).fill(key),
      str: Int32Array.from({ length }, (_, i) => key + 1 + (i % count)),
      num: new BigInt64Array(length),
      numUnit: new Int32Array(length),
    },
  };
}

/** Overwrites the hex digits of ids in a copy of the text: their lengths stay, so the ranges do. */
function renewIds(
  { strings, labels }: Profile,
  random: Random,
): { strings: StringTable; spanId: string | undefined } {
  const renewed = new Map<number, string>();
  let spanId: string | undefined;
  const data = strings.data.slice();
  for (let i = 0; i < labels.length; i++) {
    const text = labels.str[i]!;
    if (text <= 0 || renewed.has(text)) continue;
    const key = strings.get(labels.key[i]!);
    if (!idKeys.has(key) || !hexId.test(strings.get(text))) continue;
    const id = random.hex(strings.end[text]! - strings.start[text]!);
    renewed.set(text, id);
    data.set(Buffer.from(id, "latin1"), strings.start[text]!);
    if (key === spanIdKey) spanId ??= id;
  }
  if (renewed.size === 0) return { strings, spanId };
  return { strings: replaceStrings(data, strings.start, strings.end), spanId };
}

function appendStrings(strings: StringTable, texts: readonly string[]): StringTable {
  const added = texts.map((text) => Buffer.from(text));
  const data = Buffer.concat([strings.data, ...added]);
  const start = new Int32Array(strings.length + added.length);
  const end = new Int32Array(start.length);
  start.set(strings.start);
  end.set(strings.end);
  let pos = strings.data.length;
  for (const [i, bytes] of added.entries()) {
    start[strings.length + i] = pos;
    pos += bytes.length;
    end[strings.length + i] = pos;
  }
  return replaceStrings(data, start, end);
}
