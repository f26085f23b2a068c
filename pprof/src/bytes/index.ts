export {
  ByteReader,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_GROUP_END,
  WIRE_GROUP_START,
  WIRE_VARINT,
} from "./byte-reader.ts";
export { ByteWriter } from "./byte-writer.ts";
export { ColumnAllocator, ColumnMemory } from "./columns.ts";
export {
  DecodeError,
  type DecodeErrorCode,
  type DecodeErrorContext,
} from "./decode-error.ts";
export { IntVector } from "./int-vector.ts";
export { HIGH, int64At, int64Of, LOW, splitInt64, uint64At, uint64Of, wordsOf } from "./int64.ts";
export { isUtf8 } from "./utf8.ts";
