import type { SourceMapper } from "./encode/source-mapper.ts";
import type { LabelSet } from "./labels.ts";
import type { Logger } from "./logger.ts";

/**
 * What users may set. Everything has a default or an environment variable; what is set in code wins. An empty text
 * counts as not set.
 */
export interface PyroscopeConfig {
  /** Value of the label `service_name`. Env `PYROSCOPE_APPLICATION_NAME`, then `OTEL_SERVICE_NAME`. */
  appName?: string | undefined;
  /**
   * Where to push, default `http://localhost:4040`. Env `PYROSCOPE_SERVER_ADDRESS`;
   * `PYROSCOPE_ADHOC_SERVER_ADDRESS` wins over everything.
   */
  serverAddress?: string | undefined;
  /** Labels of every profile. Env `PYROSCOPE_LABELS`, as `name=value,name=value`. */
  tags?: LabelSet | undefined;
  /** Env `PYROSCOPE_BASIC_AUTH_USER`. */
  basicAuthUser?: string | undefined;
  /** Env `PYROSCOPE_BASIC_AUTH_PASSWORD`. */
  basicAuthPassword?: string | undefined;
  /** Sent as a bearer token; wins over basic authentication. Env `PYROSCOPE_AUTH_TOKEN`. */
  authToken?: string | undefined;
  /** Sent as `X-Scope-OrgID`. Env `PYROSCOPE_TENANT_ID`. */
  tenantID?: string | undefined;
  /** More headers for every push. Env `PYROSCOPE_HTTP_HEADERS`, a JSON object. */
  httpHeaders?: Readonly<Record<string, string>> | undefined;
  /**
   * Length of an upload window in milliseconds, default 15,000: Grafana looks for a span's profile 30 s around it, so
   * windows must not be longer than that. Env `PYROSCOPE_FLUSH_INTERVAL_MS`.
   */
  flushIntervalMs?: number | undefined;
  /** Longest time in milliseconds for one attempt to push, default 10,000. Env `PYROSCOPE_UPLOAD_TIMEOUT_MS`. */
  uploadTimeoutMs?: number | undefined;
  wall?: PyroscopeWallConfig | undefined;
  heap?: PyroscopeHeapConfig | undefined;
  /** Translates places in generated code to those of the sources. */
  sourceMapper?: SourceMapper | undefined;
  /** Leave out file names, of all functions or those in `node_modules`. Env `PYROSCOPE_STRIP_FILENAMES`. */
  stripFilenames?: "all" | "dependencies" | undefined;
  /** Write short paths, default false. Env `PYROSCOPE_SHORTEN_PATHS`. */
  shortenPaths?: boolean | undefined;
  /** Where the profiler reports; by default one warning for each distinct problem. */
  logger?: Logger | undefined;
}

/** Wall and CPU time. */
export interface PyroscopeWallConfig {
  /** Default true. Env `PYROSCOPE_WALL_ENABLED`. */
  enabled?: boolean | undefined;
  /**
   * How often samples are taken out of the engine, in milliseconds, default 2,000 and never more than a window: the
   * pause for it grows with the samples waiting. Env `PYROSCOPE_WALL_SAMPLING_DURATION_MS`.
   */
  samplingDurationMs?: number | undefined;
  /** Microseconds between samples, default 10,000, from 100 to `samplingDurationMs`. Env `PYROSCOPE_WALL_SAMPLING_INTERVAL_MICROS`. */
  samplingIntervalMicros?: number | undefined;
  /** Measure CPU time too, default true. Env `PYROSCOPE_WALL_COLLECT_CPU_TIME`. */
  collectCpuTime?: boolean | undefined;
}

/** Memory in use. */
export interface PyroscopeHeapConfig {
  /** Default true. Env `PYROSCOPE_HEAP_ENABLED`. */
  enabled?: boolean | undefined;
  /** Average bytes allocated between samples, default 524,288. Env `PYROSCOPE_HEAP_SAMPLING_INTERVAL_BYTES`. */
  samplingIntervalBytes?: number | undefined;
  /** Frames kept of each stack, default 64. Env `PYROSCOPE_HEAP_STACK_DEPTH`. */
  stackDepth?: number | undefined;
}

