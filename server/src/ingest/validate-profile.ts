import type { Profile } from "@pyrospan/pprof";
import type { TenantLimits } from "../limits.ts";
import { Refusal } from "./refusal.ts";

/**
 * Refuses a profile that is against the rules or the limits. The order of the checks decides which error wins.
 * Strings must have been cut to their limit before; whether they are UTF-8 is checked later, with their numbering.
 *
 * `sizeBytes` is the uncompressed size, `shownLabels` gives the labels for messages.
 */
export function validateProfile(
  profile: Profile,
  sizeBytes: number,
  shownLabels: () => string,
  limits: TenantLimits,
  nowMs: number,
): void {
  if (profile.sampleTypes.length === 0) throw malformed("empty profile");
  if (profile.timeNanos > 0n) checkTime(profile.timeNanos, shownLabels, limits, nowMs);
  checkCounts(profile, sizeBytes, shownLabels, limits);
  const { faults } = profile;
  if (faults.zeroLocationIds > 0) throw malformed("location id is 0");
  if (faults.zeroFunctionIds > 0) throw malformed("function id is 0");
  if (faults.valueCounts > 0) throw malformed("sample value length mismatch");
  if (faults.stringZero > 0) throw malformed("string 0 should be empty string");
  if (faults.sampleTypeStrings > 0) throw malformed("sample type type string index out of range");
  if (faults.labelStrings > 0) throw malformed("sample label string index out of range");
  if (faults.functionNames > 0) throw malformed("function name string index out of range");
  if (faults.functionSystemNames > 0)
    throw malformed("function system name index string out of range");
  if (faults.functionFilenames > 0) throw malformed("function file name string index out of range");
  if (faults.mappingFilenames > 0) throw malformed("mapping file name string index out of range");
  if (faults.mappingBuildIds > 0) throw malformed("mapping build id string index out of range");
  for (let t = 0; t < profile.sampleTypes.length; t++) {
    if (profile.strings.get(profile.sampleTypes.type[t]!).includes("-")) {
      throw malformed("sample type contains -");
    }
  }
}

/** Refuses a string that is not UTF-8. */
export function invalidUtf8(bytes: Uint8Array): Refusal {
  return malformed(`invalid utf8 string hex: ${Buffer.from(bytes).toString("hex")}`);
}

/** Strings above the limit lose their head. A limit of 0 is none. */
export function cutStrings(profile: Profile, maxBytes: number): Profile {
  const { strings } = profile;
  if (maxBytes <= 0) return profile;
  let start: Int32Array | undefined;
  for (let i = 0; i < strings.length; i++) {
    if (strings.end[i]! - strings.start[i]! <= maxBytes) continue;
    start ??= strings.start.slice();
    start[i] = strings.end[i]! - maxBytes;
  }
  if (start === undefined) return profile;
  return { ...profile, strings: replaceStrings(strings.data, start, strings.end) };
}

/** A string table over other ranges. */
export function replaceStrings(
  data: Uint8Array,
  start: Int32Array,
  end: Int32Array,
): Profile["strings"] {
  const bytes = (index: number): Uint8Array =>
    index >= 0 && index < start.length
      ? data.subarray(start[index], end[index])
      : data.subarray(0, 0);
  return {
    length: start.length,
    data,
    start,
    end,
    bytes,
    get: (index) => decoder.decode(bytes(index)),
  };
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function malformed(message: string): Refusal {
  return new Refusal(message, { reason: "malformed_profile" });
}

function checkTime(
  timeNanos: bigint,
  shownLabels: () => string,
  limits: TenantLimits,
  nowMs: number,
): void {
  const timeMs = Number(timeNanos / 1_000_000n);
  const from = limits.rejectOlderThanMs > 0 ? nowMs - limits.rejectOlderThanMs : undefined;
  const to = limits.rejectNewerThanMs > 0 ? nowMs + limits.rejectNewerThanMs : undefined;
  if ((from === undefined || timeMs > from) && (to === undefined || timeMs < to)) return;
  const window = [
    ...(from === undefined ? [] : [`starts at ${goTime(from)}`]),
    ...(to === undefined ? [] : [`ends at ${goTime(to)}`]),
  ].join(" and ");
  throw new Refusal(
    `profile with labels '${shownLabels()}' is outside of ingestion window (profile timestamp: ${goTime(timeMs)}, the ingestion window ${window})`,
    { reason: "not_in_ingestion_window" },
  );
}

function checkCounts(
  profile: Profile,
  sizeBytes: number,
  shownLabels: () => string,
  limits: TenantLimits,
): void {
  if (limits.maxProfileSizeBytes > 0 && sizeBytes > limits.maxProfileSizeBytes) {
    throw new Refusal(
      `the profile with labels '${shownLabels()}' exceeds the size limit (max_profile_size_byte, actual: ${sizeBytes}, limit: ${limits.maxProfileSizeBytes})`,
      { reason: "profile_size_limit" },
    );
  }
  const { samples } = profile;
  if (limits.maxProfileSamples > 0 && samples.length > limits.maxProfileSamples) {
    throw new Refusal(
      `the profile with labels '${shownLabels()}' exceeds the samples count limit (max_profile_stacktrace_samples, actual: ${samples.length}, limit: ${limits.maxProfileSamples})`,
      { reason: "samples_limit" },
    );
  }
  if (limits.maxProfileSampleLabels <= 0) return;
  for (let i = 0; i < samples.length; i++) {
    const count = samples.labelStart[i + 1]! - samples.labelStart[i]!;
    if (count <= limits.maxProfileSampleLabels) continue;
    throw new Refusal(
      `the profile with labels '${shownLabels()}' exceeds the sample labels limit (max_profile_stacktrace_sample_labels, actual: ${count}, limit: ${limits.maxProfileSampleLabels})`,
      { reason: "sample_labels_limit" },
    );
  }
}

/** The Go language's usual text of a UTC time: `2024-06-12 16:26:40.123 +0000 UTC`, without trailing zeros. */
function goTime(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return `${ms} ms`;
  const text = date.toISOString();
  const fraction = text.slice(19, 23).replace(/\.?0+$/, "");
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction} +0000 UTC`;
}
