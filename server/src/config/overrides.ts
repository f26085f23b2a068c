import { readFileSync } from "node:fs";
import type { TenantLimits } from "../limits.ts";
import { limitOptions } from "./options.ts";

/** Limits by tenant, from the runtime files. */
export type Overrides = ReadonlyMap<string, TenantLimits>;

/**
 * Reads `overrides:` of one or more YAML files. A tenant starts from `defaults`; where two files name the same
 * tenant, the later file's entry replaces the earlier one.
 *
 * @throws Error with all problems of the first file that has any
 */
export function readOverrides(
  paths: readonly string[],
  defaults: TenantLimits,
  parseYaml: (text: string) => unknown,
): Overrides {
  const overrides = new Map<string, TenantLimits>();
  for (const path of paths) {
    try {
      const entries = parseOverrides(parseYaml(readFileSync(path, "utf8")), defaults);
      for (const [tenant, limits] of entries) overrides.set(tenant, limits);
    } catch (cause) {
      throw new Error(`${path}: ${(cause as Error).message}`, { cause });
    }
  }
  return overrides;
}

/**
 * Checks the content of a runtime file.
 *
 * @throws Error with every problem
 */
export function parseOverrides(tree: unknown, defaults: TenantLimits): Overrides {
  const problems: string[] = [];
  const overrides = new Map<string, TenantLimits>();
  for (const [key, value] of entriesOf(tree, "the file", problems)) {
    if (key !== "overrides") {
      problems.push(`field ${key} is not known`);
      continue;
    }
    for (const [tenant, entry] of entriesOf(value, "overrides", problems)) {
      overrides.set(tenant, parseTenant(tenant, entry, defaults, problems));
    }
  }
  if (problems.length > 0) throw new Error(problems.join("; "));
  return overrides;
}

/** Limits as YAML keys and values, as in the runtime files; only those that differ from `defaults` when given. */
export function printLimits(
  limits: TenantLimits,
  defaults?: TenantLimits,
): Record<string, unknown> {
  const printed: Record<string, unknown> = {};
  for (const key of Object.keys(limitOptions) as (keyof TenantLimits)[]) {
    if (defaults !== undefined && defaults[key] === limits[key]) continue;
    const yamlKey = limitOptions[key].yaml?.at(-1) ?? key;
    printed[yamlKey] = printValue(key, limits[key]);
  }
  return printed;
}

/** Options by their key below a tenant. */
const BY_KEY: ReadonlyMap<string, keyof TenantLimits> = new Map(
  (Object.keys(limitOptions) as (keyof TenantLimits)[]).map((key) => [
    limitOptions[key].yaml?.at(-1) ?? key,
    key,
  ]),
);

function parseTenant(
  tenant: string,
  entry: unknown,
  defaults: TenantLimits,
  problems: string[],
): TenantLimits {
  const changed: Partial<Record<keyof TenantLimits, number | boolean>> = {};
  for (const [yamlKey, value] of entriesOf(entry, `overrides.${tenant}`, problems)) {
    const key = BY_KEY.get(yamlKey);
    if (key === undefined) {
      problems.push(`field overrides.${tenant}.${yamlKey} is not known`);
      continue;
    }
    if (value === null) continue;
    const parsed = limitOptions[key].value.safeParse(value);
    if (parsed.success) changed[key] = parsed.data;
    else {
      const why = parsed.error.issues[0]?.message ?? "is not valid";
      problems.push(`overrides.${tenant}.${yamlKey}: ${why}, got ${JSON.stringify(value)}`);
    }
  }
  return { ...defaults, ...changed } as TenantLimits;
}

function entriesOf(value: unknown, where: string, problems: string[]): [string, unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value === "object" && !Array.isArray(value)) return Object.entries(value);
  problems.push(`${where} is not a map`);
  return [];
}

const MIB = 1024 * 1024;

function printValue(key: keyof TenantLimits, value: number | boolean): unknown {
  if (typeof value === "boolean") return value;
  if (key.endsWith("Ms")) return printDuration(value);
  if (limitOptions[key].unit?.startsWith("MiB") === true) return value / MIB;
  return value;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

function printDuration(ms: number): string {
  if (ms === 0) return "0s";
  const [unit, size] = UNITS.find(([, unitMs]) => ms % unitMs === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}