/** A checked configuration with every default filled in. */
export interface Config {
  /** `undefined` when nobody named the service. */
  readonly appName: string | undefined;
  /** Without credentials, which are in `headers`. */
  readonly serverAddress: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly flushIntervalMs: number;
  readonly uploadTimeoutMs: number;
  readonly wall: {
    readonly enabled: boolean;
    readonly collectIntervalMs: number;
    readonly samplingIntervalMicros: number;
    readonly collectCpuTime: boolean;
  };
  readonly heap: {
    readonly enabled: boolean;
    readonly samplingIntervalBytes: number;
    readonly stackDepth: number;
  };
  readonly sourceMapper: SourceMapper | undefined;
  readonly stripFilenames: "all" | "dependencies" | undefined;
  readonly shortenPaths: boolean;
  readonly logger: Logger | undefined;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Checks a configuration and fills it up from the environment and the defaults.
 *
 * @throws {Error} with every problem in one message, one a line
 */
export function resolveConfig(input: PyroscopeConfig, env: Environment): Config {
  const settings = new Settings(input, env);
  const wall = settings.section("wall");
  const heap = settings.section("heap");
  const flushIntervalMs = settings.integer("flushIntervalMs", "FLUSH_INTERVAL_MS", 15_000);
  const collectIntervalMs = Math.min(
    wall.integer("samplingDurationMs", "WALL_SAMPLING_DURATION_MS", 2_000),
    flushIntervalMs,
  );
  const address = settings.address();
  const config: Config = {
    appName: settings.text("appName", "APPLICATION_NAME") ?? (env.OTEL_SERVICE_NAME || undefined),
    serverAddress: address.url,
    tags: settings.tags(),
    headers: settings.headers(address.authorization),
    flushIntervalMs,
    uploadTimeoutMs: settings.integer("uploadTimeoutMs", "UPLOAD_TIMEOUT_MS", 10_000),
    wall: {
      enabled: wall.flag("enabled", "WALL_ENABLED", true),
      collectIntervalMs,
      samplingIntervalMicros: wall.integer(
        "samplingIntervalMicros",
        "WALL_SAMPLING_INTERVAL_MICROS",
        10_000,
        { least: 100, most: collectIntervalMs * 1_000 },
      ),
      collectCpuTime: wall.flag("collectCpuTime", "WALL_COLLECT_CPU_TIME", true),
    },
    heap: {
      enabled: heap.flag("enabled", "HEAP_ENABLED", true),
      samplingIntervalBytes: heap.integer(
        "samplingIntervalBytes",
        "HEAP_SAMPLING_INTERVAL_BYTES",
        524_288,
      ),
      stackDepth: heap.integer("stackDepth", "HEAP_STACK_DEPTH", 64),
    },
    sourceMapper: settings.withMethods<SourceMapper>("sourceMapper", ["mappingInfo"]),
    stripFilenames: settings.oneOf("stripFilenames", "STRIP_FILENAMES", ["all", "dependencies"]),
    shortenPaths: settings.flag("shortenPaths", "SHORTEN_PATHS", false),
    logger: settings.withMethods<Logger>("logger", ["error", "warn", "info", "debug"]),
  };
  settings.finish();
  return config;
}

/** Reads single settings and gathers what is wrong with them. */
class Settings {
  private readonly input: Readonly<Record<string, unknown>>;
  private readonly env: Environment;
  private readonly prefix: string;
  private readonly problems: string[];

  constructor(input: unknown, env: Environment, prefix: string = "", problems: string[] = []) {
    this.env = env;
    this.prefix = prefix;
    this.problems = problems;
    this.input = isObject(input) ? input : {};
    if (!isObject(input)) this.problem(prefix.slice(0, -1) || "configuration", "must be an object");
  }

  finish(): void {
    if (this.problems.length === 0) return;
    throw new Error(`Invalid profiler configuration:\n${this.problems.join("\n")}`);
  }

  section(name: string): Settings {
    return new Settings(this.input[name] ?? {}, this.env, `${name}.`, this.problems);
  }

  text(name: string, variable: string): string | undefined {
    const { value, from } = this.read(name, variable);
    if (value === undefined) return undefined;
    if (typeof value === "string" && value.trim() !== "") return value;
    this.problem(from, "must be text, and not only of spaces");
    return undefined;
  }

  integer(
    name: string,
    variable: string,
    fallback: number,
    { least = 1, most = 2 ** 31 - 1 }: { least?: number; most?: number } = {},
  ): number {
    const { value, from } = this.read(name, variable);
    const number = from.startsWith("PYROSCOPE_") ? numberIn(value) : (value ?? fallback);
    if (Number.isInteger(number) && (number as number) >= least && (number as number) <= most) {
      return number as number;
    }
    const range = `a whole number from ${least} to ${most}`;
    this.problem(from, `must be ${range}, not ${String(value ?? fallback)}`);
    return fallback;
  }

  flag(name: string, variable: string, fallback: boolean): boolean {
    const { value, from } = this.read(name, variable);
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    const text = from.startsWith("PYROSCOPE_") ? String(value).trim().toLowerCase() : undefined;
    if (text !== undefined && ["true", "1", "yes", "on"].includes(text)) return true;
    if (text !== undefined && ["false", "0", "no", "off"].includes(text)) return false;
    this.problem(from, `must be true or false, not ${String(value)}`);
    return fallback;
  }

  oneOf<T extends string>(name: string, variable: string, allowed: readonly T[]): T | undefined {
    const { value, from } = this.read(name, variable);
    if (value === undefined) return undefined;
    const found = allowed.find((one) => one === value);
    if (found === undefined) {
      this.problem(from, `must be one of ${allowed.join(", ")}, not ${String(value)}`);
    }
    return found;
  }

