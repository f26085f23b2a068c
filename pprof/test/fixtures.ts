import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const folder = new URL("../../../shared/fixtures/", import.meta.url);

/** Whether the recordings of real programs are there; they are kept beside the repository, not in it. */
export const haveFixtures: boolean = existsSync(new URL("MANIFEST-expected.json", folder));

/** What is known about a pprof recording: see `about` in the file. Numbers of 64 bits are strings. */
export interface ExpectedFacts {
  readonly samples: number;
  readonly unique_location_stacks: number;
  readonly sample_types: readonly {
    readonly type: string;
    readonly unit: string;
    readonly sum: string;
    readonly nonzero_samples: number;
    readonly negative_samples: number;
    readonly top5_self: readonly { readonly function: string; readonly value: string }[];
  }[];
  readonly default_sample_type: string;
  readonly period_type: { readonly type: string; readonly unit: string } | null;
  readonly period: string;
  readonly time_nanos: string;
  readonly duration_nanos: string;
  readonly mappings: number;
  readonly locations: number;
  readonly functions: number;
  readonly strings: number;
  readonly comments: number;
  readonly all_zero_samples: number;
  readonly stack_depth_locations: { readonly min: number; readonly max: number };
  readonly stack_depth_frames_inlined: { readonly min: number; readonly max: number };
  readonly labels: Record<
    string,
    { readonly kind: string; readonly occurrences: number; readonly distinct_values: number }
  >;
  readonly inflated_size: number;
  readonly oddities?: {
    readonly dangling_function_refs?: number;
    readonly duplicate_function_ids?: number;
    readonly invalid_utf8_strings?: number;
  };
}

/** Every pprof recording with its facts. */
export function expectedFacts(): [name: string, facts: ExpectedFacts][] {
  if (!haveFixtures) return [];
  const manifest = JSON.parse(readFileSync(new URL("MANIFEST-expected.json", folder), "utf8"));
  return Object.entries<ExpectedFacts>(manifest.files).filter(
    ([name, facts]) => name.startsWith("pprof/") && facts.sample_types !== undefined,
  );
}

/** The bytes of a fixture, inflated when they are gzip (some are twice). */
export function readFixture(name: string): Uint8Array {
  let bytes: Uint8Array = readFileSync(new URL(name, folder));
  while (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    bytes = gunzipSync(bytes, { maxOutputLength: 64 * 1024 * 1024 });
  }
  return bytes;
}

/** Names of the files of a folder of fixtures, with the folder. */
export function listFixtures(name: string): string[] {
  if (!haveFixtures) return [];
  const files = readdirSync(fileURLToPath(new URL(`${name}/`, folder))).sort();
  return files.map((file) => `${name}/${file}`);
}
