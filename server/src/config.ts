import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { expandEnv } from "./config/expand-env.ts";
import { parseFlags } from "./config/flags.ts";
import { limitOptions, type Option, type ServerConfig, serverOptions } from "./config/options.ts";
import type { TenantLimits } from "./limits.ts";

export type { ServerConfig } from "./config/options.ts";

/** The whole configuration, every value checked and in the units its name says. */
export interface Config {
  readonly server: ServerConfig;
  /** Limits of a tenant without overrides. */
  readonly limits: TenantLimits;
  /** Every setting as it would be written on the command line, secrets masked. */
  readonly printed: readonly PrintedSetting[];
}

/** One setting, for logs and the configuration pages. */
export interface PrintedSetting {
  readonly flag: string;
  readonly yaml: readonly string[] | undefined;
  readonly value: string;
  readonly default: string;
  readonly from: "default" | "file" | "environment" | "flag";
}

/** A configuration that cannot be used: all of its problems in one message. */
export class ConfigError extends Error {
  /** 2 for a bad flag, 1 for anything else. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConfigError";
    this.exitCode = exitCode;
  }
}

/** Where configuration comes from. */
export interface ConfigSources {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the configuration: flags win over the environment, that over the YAML file, that over the defaults.
 *
 * @throws ConfigError
 */
export function loadConfig(sources: ConfigSources): Config {
  const flags = readFlags(sources.args);
  const environment = readEnvironment(sources.env);
  const settings = new Settings(flags, environment);
  const fileName = settings.value(serverOptions.configFile);
  const expand = settings.value(serverOptions.configExpandEnv);
  settings.stopOnProblems();
  if (fileName !== "") settings.file = readFile(fileName, expand ? sources.env : undefined);
  const server = settings.values(serverOptions);
  const limits = settings.values(limitOptions);
  settings.stopOnProblems();
  return { server, limits, printed: settings.printed };
}

/** Name of the environment variable of a flag. */
export function environmentName(flag: string): string {
  return `PYROSPAN_${flag.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

/** All options, in the order of the reference. */
export function allOptions(): readonly Option[] {
  return [...Object.values(serverOptions), ...Object.values(limitOptions)];
}

type From = PrintedSetting["from"];

/** Collects values and problems over all sources. */
class Settings {
  readonly printed: PrintedSetting[] = [];
  file: ReadonlyMap<string, unknown> = new Map();
  private readonly flags: ReadonlyMap<string, string>;
  private readonly environment: ReadonlyMap<string, string>;
  private readonly problems: { readonly text: string; readonly from: From }[] = [];

  constructor(flags: ReadonlyMap<string, string>, environment: ReadonlyMap<string, string>) {
    this.flags = flags;
    this.environment = environment;
  }

  values<T extends object>(options: { readonly [K in keyof T]: Option<T[K]> }): T {
    const out: Partial<T> = {};
    for (const key of Object.keys(options) as (keyof T)[]) {
      const option = options[key];
      out[key] = this.value(option);
      const { raw, from } = this.find(option);
      this.printed.push({
        flag: option.flag,
        yaml: option.yaml,
        value: option.secret === true ? "********" : String(raw),
        default: option.default,
        from,
      });
    }
    return out as T;
  }

  /** The value of an option; a bad one is noted and the default stands in for it. */
  value<T>(option: Option<T>): T {
    const { raw, from } = this.find(option);
    const parsed = option.value.safeParse(raw);
    if (parsed.success) return parsed.data;
    const why = parsed.error.issues[0]?.message ?? "is not valid";
    const shown = option.secret === true ? "a value" : JSON.stringify(raw);
    this.note(from, `${describe(option, from)}: ${why}, got ${shown}`);
    return option.value.parse(option.default);
  }

  stopOnProblems(): void {
    if (this.problems.length === 0) return;
    const exitCode = this.problems.every(({ from }) => from === "flag") ? 2 : 1;
    const unique = [...new Set(this.problems.map(({ text }) => text))];
    throw new ConfigError(unique.join("\n"), exitCode);
  }

  private note(from: From, text: string): void {
    this.problems.push({ from, text });
  }

  private find(option: Option): { readonly raw: unknown; readonly from: From } {
    const flag = this.flags.get(option.flag);
    if (flag !== undefined) return { raw: flag, from: "flag" };
    const variable = this.environment.get(environmentName(option.flag));
    if (variable !== undefined) return { raw: variable, from: "environment" };
    const key = option.yaml?.join(".");
    if (key !== undefined && this.file.has(key)) return { raw: this.file.get(key), from: "file" };
    return { raw: option.default, from: "default" };
  }
}

function describe(option: Option, from: From): string {
  switch (from) {
    case "flag":
      return `flag -${option.flag}`;
    case "environment":
      return `environment variable ${environmentName(option.flag)}`;
    case "file":
      return `key ${option.yaml?.join(".")} of the configuration file`;
    case "default":
      return `default of -${option.flag}`;
  }
}

function readFlags(args: readonly string[]): ReadonlyMap<string, string> {
  const kinds = new Map<string, "boolean" | "value">();
  for (const option of allOptions()) {
    const isBoolean = option.default === "true" || option.default === "false";
    kinds.set(option.flag, isBoolean ? "boolean" : "value");
  }
  const { values, problems } = parseFlags(args, (name) => kinds.get(name));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"), 2);
  return values;
}

function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const known = new Set(allOptions().map((option) => environmentName(option.flag)));
  const values = new Map<string, string>();
  for (const name of known) {
    const value = env[name];
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

function readFile(
  path: string,
  env: Readonly<Record<string, string | undefined>> | undefined,
): ReadonlyMap<string, unknown> {
  let tree: unknown;
  try {
    const raw = readFileSync(path, "utf8");
    tree = parseYaml(env === undefined ? raw : expandEnv(raw, env));
  } catch (cause) {
    throw new ConfigError(`failed parsing config: ${path}: ${(cause as Error).message}`, 1, {
      cause,
    });
  }
  const known = new Set(allOptions().flatMap((option) => option.yaml?.join(".") ?? []));
  const values = new Map<string, unknown>();
  const problems: string[] = [];
  flatten(tree, "", known, values, problems);
  if (problems.length > 0) {
    throw new ConfigError(`failed parsing config: ${path}: ${problems.join("; ")}`, 1);
  }
  return values;
}

/**
 * Reads one YAML document.
 *
 * @throws Error with every problem and its line
 */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new Error(document.errors.map((error) => error.message.trimEnd()).join("; "));
  }
  return document.toJS({ maxAliasCount: 100 });
}

function flatten(
  node: unknown,
  prefix: string,
  known: ReadonlySet<string>,
  values: Map<string, unknown>,
  problems: string[],
): void {
  if (node === null || node === undefined) return;
  if (typeof node !== "object" || Array.isArray(node)) {
    problems.push(prefix === "" ? "not a map of settings" : `${prefix} is not a map`);
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (known.has(path)) {
      if (value !== null) values.set(path, value);
    } else if ([...known].some((name) => name.startsWith(`${path}.`))) {
      flatten(value, path, known, values, problems);
    } else {
      problems.push(`field ${path} is not known`);
    }
  }
}
