import type { Profile } from "./profile.ts";

export interface ValueTypeInit {
  readonly type: string;
  readonly unit: string;
}

export interface ProfileBuilderOptions {
  readonly sampleTypes: readonly ValueTypeInit[];
  readonly periodType?: ValueTypeInit;
  readonly period?: number | bigint;
  readonly timeNanos?: number | bigint;
  readonly durationNanos?: number | bigint;
  readonly dropFrames?: string;
  readonly keepFrames?: string;
  readonly defaultSampleType?: string;
  readonly docUrl?: string;
  readonly comments?: readonly string[];
}

export interface MappingInit {
  readonly start?: number | bigint;
  readonly limit?: number | bigint;
  readonly offset?: number | bigint;
  readonly filename?: string;
  readonly buildId?: string;
  readonly hasFunctions?: boolean;
  readonly hasFilenames?: boolean;
  readonly hasLineNumbers?: boolean;
  readonly hasInlineFrames?: boolean;
}

export interface FunctionInit {
  readonly name: string;
  readonly systemName?: string;
  readonly filename?: string;
  readonly startLine?: number | bigint;
}

export interface LineInit {
  /** Index that `function()` returned. */
  readonly function: number;
  readonly line?: number | bigint;
  readonly column?: number | bigint;
}

export interface LocationInit {
  /** Index that `mapping()` returned; none when left out. */
  readonly mapping?: number;
  readonly address?: number | bigint;
  /** Innermost first. */
  readonly lines?: readonly LineInit[];
  readonly folded?: boolean;
}

/** A label: text (`str`), or a number with an optional unit. */
export type LabelInit =
  | { readonly key: string; readonly str: string }
  | { readonly key: string; readonly num: number | bigint; readonly unit?: string };

/** Interns everything; equal samples (same stack, same labels) add up. */
export class ProfileBuilder {
  constructor(_options: ProfileBuilderOptions) {
    throw new Error("ProfileBuilder is being written");
  }
  mapping(_init: MappingInit): number {
    return 0;
  }
  function(_init: FunctionInit): number {
    return 0;
  }
  location(_init: LocationInit): number {
    return 0;
  }
  /** Interns a label set once, for samples that share it; 0 is the empty set. */
  labelSet(_labels: readonly LabelInit[]): number {
    return 0;
  }
  /** Adds values (one for each sample type) to the sample of this stack (location indices, leaf first) and label set. */
  sample(
    _locations: ArrayLike<number>,
    _values: ArrayLike<number | bigint>,
    _labelSet: number = 0,
  ): void {}
  /** Adds every sample of another profile with the same sample types. */
  addProfile(_profile: Profile): void {}
  /** The profile. The builder must not be used afterwards. */
  finish(): Profile {
    throw new Error("ProfileBuilder is being written");
  }
}
