import type { TenantLimits } from "../limits.ts";
import { type Overrides, readOverrides } from "./overrides.ts";

/** Where each tenant's limits come from, kept up to date with the runtime files. */
export class TenantLimitsStore {
  readonly defaults: TenantLimits;
  private readonly paths: readonly string[];
  private readonly parseYaml: (text: string) => unknown;
  private current: Overrides = new Map();
  private timer: NodeJS.Timeout | undefined;

  /** @throws Error when a runtime file cannot be used: at the start that is fatal */
  constructor(defaults: TenantLimits, files: string, parseYaml: (text: string) => unknown) {
    this.defaults = defaults;
    this.parseYaml = parseYaml;
    this.paths = files
      .split(",")
      .map((path) => path.trim())
      .filter((path) => path !== "");
    this.reload();
  }

  /** True when runtime files are configured. */
  get isConfigured(): boolean {
    return this.paths.length > 0;
  }

  get overrides(): Overrides {
    return this.current;
  }

  limitsOf(tenant: string): TenantLimits {
    return this.current.get(tenant) ?? this.defaults;
  }

  /** Looks at the files again now and then; when they are broken the values in use stay. */
  watch(periodMs: number, onError: (error: unknown) => void): void {
    if (!this.isConfigured) return;
    this.timer = setInterval(() => {
      try {
        this.reload();
      } catch (error) {
        onError(error);
      }
    }, periodMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private reload(): void {
    this.current = readOverrides(this.paths, this.defaults, this.parseYaml);
  }
}

/**
 * The limits of a query over several tenants: the smallest limit of each kind, where 0 means none. A switch is on
 * when it is on for any of them.
 */
export function strictestLimits(limits: readonly TenantLimits[]): TenantLimits {
  const [first, ...others] = limits;
  if (first === undefined) throw new RangeError("no tenants");
  const out: Record<string, number | boolean> = { ...first };
  for (const other of others) {
    for (const [key, value] of Object.entries(other) as [string, number | boolean][]) {
      const known = out[key];
      if (typeof value === "boolean" || typeof known === "boolean") out[key] = value || known!;
      else out[key] = value === 0 ? known! : known === 0 ? value : Math.min(value, known!);
    }
  }
  return out as unknown as TenantLimits;
}
