import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  ExemplarType,
  type FlameGraph,
  ProfileFormat,
  type QuerierService,
  type SelectMergeStacktracesRequest,
  type StackTraceSelector,
} from "@pyrospan/wire";
import { utf8LabelNamesKey } from "../request-context.ts";
import { sqlText } from "../store/sql-text.ts";
import { drawFlameGraph } from "./flame-graph.ts";
import { flameGraphMessage } from "./flame-graph-message.ts";
import type { FrameTree } from "./frame-tree.ts";
import { labelNames, labelSets, labelValues, profileTimes, profileTypes } from "./label-queries.ts";
import { validMaxNodes } from "./max-nodes.ts";
import { parseProfileType } from "./profile-type.ts";
import { invalidArgument, QueryError } from "./query-error.ts";
import {
  checkTextLength,
  type QueryScope,
  type QueryServiceOptions,
  requestMatchers,
  requestSelector,
  runForQuery,
  scopeRange,
} from "./query-scope.ts";
import { requestScope, withConnectErrors } from "./request-scope.ts";
import { checkCombination, sampleFilter } from "./sample-filter.ts";
import { stepMillis, timeSeries } from "./select-series.ts";
import { type StackQuery, selectDot, selectPprof, selectTree } from "./select-stacks.ts";
import { seriesOf } from "./series-source.ts";
import { SymbolCache } from "./symbol-cache.ts";
import type { TimeRange } from "./time-range.ts";
import { encodeTree } from "./tree-bytes.ts";
import { truncate } from "./truncate.ts";

/** Memory for symbols of stacks that queries have read, in bytes. */
const SYMBOL_CACHE_BYTES = 512 * 1024 * 1024;

/** Time range of ProfileTypes when a request names none. */
const DEFAULT_RANGE_MS = 3_600_000;

/** Nodes of a DOT graph when the request names no number. */
const DOT_NODES = 100;

