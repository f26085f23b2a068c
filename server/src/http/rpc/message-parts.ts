import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/**
 * Most messages and list elements inside one request message. Two bytes on the wire become an object of some hundred
 * bytes, so a message of 16 MiB could take gigabytes and the process with it. A push of a thousand series with thirty
 * labels each has about 32,000.
 */
const MAX_PARTS = 100_000;

/**
 * Counts the messages and list elements inside a binary message without making them.
 *
 * @throws Error above {@link MAX_PARTS}, and where the bytes are not a message
 */
export function checkBinaryParts(desc: DescMessage, bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes);
  let parts = 0;
  const walk = (message: DescMessage, end: number, depth: number) => {
    const fields = fieldsOf(message);
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      const field = fields.get(number);
      const nested = field?.message;
      if (wireType !== WireType.LengthDelimited || field === undefined) {
        if (field?.fieldKind === "list") parts++;
        reader.skip(wireType, number);
      } else {
        const length = reader.uint32();
        parts += isPacked(field) ? length : isPart(field) ? 1 : 0;
        if (nested !== undefined && depth < MAX_DEPTH) walk(nested, reader.pos + length, depth + 1);
        else reader.pos += length;
      }
      if (parts > MAX_PARTS) throw tooManyParts();
    }
  };
  walk(desc, bytes.length, 0);
}

/**
 * The same for JSON. There an object's fields past the fourth count too: unknown ones are made like all others before
 * they are left out, and what there may be many of has no more.
 *
 * @throws Error above {@link MAX_PARTS}
 */
export function checkJsonParts(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  /** One entry per open bracket: commas that do not count any more, or {@link LIST}. */
  const open: number[] = [];
  let parts = 0;
  for (let i = 0; i < text.length; i++) {
    const top = open.length - 1;
    switch (text[i]) {
      case QUOTE:
        i = endOfText(text, i);
        break;
      case OPEN_BRACE:
        if (top >= 0 && open[top] !== LIST) parts++;
        open.push(FREE_COMMAS);
        break;
      case OPEN_BRACKET:
        // Its first element.
        parts++;
        open.push(LIST);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case COMMA:
        if (open[top]! > 0) open[top]!--;
        else parts++;
        break;
    }
    if (parts > MAX_PARTS) throw tooManyParts();
  }
}

const LIST = -1;
const FREE_COMMAS = 3;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;

/** Where the closing quote of a text is, or the end of all when it has none. */
function endOfText(text: Buffer, start: number): number {
  let end = text.indexOf(QUOTE, start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf(QUOTE, end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: Buffer, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** Deeper messages are refused by the decoder. */
const MAX_DEPTH = 100;

const known = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(message: DescMessage): ReadonlyMap<number, DescField> {
  let fields = known.get(message);
  if (fields === undefined) {
    fields = new Map(message.fields.map((field) => [field.number, field]));
    known.set(message, fields);
  }
  return fields;
}

/** Whether each value of a field is an object of its own: not so the texts and numbers of a message. */
function isPart(field: DescField): boolean {
  return field.fieldKind !== "scalar" && field.fieldKind !== "enum";
}

/** Numbers of a list may stand side by side, at least one byte each. */
function isPacked(field: DescField): boolean {
  return (
    field.fieldKind === "list" &&
    field.message === undefined &&
    field.scalar !== ScalarType.STRING &&
    field.scalar !== ScalarType.BYTES
  );
}

function tooManyParts(): Error {
  return new Error(`more than ${MAX_PARTS} messages and list elements`);
}
