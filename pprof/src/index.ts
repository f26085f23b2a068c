export { ProfileBuilder } from "./build/profile-builder.ts";
export type {
  FunctionInit,
  LabelInit,
  LineInit,
  LocationInit,
  MappingInit,
  ProfileBuilderOptions,
  ValueTypeInit,
} from "./build/profile-init.ts";
export {
  DecodeError,
  type DecodeErrorCode,
  type DecodeErrorContext,
} from "./bytes/decode-error.ts";
export { checkProfile } from "./check.ts";
export { DEFAULT_DECODE_LIMITS, type DecodeLimits } from "./decode/limits.ts";
export type { DecodeOptions } from "./decode/options.ts";
export { decodePprof } from "./decode.ts";
export { encodePprof, encodePprofSteps } from "./encode.ts";
export { mergeProfiles } from "./merge.ts";
export {
  type FunctionTable,
  type LabelTable,
  type LineTable,
  type LocationTable,
  type MappingTable,
  NO_FAULTS,
  NONE,
  type Profile,
  type ProfileFaults,
  type SampleTable,
  type StringTable,
  UNKNOWN_MAPPING,
  type ValueType,
  type ValueTypeTable,
} from "./profile.ts";
export { ProfileError, type ProfileErrorCode, type ProfileErrorContext } from "./profile-error.ts";
export { runAtOnce, type Steps } from "./steps.ts";
export { firstInvalidUtf8 } from "./strings.ts";
export { profileFromText } from "./text/read.ts";
export { textOf } from "./text/write.ts";