/** Answers queries as Pyroscope does. */
export function createQuerierService(
  options: QueryServiceOptions,
): ServiceImpl<typeof QuerierService> {
  const symbols = new SymbolCache(options.engine, { maxBytes: SYMBOL_CACHE_BYTES });
  const scopeOf = (context: HandlerContext): QueryScope => requestScope(options, context);
  return withConnectErrors({
    async profileTypes(request, context) {
      const scope = scopeOf(context);
      const range =
        request.start === 0n && request.end === 0n
          ? { startMs: scope.nowMs - DEFAULT_RANGE_MS, endMs: scope.nowMs }
          : scopeRange(scope, request.start, request.end);
      if (range === undefined) return {};
      const filter = { tenants: scope.tenants, range, matchers: [] };
      const types = await profileTypes(await seriesOf(scope, filter));
      return { profileTypes: types.map(({ id, ...parts }) => ({ ID: id, ...parts })) };
    },

    async labelNames(request, context) {
      const scope = scopeOf(context);
      const range = scopeRange(scope, request.start, request.end);
      const matchers = requestMatchers(request.matchers, "parsing label selector: ");
      if (range === undefined) return {};
      const filter = { tenants: scope.tenants, range, matchers };
      const series = await seriesOf(scope, filter);
      return { names: [...(await labelNames(series, context.values.get(utf8LabelNamesKey)))] };
    },

    async labelValues(request, context) {
      const scope = scopeOf(context);
      const range = scopeRange(scope, request.start, request.end);
      if (request.name === "") throw invalidArgument("name is required");
      checkTextLength([request.name], "name");
      const matchers = requestMatchers(request.matchers, "parsing label selector: ");
      if (range === undefined) return {};
      const filter = { tenants: scope.tenants, range, matchers };
      return { names: [...(await labelValues(await seriesOf(scope, filter), request.name))] };
    },

    async series(request, context) {
      const scope = scopeOf(context);
      const range = scopeRange(scope, request.start, request.end);
      const matchers = requestMatchers(request.matchers, "");
      checkTextLength(request.labelNames, "label_names");
      if (range === undefined) return {};
      const sets = await labelSets(
        await seriesOf(scope, { tenants: scope.tenants, range, matchers }),
        request.labelNames,
        context.values.get(utf8LabelNamesKey),
      );
      return { labelsSet: sets.map((labels) => ({ labels: [...labels] })) };
    },

    async selectMergeStacktraces(request, context) {
      const scope = scopeOf(context);
      const checked = checkStacktraces(scope, request);
      switch (request.format) {
        case ProfileFormat.PPROF: {
          if (checked === undefined) return { pprof: { profile: {} } };
          const maxNodes = Number(request.maxNodes ?? 0n);
          const shape = { maxNodes, goPgo: request.stackTraceSelector?.goPgo };
          return { pprof: { profile: await selectPprof(scope, symbols, checked.query, shape) } };
        }
        case ProfileFormat.DOT: {
          if (checked === undefined) return {};
          const requested = Number(request.maxNodes ?? 0n);
          const maxNodes = requested > 0 ? requested : DOT_NODES;
          return { dot: await selectDot(scope, symbols, checked.query, maxNodes) };
        }
        case ProfileFormat.TREE:
          return { tree: await treeBytes(scope, await truncatedTree(scope, checked)) };
        default: {
          const tree = await truncatedTree(scope, checked);
          return { flamegraph: await drawn(scope, context, tree, request.maxNodes) };
        }
      }
    },

    async selectMergeSpanProfile(request, context) {
      const scope = scopeOf(context);
      const checked = checkStacktraces(scope, {
        ...request,
        traceIdSelector: [],
        profileIdSelector: [],
        stackTraceSelector: undefined,
      });
      const tree = await truncatedTree(scope, checked);
      return request.format === ProfileFormat.TREE
        ? { tree: await treeBytes(scope, tree) }
        : { flamegraph: await drawn(scope, context, tree, request.maxNodes) };
    },

    async selectMergeProfile(request, context) {
      const scope = scopeOf(context);
      const range = scopeRange(scope, request.start, request.end);
      const type = parseProfileType(request.profileTypeID);
      const maxNodes = scope.limits.maxFlamegraphNodesOnSelectMergeProfile
        ? validMaxNodes(request.maxNodes, scope.limits)
        : Number(request.maxNodes ?? 0n);
      const matchers = requestSelector(request.labelSelector);
      const samples = sampleFilter({
        spans: [],
        traces: request.traceIdSelector,
        profiles: request.profileIdSelector,
      });
      if (range === undefined) return {};
      const callSite = callSiteOf(request.stackTraceSelector);
      const query = { type, range, matchers, samples, callSite };
      const shape = { maxNodes, goPgo: request.stackTraceSelector?.goPgo };
      return await selectPprof(scope, symbols, query, shape);
    },

    async selectSeries(request, context) {
      const scope = scopeOf(context);
      const range = scopeRange(scope, request.start, request.end);
      const type = parseProfileType(request.profileTypeID);
      const stepMs = stepMillis(request.step);
      const matchers = requestSelector(request.labelSelector);
      const exemplars = wantsExemplars(request.exemplarType);
      checkTextLength(request.groupBy, "group_by");
      if (range === undefined) return {};
      const series = await timeSeries(scope, {
        tenants: scope.tenants,
        profileType: type.id,
        matchers,
        range,
        stepMs,
        groupBy: request.groupBy,
        limit: Number(request.limit ?? 0n),
        exemplars,
      });
      return {
        series: series.map(({ labels, points }) => ({
          labels: [...labels],
          points: points.map(({ timestampMs, value, exemplar }) => ({
            timestamp: BigInt(timestampMs),
            value,
            exemplars:
              exemplar === undefined
                ? []
                : [
                    {
                      timestamp: BigInt(exemplar.timestampMs),
                      profileId: exemplar.profileId,
                      value: exemplar.value,
                      labels: [...exemplar.labels],
                    },
                  ],
          })),
        })),
      };
    },

    async getProfileStats(_request, context) {
      const scope = scopeOf(context);
      const [tenant, ...others] = scope.tenants;
      if (tenant === undefined || others.length > 0) {
        throw invalidArgument(`expected 1 tenant, got ${scope.tenants.length}`);
      }
      const times = await profileTimes(scope, `tenant = ${sqlText(tenant)}`);
      if (times === undefined) return {};
      return {
        dataIngested: true,
        oldestProfileTime: BigInt(times.oldestMs),
        newestProfileTime: BigInt(times.newestMs),
      };
    },

    // The original answers with nothing as well, and clients take that for "no estimate".
    async analyzeQuery() {
      return {};
    },

    async selectHeatmap() {
      throw new QueryError("unimplemented", "SelectHeatmap is not implemented yet");
    },

    async diff() {
      throw new QueryError("unimplemented", "Diff is not implemented yet");
    },
  } satisfies ServiceImpl<typeof QuerierService>);

  async function truncatedTree(
    scope: QueryScope,
    checked: CheckedStacktraces | undefined,
  ): Promise<FrameTree> {
    const tree = await selectTree(scope, symbols, checked?.query);
    if (checked === undefined) return tree;
    // Two passes, as the original has for a single block: each counts the nodes called "other" that the one before
    // made, so it can fold more. With fewer passes answers with max_nodes would not compare with the original's.
    const once = await runForQuery(scope, truncate(tree, checked.maxNodes));
    return await runForQuery(scope, truncate(once, checked.maxNodes));
  }
}

