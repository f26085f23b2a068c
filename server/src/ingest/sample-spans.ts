import type { Profile } from "@pyrospan/pprof";

/** Distinct pairs of span and trace of a set of samples, numbered from 1 in the order of appearance. */
export class SpanEntries {
  /** Low and high half of each span id; both 0 where a sample has only a trace. */
  readonly spans: number[] = [];
  /** Each trace id, undefined for none. */
  readonly traces: (Uint8Array | undefined)[] = [];
  private readonly byStrings = new Map<number, number>();
  /** Numbers of the pairs with some of their bits in common, by these bits. */
  private readonly byBits = new Map<number, number[]>();

  /** Number of the pair that two string indices spell (0 = label absent); 0 when neither is an id. */
  numberOf(strings: Profile["strings"], span: number, trace: number): number {
    if (span === 0 && trace === 0) return 0;
    const key = span * strings.length + trace;
    const known = this.byStrings.get(key);
    if (known !== undefined) return known;
    const number = this.intern(
      hexBytes(strings.bytes(span), 8),
      hexBytes(strings.bytes(trace), 16),
    );
    this.byStrings.set(key, number);
    return number;
  }

  private intern(span: Uint8Array | undefined, trace: Uint8Array | undefined): number {
    if (span === undefined && trace === undefined) return 0;
    const low = word(span, 0);
    const high = word(span, 4);
    const bits = (low >>> 0) * 2 ** 21 + (word(trace, 0) & 0x1f_ffff);
    const alike = this.byBits.get(bits) ?? [];
    for (const number of alike) {
      if (
        this.spans[number * 2 - 2] === low &&
        this.spans[number * 2 - 1] === high &&
        sameBytes(this.traces[number - 1], trace)
      ) {
        return number;
      }
    }
    this.spans.push(low, high);
    const number = this.traces.push(trace);
    if (alike.push(number) === 1) this.byBits.set(bits, alike);
    return number;
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.every((byte, i) => byte === b[i]));
}

/** Decodes exactly `length` bytes of hexadecimal digits in either case; undefined for anything else and for all zeros. */
export function hexBytes(text: Uint8Array, length: number): Uint8Array | undefined {
  if (text.length !== length * 2) return undefined;
  const bytes = new Uint8Array(length);
  let any = 0;
  for (let i = 0; i < length; i++) {
    const value = (digit(text[i * 2]!) << 4) | digit(text[i * 2 + 1]!);
    if (value < 0) return undefined;
    bytes[i] = value;
    any |= value;
  }
  return any === 0 ? undefined : bytes;
}

/** Negative for a character that is no digit. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function word(bytes: Uint8Array | undefined, at: number): number {
  if (bytes === undefined) return 0;
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
