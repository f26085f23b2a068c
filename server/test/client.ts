import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  type FlameGraph,
  PusherService,
  type PushResponse,
  QuerierService,
  SpanService,
} from "@pyrospan/wire";

/** Generated clients of one server. */
export interface Clients {
  readonly pusher: Client<typeof PusherService>;
  readonly querier: Client<typeof QuerierService>;
  readonly spans: Client<typeof SpanService>;
}

/** Clients over any transport. */
export function clientsOver(transport: Transport): Clients {
  return {
    pusher: createClient(PusherService, transport),
    querier: createClient(QuerierService, transport),
    spans: createClient(SpanService, transport),
  };
}

/** Clients over Connect with binary messages and HTTP/1.1, for one tenant where the server has tenants. */
export function connectClients(url: string, tenant?: string): Clients {
  return clientsOver(
    createConnectTransport({
      baseUrl: url,
      httpVersion: "1.1",
      interceptors: [
        (next) => (request) => {
          if (tenant !== undefined) request.header.set("X-Scope-OrgID", tenant);
          return next(request);
        },
      ],
    }),
  );
}

/** Pushes one profile. Rejects with the server's error. */
export function push(
  clients: Clients,
  labels: Readonly<Record<string, string>>,
  rawProfile: Uint8Array,
): Promise<PushResponse> {
  return clients.pusher.push({
    series: [
      {
        labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
        samples: [{ rawProfile }],
      },
    ],
  });
}

/** A time range in milliseconds. */
export interface TimeRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** The last hour and a little of the next: everything the default ingestion window lets in. */
export function recent(): TimeRange {
  const now = BigInt(Date.now());
  return { start: now - 3_600_000n, end: now + 600_000n };
}

/** Ids of the profile types of a service, sorted. */
export async function profileTypesOf(clients: Clients, service: string): Promise<string[]> {
  const { labelsSet } = await clients.querier.series({
    matchers: [`{service_name="${service}"}`],
    labelNames: ["__profile_type__"],
    ...recent(),
  });
  const ids = labelsSet.flatMap(({ labels }) => labels.map(({ value }) => value));
  return [...new Set(ids)].sort();
}

/** Sum of all points of SelectSeries: the total of everything stored for a selector and profile type. */
export async function seriesTotal(
  clients: Clients,
  profileTypeID: string,
  labelSelector: string,
  range: TimeRange = recent(),
): Promise<number> {
  const { series } = await clients.querier.selectSeries({
    profileTypeID,
    labelSelector,
    step: 60,
    ...range,
    // The grid begins at `start`, so the last step must lie behind the newest profile.
    end: range.end + 60_000n,
  });
  let total = 0;
  for (const { points } of series) for (const { value } of points) total += value;
  return total;
}

/** What a flame graph says, in the terms of tests. */
export interface FlameFacts {
  readonly total: bigint;
  /** Levels without the root bar. */
  readonly levels: number;
  /** Self value by function name, zeros left out. */
  readonly self: ReadonlyMap<string, bigint>;
  /** Names besides the root's. */
  readonly functions: number;
}

/** Reads a flame graph. */
export function flameFacts(flamegraph: FlameGraph | undefined): FlameFacts {
  const self = new Map<string, bigint>();
  const [, ...levels] = flamegraph?.levels ?? [];
  for (const { values } of levels) {
    for (let at = 0; at < values.length; at += 4) {
      const value = values[at + 2]!;
      if (value === 0n) continue;
      const name = flamegraph?.names[Number(values[at + 3])] ?? "";
      self.set(name, (self.get(name) ?? 0n) + value);
    }
  }
  return {
    total: flamegraph?.total ?? 0n,
    levels: levels.length,
    self,
    functions: Math.max(0, (flamegraph?.names.length ?? 0) - 1),
  };
}

/** The functions with the largest self values, ties by name: `[["work", 5n]]`. */
export function topSelf(facts: FlameFacts, count: number): [string, bigint][] {
  return [...facts.self]
    .sort(([nameA, a], [nameB, b]) => (a === b ? (nameA < nameB ? -1 : 1) : a > b ? -1 : 1))
    .slice(0, count);
}
