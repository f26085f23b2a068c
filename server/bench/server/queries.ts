import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { QuerierService } from "@pyrospan/wire";

/** A question that both servers are asked. */
export interface Query {
  readonly title: string;
  /** Asks, and tells a number by which two answers can be compared. */
  ask(client: QuerierClient, range: TimeRange): Promise<number>;
}

export interface TimeRange {
  readonly start: bigint;
  readonly end: bigint;
}

export type QuerierClient = ReturnType<typeof createQuerierClient>;

/** A client for one server, over one keep-alive connection per query in flight. */
export function createQuerierClient(url: string) {
  return createClient(
    QuerierService,
    createConnectTransport({ baseUrl: url, httpVersion: "1.1", useBinaryFormat: true }),
  );
}

/** What the questions are about. */
export interface QuerySubject {
  readonly profileType: string;
  readonly service: string;
  /** A span with samples; without it nothing is asked about spans. */
  readonly span: { readonly service: string; readonly spanId: string } | undefined;
}

/** The questions, those of one service first. */
export function queriesOf({ profileType, service, span }: QuerySubject): readonly Query[] {
  const oneService = `{service_name="${service}"}`;
  const everything = "{}";
  const flameGraph = (title: string, selector: string): Query => ({
    title,
    ask: async (client, range) => {
      const answer = await client.selectMergeStacktraces({
        profileTypeID: profileType,
        labelSelector: selector,
        ...range,
      });
      return Number(answer.flamegraph?.total ?? 0n);
    },
  });
  const series = (title: string, selector: string): Query => ({
    title,
    ask: async (client, range) => {
      const answer = await client.selectSeries({
        profileTypeID: profileType,
        labelSelector: selector,
        ...range,
        step: 15,
        groupBy: ["region"],
      });
      return answer.series.reduce(
        (total, { points }) => points.reduce((sum, { value }) => sum + value, total),
        0,
      );
    },
  });
  const oneSpan = (title: string, selector: string, spanId: string): Query => ({
    title,
    ask: async (client, range) => {
      const answer = await client.selectMergeSpanProfile({
        profileTypeID: profileType,
        labelSelector: selector,
        spanSelector: [spanId],
        ...range,
      });
      return Number(answer.flamegraph?.total ?? 0n);
    },
  });
  return [
    flameGraph("flame graph, one service, 1 h", oneService),
    ...(span
      ? [oneSpan("one span, its service, 1 h", `{service_name="${span.service}"}`, span.spanId)]
      : []),
    series("time line, one service, 15 s steps, by region", oneService),
    {
      title: "label names, one service",
      ask: async (client, range) =>
        (await client.labelNames({ matchers: [oneService], ...range })).names.length,
    },
    flameGraph("flame graph, all services, 1 h", everything),
    ...(span ? [oneSpan("one span, all services, 1 h", everything, span.spanId)] : []),
    series("time line, all services, 15 s steps, by region", everything),
    {
      title: "label names, all services",
      ask: async (client, range) => (await client.labelNames({ ...range })).names.length,
    },
  ];
}
