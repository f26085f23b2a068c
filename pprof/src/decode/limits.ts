/**
 * Bounds on an input, checked before anything is sized by it. `Infinity` switches one off. A refusal is a
 * `DecodeError` that carries the name of the limit, the limit and, where it is known, the actual number.
 */
export interface DecodeLimits {
  /** Uncompressed bytes. */
  readonly maxBytes: number;
  readonly maxSampleTypes: number;
  readonly maxSamples: number;
  /** Locations in one stack. */
  readonly maxStackDepth: number;
  /** Labels on one sample. */
  readonly maxSampleLabels: number;
  readonly maxMappings: number;
  readonly maxLocations: number;
  /** Lines of one location, that is calls inlined into one address. */
  readonly maxLocationLines: number;
  readonly maxFunctions: number;
  readonly maxStrings: number;
  readonly maxComments: number;
  /** Nesting of unknown groups, the only recursion of the format. */
  readonly maxGroupDepth: number;
}

/**
 * Wide enough for any profile seen in the wild, narrow enough that memory stays below about 25 times `maxBytes`.
 * A public port sets its own.
 */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = Object.freeze({
  maxBytes: 64 * 1024 * 1024,
  maxSampleTypes: 256,
  maxSamples: 1_000_000,
  maxStackDepth: 65_536,
  maxSampleLabels: 4_096,
  maxMappings: 65_536,
  maxLocations: 1_000_000,
  maxLocationLines: 65_536,
  maxFunctions: 1_000_000,
  maxStrings: 2_000_000,
  maxComments: 65_536,
  maxGroupDepth: 32,
});
