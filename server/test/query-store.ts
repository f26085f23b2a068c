import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import { encodePprof, profileFromText } from "@pyrospan/pprof";
import { type FlameGraph, type Profile, QuerierService, SpanService } from "@pyrospan/wire";
import { createIngester } from "../src/ingest/create-ingester.ts";
import { defaultLimits, type TenantLimits } from "../src/limits.ts";
import { createQuerierService } from "../src/query/querier-service.ts";
import { createSpanService } from "../src/query/span-service.ts";
import { tenantsKey, utf8LabelNamesKey } from "../src/request-context.ts";
import { openEngine } from "../src/store/engine.ts";
import { textOfFlameGraph } from "./tree-text.ts";

/** The profile type of what {@link QueryStore.push} stores, unless its text says otherwise. */
export const CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
export const SPAN_A = "0102030405060708";
export const SPAN_B = "1112131415161718";
export const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** Time of pushed profiles, in milliseconds: a full minute half an hour ago. */
export const base: number = Math.floor(Date.now() / 60_000) * 60_000 - 1_800_000;

/** Ten minutes to both sides of {@link base}. */
export const range = { start: BigInt(base - 600_000), end: BigInt(base + 600_000) };

/** The query services on a real store in a directory of its own, filled by the real write path. */
export interface QueryStore {
  readonly querier: Client<typeof QuerierService>;
  readonly spans: Client<typeof SpanService>;
  /** The same as `querier`, with messages in JSON. */
  readonly inJson: Client<typeof QuerierService>;
  /** A client of other tenants that reads label names beyond ASCII. */
  readonly asTenants: (...tenants: string[]) => Client<typeof QuerierService>;
  /** Stores a profile of one type, CPU time in nanoseconds unless the text says otherwise. Throws when it is refused. */
  readonly push: (
    labels: Readonly<Record<string, string>>,
    text: string,
    options?: { readonly atMs?: number; readonly tenant?: string },
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens an empty store. */
export async function openQueryStore(): Promise<QueryStore> {
  const limits: TenantLimits = { ...defaultLimits, ingestionRateBytes: 0, rejectOlderThanMs: 0 };
  const directory = await mkdtemp(join(tmpdir(), "pyrospan-query-"));
  const engine = await openEngine(directory, { fsync: false });
  const ingester = await createIngester({ engine, workers: 1, gatherMs: 5 });
  const transport = (tenants: readonly string[], utf8Names = false, useBinaryFormat = true) => {
    const options = { engine, limitsOf: () => limits, now: () => Date.now() };
    return createRouterTransport(
      ({ service }) => {
        service(QuerierService, createQuerierService(options));
        service(SpanService, createSpanService(options));
      },
      {
        transport: { useBinaryFormat },
        router: {
          interceptors: [
            (next) => (request) => {
              request.contextValues.set(tenantsKey, tenants);
              request.contextValues.set(utf8LabelNamesKey, utf8Names);
              return next(request);
            },
          ],
        },
      },
    );
  };
  const one = transport(["anonymous"]);
  return {
    querier: createClient(QuerierService, one),
    spans: createClient(SpanService, one),
    inJson: createClient(QuerierService, transport(["anonymous"], false, false)),
    asTenants: (...tenants) => createClient(QuerierService, transport(tenants, true)),
    push: async (labels, text, options = {}) => {
      const head = text.includes("@types")
        ? ""
        : "@types cpu=nanoseconds\n@period cpu=nanoseconds 10000000\n";
      const time = BigInt(options.atMs ?? base) * 1_000_000n;
      const [result] = await ingester.push(
        options.tenant ?? "anonymous",
        [
          {
            labels: Object.entries({ __name__: "process_cpu", ...labels }),
            profile: encodePprof(profileFromText(`${head}@time ${time}\n${text}`)),
            source: "push",
          },
        ],
        limits,
      );
      if (!result?.ok) throw new Error(`refused: ${result?.message}`);
    },
    close: async () => {
      await ingester.close();
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What to ask for of one service. */
export function stacksOf(service: string) {
  return { profileTypeID: CPU, labelSelector: `{service_name="${service}"}`, ...range };
}

/** A flame graph as lines of stack and self value. */
export function textOf(graph: FlameGraph | undefined): string {
  if (graph === undefined) throw new Error("no flame graph");
  return textOfFlameGraph({ ...graph, levels: graph.levels.map(({ values }) => values) });
}

/** Sum of the first value of all samples. */
export function totalOf(profile: Profile | undefined): bigint {
  return profile?.sample.reduce((sum, sample) => sum + (sample.value[0] ?? 0n), 0n) ?? 0n;
}

/** Code and message of the error that a call ends with. */
export async function codeOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return `${Code[code]}: ${rawMessage}`;
  }
  return "no error";
}
