import { dotGraph } from "./dot.ts";
import type { FrameTree } from "./frame-tree.ts";
import type { LabelMatcher } from "./label-selector.ts";
import { belowSite, mergeFrames } from "./merge-frames.ts";
import { type PprofMessage, pprofAnswer } from "./pprof-answer.ts";
import type { ProfileTypeParts } from "./profile-type.ts";
import { type QueryScope, runForQuery } from "./query-scope.ts";
import type { SampleFilter } from "./sample-filter.ts";
import { selectProfiles } from "./series-selection.ts";
import { seriesOf } from "./series-source.ts";
import type { StackCut } from "./shaped-stack.ts";
import type { Steps } from "./sliced.ts";
import { type LocationDetails, stackDetails } from "./stack-details.ts";
import { type IdentifiedValues, stackValues } from "./stack-values.ts";
import type { SymbolCache } from "./symbol-cache.ts";
import type { TimeRange } from "./time-range.ts";
import { rankedTotal } from "./truncate.ts";

/** Which stacks to merge. */
export interface StackQuery {
  readonly type: ProfileTypeParts;
  readonly range: TimeRange;
  readonly matchers: readonly LabelMatcher[];
  /** Undefined matches no sample. */
  readonly samples: SampleFilter | undefined;
  /** Names that a stack must begin with, root first. */
  readonly callSite: readonly string[];
}

/** How a pprof answer differs from all the stacks as they are. */
export interface PprofShape {
  /** Nodes of the tree of functions by which stacks are cut; less than 1 cuts nothing. */
  readonly maxNodes: number;
  readonly goPgo:
    | { readonly keepLocations: number; readonly aggregateCallees: boolean }
    | undefined;
}

/** The tree of functions of all selected stacks; an empty one without a query. */
export async function selectTree(
  scope: QueryScope,
  symbols: SymbolCache,
  query: StackQuery | undefined,
): Promise<FrameTree> {
  const parts = query === undefined ? [] : await selectStacks(scope, symbols, query);
  return await runForQuery(scope, mergeFrames(parts, query?.callSite));
}

/** Nodes of the tree of functions by which the stacks of a call graph are cut, unless more nodes are drawn. */
const DOT_SOURCE_NODES = 512;

/** The call graph of all selected stacks as text for Graphviz, with at most that many nodes; empty without stacks. */
export async function selectDot(
  scope: QueryScope,
  symbols: SymbolCache,
  query: StackQuery,
  maxNodes: number,
): Promise<string> {
  const { parts, details } = await selectDetailedStacks(scope, symbols, query);
  const cut = await runForQuery(scope, cutOf(parts, Math.max(maxNodes, DOT_SOURCE_NODES)));
  const options = { type: query.type, endMs: query.range.endMs, maxNodes, cut };
  return await runForQuery(scope, dotGraph(parts, details, options));
}

/** All selected stacks with the details of their locations. */
async function selectDetailedStacks(
  scope: QueryScope,
  symbols: SymbolCache,
  query: StackQuery,
): Promise<{ readonly parts: readonly IdentifiedValues[]; readonly details: LocationDetails }> {
  const selected = await selectStacks(scope, symbols, query);
  const parts = await runForQuery(scope, belowSites(selected, query.callSite));
  return { parts, details: await stackDetails(scope, parts) };
}

/** All selected stacks as one profile; an empty message when there are none. */
export async function selectPprof(
  scope: QueryScope,
  symbols: SymbolCache,
  query: StackQuery,
  shape: PprofShape,
): Promise<PprofMessage> {
  const callSite = shape.goPgo === undefined ? query.callSite : [];
  const { parts, details } = await selectDetailedStacks(scope, symbols, { ...query, callSite });
  const cut =
    shape.maxNodes > 0 ? await runForQuery(scope, cutOf(parts, shape.maxNodes)) : undefined;
  return await runForQuery(
    scope,
    pprofAnswer(parts, details, {
      type: query.type,
      endMs: query.range.endMs,
      ...shape.goPgo,
      ...(cut !== undefined && { cut }),
    }),
  );
}

async function selectStacks(
  scope: QueryScope,
  symbols: SymbolCache,
  query: StackQuery,
): Promise<readonly IdentifiedValues[]> {
  if (query.samples === undefined) return [];
  const series = await seriesOf(scope, {
    tenants: scope.tenants,
    range: query.range,
    profileType: query.type.id,
    matchers: query.matchers,
  });
  const selection = await selectProfiles(series);
  if (selection === undefined) return [];
  return await stackValues(scope, symbols, selection, query.samples);
}

function* belowSites(
  parts: readonly IdentifiedValues[],
  callSite: readonly string[],
): Steps<IdentifiedValues[]> {
  const kept: IdentifiedValues[] = [];
  for (const part of parts) {
    kept.push(callSite.length === 0 ? part : { ...part, ...(yield* belowSite(part, callSite)) });
  }
  return kept;
}

function* cutOf(parts: readonly IdentifiedValues[], maxNodes: number): Steps<StackCut> {
  const tree = yield* mergeFrames(parts);
  const names = new Map(tree.names.map((name, i) => [name, i]));
  return { tree, names, threshold: yield* rankedTotal(tree, maxNodes) };
}
