/**
 * Why bytes were refused.
 *
 * - `truncated`: a value, message or group ends before its last byte.
 * - `varint_overflow`: a variable-length integer has more than 64 bits, or more than the field can hold.
 * - `bad_wire_type`: a wire type that does not exist, or not the one this field has.
 * - `bad_field_number`: field number 0, or above 2^29 - 1.
 * - `bad_group`: a group ends that never began, or ends under another number.
 * - `too_deep`: groups nested deeper than the limit.
 * - `too_large`: more bytes than the limit.
 * - `too_many`: more rows in a table, or entries in a list, than the limit.
 * - `bad_value_count`: so many samples lack values that the table of values would outgrow the input.
 */
export type DecodeErrorCode =
  | "truncated"
  | "varint_overflow"
  | "bad_wire_type"
  | "bad_field_number"
  | "bad_group"
  | "too_deep"
  | "too_large"
  | "too_many"
  | "bad_value_count";

/** What a {@link DecodeError} knows besides its code. */
export interface DecodeErrorContext {
  /** Where in the input, in bytes from its start. */
  readonly offset: number;
  /** Name of the limit that was passed, as in the options of the decoder. */
  readonly limitName?: string;
  /** The limit that was passed. */
  readonly limit?: number;
  /** What the input has instead. */
  readonly actual?: number;
}

/** The one error of the decoders here: input that cannot be read. The message starts with the code. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** Branch on this, not on the message. */
  readonly code: DecodeErrorCode;
  /** Where in the input, in bytes from its start. */
  readonly offset: number;
  /** Name of the limit that was passed, for `too_deep`, `too_large` and `too_many`. */
  readonly limitName: string | undefined;
  /** The limit that was passed. */
  readonly limit: number | undefined;
  /** What the input has instead of at most `limit`. */
  readonly actual: number | undefined;

  constructor(code: DecodeErrorCode, message: string, context: DecodeErrorContext) {
    super(`[${code}] ${message} (at byte ${context.offset})`);
    this.code = code;
    this.offset = context.offset;
    this.limitName = context.limitName;
    this.limit = context.limit;
    this.actual = context.actual;
  }
}
