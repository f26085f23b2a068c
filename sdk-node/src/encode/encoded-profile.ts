import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { encodePprofSteps, type Profile } from "@pyrospan/pprof";
import { nextTurn, runInSlices } from "./slices.ts";

/** A profile ready to be sent. */
export interface EncodedProfile {
  /** Value of the `__name__` label: `wall`, `process_cpu` or `memory`. */
  readonly name: string;
  /** gzip-compressed pprof. */
  readonly pprof: Uint8Array;
}

const gzipAsync = promisify(gzip);

/** Encodes in slices and compresses on the thread pool; nothing where there are no samples. */
export async function encodeProfile(
  name: string,
  profile: Profile,
): Promise<readonly EncodedProfile[]> {
  if (profile.samples.length === 0) return [];
  const bytes = await runInSlices(encodePprofSteps(profile, BYTES_PER_STEP));
  await nextTurn();
  return [{ name, pprof: await gzipAsync(bytes, { level: COMPRESSION_LEVEL }) }];
}

/** A tenth of a millisecond of work. */
const BYTES_PER_STEP = 16_384;

/** Level 1 costs a third of the default's CPU time and makes profiles a tenth larger. */
const COMPRESSION_LEVEL = 1;
