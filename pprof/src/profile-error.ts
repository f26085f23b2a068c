/**
 * Why a profile, or what one was to be made from, was refused.
 *
 * - `bad_index`: a reference outside its table.
 * - `bad_order`: a column of starts that goes backwards or does not begin at 0.
 * - `bad_length`: a column that is longer or shorter than its table.
 * - `bad_flag`: a flag other than 0 and 1.
 * - `bad_faults`: counted faults that differ from what the columns hold.
 * - `bad_number`: a number that is no integer, or that 64 bits cannot hold.
 * - `bad_value_count`: a sample with more or fewer values than there are sample types.
 * - `bad_text`: text that does not follow the notation of profiles.
 * - `sample_types_differ`: profiles to merge that do not measure the same.
 * - `no_profiles`: nothing to merge.
 */
export type ProfileErrorCode =
  | "bad_index"
  | "bad_order"
  | "bad_length"
  | "bad_flag"
  | "bad_faults"
  | "bad_number"
  | "bad_value_count"
  | "bad_text"
  | "sample_types_differ"
  | "no_profiles";

/** Where the fault is. */
export interface ProfileErrorContext {
  /** Table and column, such as `samples.locations`. */
  readonly column?: string;
  /** Row, or line of a text (from 1). */
  readonly index?: number;
}

/** The one error of code that builds, checks and merges profiles. The message starts with the code. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  /** Branch on this, not on the message. */
  readonly code: ProfileErrorCode;
  /** Table and column, such as `samples.locations`. */
  readonly column: string | undefined;
  /** Row, or line of a text (from 1). */
  readonly index: number | undefined;

  constructor(code: ProfileErrorCode, message: string, context: ProfileErrorContext = {}) {
    super(`[${code}] ${message}`);
    this.code = code;
    this.column = context.column;
    this.index = context.index;
  }
}
