import type { UnitFacts } from "./ingest/ingester.ts";

/** One line for many refused profiles: how often, and the last message. */
export interface RefusalLine {
  readonly tenant: string;
  readonly reason: string;
  readonly profiles: number;
  readonly message: string;
}

/** A tenant and reason is logged at most once in this time. */
const PERIOD_MS = 30_000;
/** Tenants and reasons come from clients; past this many at a time only the metrics count. */
const MAX_KINDS = 1000;

/**
 * Says in the log why profiles are refused, without a line for each: the first of a tenant and reason at once, the
 * rest counted into the next line.
 */
export class RefusalLog {
  private readonly write: (line: RefusalLine) => void;
  private readonly now: () => number;
  private readonly kinds = new Map<string, { at: number; unwritten: number }>();

  constructor(write: (line: RefusalLine) => void, now: () => number = Date.now) {
    this.write = write;
    this.now = now;
  }

  /** Call it for every unit, stored or not. */
  unit(tenant: string, facts: UnitFacts): void {
    const { result } = facts;
    if (!result.ok) this.refused(tenant, result.reason ?? result.code, result.message);
  }

  /** Call it for every push that was not let in; it counts as one profile. */
  refused(tenant: string, reason: string, message: string): void {
    const key = JSON.stringify([tenant, reason]);
    const now = this.now();
    const kind = this.kinds.get(key);
    if (kind !== undefined && now - kind.at < PERIOD_MS) {
      kind.unwritten++;
      return;
    }
    if (kind === undefined && this.kinds.size >= MAX_KINDS) this.kinds.clear();
    this.kinds.set(key, { at: now, unwritten: 0 });
    const profiles = (kind?.unwritten ?? 0) + 1;
    this.write({ tenant, reason, profiles, message });
  }
}
