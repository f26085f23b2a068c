/** A sample type or period type by name. */
export interface ValueTypeInit {
  readonly type: string;
  readonly unit: string;
}

/** What a profile says once: see the fields of the same names in `Profile`. */
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

/** A mapping; what is left out is 0, empty or false. */
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

/** A function; what is left out is empty or 0. */
export interface FunctionInit {
  readonly name: string;
  readonly systemName?: string;
  readonly filename?: string;
  readonly startLine?: number | bigint;
}

/** A line of a location. */
export interface LineInit {
  /** Index that `ProfileBuilder.function` returned. */
  readonly function: number;
  readonly line?: number | bigint;
  readonly column?: number | bigint;
}

/** A location; what is left out is none, 0 or false. */
export interface LocationInit {
  /** Index that `ProfileBuilder.mapping` returned. */
  readonly mapping?: number;
  readonly address?: number | bigint;
  /** Innermost inlined call first. */
  readonly lines?: readonly LineInit[];
  readonly folded?: boolean;
}

/** A label: text (`str`), or a number with an optional unit. */
export type LabelInit =
  | { readonly key: string; readonly str: string }
  | { readonly key: string; readonly num: number | bigint; readonly unit?: string };