  withMethods<T>(name: string, methods: readonly string[]): T | undefined {
    const value = this.input[name];
    if (value === undefined) return undefined;
    const missing = methods.filter(
      (method) => typeof (value as Record<string, unknown> | null)?.[method] !== "function",
    );
    if (missing.length === 0) return value as T;
    this.problem(this.prefix + name, `lacks the methods ${missing.join(", ")}`);
    return undefined;
  }

  address(): { readonly url: string; readonly authorization: string | undefined } {
    const adhoc = this.env.PYROSCOPE_ADHOC_SERVER_ADDRESS;
    const { value, from } = adhoc
      ? { value: adhoc, from: "PYROSCOPE_ADHOC_SERVER_ADDRESS" }
      : this.read("serverAddress", "SERVER_ADDRESS");
    const text = value === undefined ? "http://localhost:4040" : value;
    const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      this.problem(from, "must be an http or https URL");
      return { url: "", authorization: undefined };
    }
    const { username, password } = url;
    url.username = "";
    url.password = "";
    const user = decoded(username);
    const secret = decoded(password);
    if (user === undefined || secret === undefined) {
      this.problem(from, 'must have "%25" for each "%" of its user name and password');
    } else if (user !== "") {
      return { url: url.href, authorization: basic(user, secret) };
    }
    return { url: url.href, authorization: undefined };
  }

  tags(): Record<string, string> {
    const tags: Record<string, string> = {};
    for (const pair of (this.env.PYROSCOPE_LABELS ?? "").split(",")) {
      if (pair.trim() === "") continue;
      const at = pair.indexOf("=");
      if (at > 0) tags[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
      else this.problem("PYROSCOPE_LABELS", `must be name=value pairs, not "${pair}"`);
    }
    const input = this.input.tags ?? {};
    if (!isObject(input)) this.problem("tags", "must be an object");
    for (const [name, value] of Object.entries(isObject(input) ? input : {})) {
      if (name === "") this.problem("tags", "must not have an empty name");
      if (typeof value === "string" || Number.isFinite(value)) tags[name] = String(value);
      else this.problem(`tags.${name}`, "must be text or a finite number");
    }
    return tags;
  }

  headers(fromAddress: string | undefined): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.httpHeaders())) {
      if (!HEADER_NAME.test(name)) {
        this.problem("httpHeaders", `has "${name}", which cannot be the name of a header`);
      } else if (typeof value !== "string" || !HEADER_VALUE.test(value)) {
        this.problem("httpHeaders", `has an invalid value for "${name}"`);
      } else {
        headers[name.toLowerCase()] = value;
      }
    }
    const tenant = this.headerText("tenantID", "TENANT_ID");
    if (tenant !== undefined) headers["x-scope-orgid"] = tenant;
    const token = this.headerText("authToken", "AUTH_TOKEN");
    const user = this.text("basicAuthUser", "BASIC_AUTH_USER");
    const password = this.text("basicAuthPassword", "BASIC_AUTH_PASSWORD");
    if (password !== undefined && user === undefined) {
      this.problem("basicAuthPassword", "needs basicAuthUser");
    }
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    else if (user !== undefined) headers.authorization = basic(user, password ?? "");
    else if (fromAddress !== undefined) headers.authorization = fromAddress;
    return headers;
  }

  /** Text that is sent in a header. It may be a secret, so messages do not repeat it. */
  private headerText(name: string, variable: string): string | undefined {
    const text = this.text(name, variable);
    if (text === undefined || HEADER_VALUE.test(text)) return text;
    const { from } = this.read(name, variable);
    this.problem(from, "has a line break or another character that headers cannot hold");
    return undefined;
  }

  private httpHeaders(): Readonly<Record<string, unknown>> {
    const { value, from } = this.read("httpHeaders", "HTTP_HEADERS");
    if (value === undefined) return {};
    try {
      const headers: unknown = typeof value === "string" ? JSON.parse(value) : value;
      if (isObject(headers)) return headers;
    } catch {
      // Reported below, like JSON that is not an object.
    }
    this.problem(from, "must be an object of header names and values");
    return {};
  }

  /** The value set in code, or else in the environment, and the name under which it was found. */
  private read(name: string, variable: string): { readonly value: unknown; readonly from: string } {
    const value = this.input[name];
    if (value !== undefined && value !== "") return { value, from: this.prefix + name };
    const fromEnv = this.env[`PYROSCOPE_${variable}`];
    if (fromEnv) return { value: fromEnv, from: `PYROSCOPE_${variable}` };
    return { value: undefined, from: this.prefix + name };
  }

  private problem(name: string, message: string): void {
    this.problems.push(`- ${name} ${message}`);
  }
}

/** As RFC 9110 has them. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `Number("")` is 0 and `Number("1e3")` is 1000; neither is what somebody meant. */
function numberIn(text: unknown): number {
  return typeof text === "string" && /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** A part of an address without its percent signs; undefined where one stands for nothing. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
