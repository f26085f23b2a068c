export {
  DecodeError,
  type DecodeErrorCode,
  type DecodeErrorContext,
} from "./decode-error.ts";
export { HIGH, int64At, LOW, uint64At, wordsOf } from "./int64.ts";
