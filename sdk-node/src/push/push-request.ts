/** One series of a push: its labels and one profile. */
export interface PushSeries {
  /** Including `__name__` and `service_name`. */
  readonly labels: Readonly<Record<string, string>>;
  /** A random UUID. */
  readonly id: string;
  /** pprof, compressed or not. */
  readonly profile: Uint8Array;
}

/** Encodes a `push.v1.PushRequest` with one sample a series. Labels are sorted by name. */
export function encodePushRequest(series: readonly PushSeries[]): Uint8Array {
  return message(series.map((one) => field(1, encodeSeries(one))));
}

function encodeSeries({ labels, id, profile }: PushSeries): Uint8Array {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return message([
    ...pairs.map(([name, value]) => field(1, message([text(1, name), text(2, value)]))),
    field(2, message([field(1, profile), text(2, id)])),
  ]);
}

function text(number: number, value: string): Uint8Array {
  return field(number, Buffer.from(value, "utf8"));
}

/** A length-delimited field; its number is below 16. */
function field(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of((number << 3) | 2), varint(value.length), value]);
}

function message(fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
