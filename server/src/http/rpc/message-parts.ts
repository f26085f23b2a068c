import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/**
 * Most messages and list elements inside one request message. Two bytes on the wire become an object of some hundred
 * bytes, so a message of 16 MiB could take gigabytes and the process with it. A push of a thousand series with thirty
 * labels each has about 32,000.
 */
export const MAX_PARTS = 100_000;

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

/** What a message above {@link MAX_PARTS} is refused with. */
export function tooManyParts(): Error {
  return new Error(`more than ${MAX_PARTS} messages and list elements`);
}
