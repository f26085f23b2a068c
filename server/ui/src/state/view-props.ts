import type { PageState } from "./page-state.ts";
import type { TimeRange } from "./time-range.ts";
import type { Navigate } from "./use-page-state.ts";

/** What the views of a service and a time range are given. */
export interface ViewProps {
  readonly state: PageState;
  readonly navigate: Navigate;
  /** The time range of the address, resolved. */
  readonly range: TimeRange;
  /** Moment of the last load that was asked for, in milliseconds; part of the key of everything loaded. */
  readonly loadedAt: number;
  /** Moves "now" on and loads everything again. */
  readonly refresh: () => void;
}