interface CheckedStacktraces {
  readonly query: StackQuery;
  readonly maxNodes: number;
}

type StacktracesRequest = Pick<
  SelectMergeStacktracesRequest,
  | "profileTypeID"
  | "labelSelector"
  | "start"
  | "end"
  | "maxNodes"
  | "stackTraceSelector"
  | "spanSelector"
  | "traceIdSelector"
  | "profileIdSelector"
>;

/** Checks a request in the order of the original; undefined when its range lies before the lookback. */
function checkStacktraces(
  scope: QueryScope,
  request: StacktracesRequest,
): CheckedStacktraces | undefined {
  const selectors = {
    spans: request.spanSelector,
    traces: request.traceIdSelector,
    profiles: request.profileIdSelector,
  };
  checkCombination(selectors);
  const range: TimeRange | undefined = scopeRange(scope, request.start, request.end);
  const maxNodes = validMaxNodes(request.maxNodes, scope.limits);
  const type = parseProfileType(request.profileTypeID);
  const matchers = requestSelector(request.labelSelector);
  const samples = sampleFilter(selectors);
  if (range === undefined) return undefined;
  const callSite = callSiteOf(request.stackTraceSelector);
  return { query: { type, range, matchers, samples, callSite }, maxNodes };
}

function callSiteOf(selector: StackTraceSelector | undefined): string[] {
  return selector?.callSite.map(({ name }) => name) ?? [];
}

function wantsExemplars(type: ExemplarType): boolean {
  switch (type) {
    case ExemplarType.UNSPECIFIED:
    case ExemplarType.NONE:
      return false;
    case ExemplarType.INDIVIDUAL:
      return true;
    case ExemplarType.SPAN:
      throw invalidArgument("exemplar type span is not implemented");
    default:
      // The wording of the original, which clients may know.
      throw invalidArgument(
        `rpc error: code = InvalidArgument desc = unknown exemplar type: ${type}`,
      );
  }
}

async function treeBytes(scope: QueryScope, tree: FrameTree): Promise<Uint8Array> {
  return await runForQuery(scope, encodeTree(tree));
}

/** Draws with the number of nodes as the request gave it: absent or 0 folds nothing more. */
async function drawn(
  scope: QueryScope,
  context: HandlerContext,
  tree: FrameTree,
  maxNodes: bigint | undefined,
): Promise<FlameGraph> {
  const bars = await runForQuery(scope, drawFlameGraph(tree, Number(maxNodes ?? 0n)));
  const binary = !/json/.test(context.requestHeader.get("content-type") ?? "json");
  return flameGraphMessage(bars, binary);
}
