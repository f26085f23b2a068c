/** A place in the code as the engine or a source map knows it. */
export interface SourceLocation {
  file?: string;
  line?: number;
  column?: number;
  name?: string;
}

/** Translates generated places to those of the sources. `SourceMapper` of `@datadog/pprof` is one. */
export interface SourceMapper {
  mappingInfo(location: SourceLocation): SourceLocation;
}
