/** The parts of a profile type id, `name:sample type:sample unit:period type:period unit`. */
export interface ProfileType {
  readonly id: string;
  readonly name: string;
  readonly sampleType: string;
  readonly sampleUnit: string;
}

/** Splits an id; missing parts are empty. */
export function parseProfileType(id: string): ProfileType {
  const [name = "", sampleType = "", sampleUnit = ""] = id.split(":");
  return { id, name, sampleType, sampleUnit };
}

const LABELS: Readonly<Record<string, string>> = {
  "process_cpu:cpu": "CPU time",
  "process_cpu:samples": "CPU samples",
  "wall:wall": "Wall time",
  "wall:cpu": "CPU time (wall profile)",
  "wall:samples": "Wall samples",
  "memory:inuse_space": "Heap in use",
  "memory:inuse_objects": "Objects in use",
  "memory:alloc_space": "Allocated bytes",
  "memory:alloc_objects": "Allocated objects",
  "block:delay": "Blocking delay",
  "block:contentions": "Blocking events",
  "mutex:delay": "Mutex delay",
  "mutex:contentions": "Mutex contentions",
  "goroutine:goroutine": "Goroutines",
  "goroutines:goroutine": "Goroutines",
};

/** Name for people; types that are not known are written with their own words. */
export function profileTypeLabel(id: string): string {
  const { name, sampleType } = parseProfileType(id);
  return LABELS[`${name}:${sampleType}`] ?? `${name} · ${sampleType}`;
}

/** What to show first of a service: CPU time, else wall time, else anything that is a time. */
export function defaultProfileType(ids: readonly string[]): string | undefined {
  return firstOf(ids, ["process_cpu:cpu:", "wall:wall:", "wall:cpu:"]);
}

/** What to show first of a span: wall time, which also has what ran for less than a CPU tick; else CPU time. */
export function defaultSpanProfileType(ids: readonly string[]): string | undefined {
  return firstOf(ids, ["wall:wall:", "process_cpu:cpu:", "wall:cpu:"]);
}

function firstOf(ids: readonly string[], prefixes: readonly string[]): string | undefined {
  for (const prefix of prefixes) {
    const found = ids.find((id) => id.startsWith(prefix));
    if (found !== undefined) return found;
  }
  return ids.find((id) => parseProfileType(id).sampleUnit === "nanoseconds") ?? ids[0];
}
