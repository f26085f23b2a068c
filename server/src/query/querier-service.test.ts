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
import {
  ExemplarType,
  type FlameGraph,
  type Profile,
  ProfileFormat,
  QuerierService,
  SpanService,
} from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIngester } from "../ingest/create-ingester.ts";
import type { Ingester } from "../ingest/ingester.ts";
import { defaultLimits, type TenantLimits } from "../limits.ts";
import { tenantsKey, utf8LabelNamesKey } from "../request-context.ts";
import { type Engine, openEngine } from "../store/engine.ts";
import { createQuerierService } from "./querier-service.ts";
import { bucketOf } from "./select-series.ts";
import { runAtOnce } from "./sliced.ts";
import { createSpanService } from "./span-service.ts";
import { decodeTree } from "./tree-bytes.ts";
import { textOfFlameGraph, textOfTree } from "./tree-text.ts";

// Everything here goes through a real store in a directory of its own, filled by the real write path.

const CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const SPAN_A = "0102030405060708";
const SPAN_B = "1112131415161718";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

const base = Math.floor(Date.now() / 60_000) * 60_000 - 1_800_000;
const range = { start: BigInt(base - 600_000), end: BigInt(base + 600_000) };
const limits: TenantLimits = { ...defaultLimits, ingestionRateBytes: 0, rejectOlderThanMs: 0 };

let directory: string;
let engine: Engine;
let ingester: Ingester;
let querier: Client<typeof QuerierService>;
let spans: Client<typeof SpanService>;
let inJson: Client<typeof QuerierService>;
let asTenants: (...tenants: string[]) => Client<typeof QuerierService>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pyrospan-query-"));
  engine = await openEngine(directory, { fsync: false });
  ingester = await createIngester({ engine, workers: 1, gatherMs: 5 });
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
  querier = createClient(QuerierService, one);
  spans = createClient(SpanService, one);
  inJson = createClient(QuerierService, transport(["anonymous"], false, false));
  asTenants = (...tenants) => createClient(QuerierService, transport(tenants, true));
});

afterAll(async () => {
  await ingester?.close();
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Stores a profile of one type, cpu in nanoseconds unless the text says otherwise. */
async function push(
  labels: Readonly<Record<string, string>>,
  text: string,
  options: { readonly atMs?: number; readonly tenant?: string } = {},
): Promise<void> {
  const head = text.includes("@types")
    ? ""
    : "@types cpu=nanoseconds\n@period cpu=nanoseconds 10000000\n";
  const time = BigInt(options.atMs ?? base) * 1_000_000n;
  const profile = profileFromText(`${head}@time ${time}\n${text}`);
  const results = await ingester.push(
    options.tenant ?? "anonymous",
    [
      {
        labels: Object.entries({ __name__: "process_cpu", ...labels }),
        profile: encodePprof(profile),
        source: "push",
      },
    ],
    limits,
  );
  expect(results).toEqual([expect.objectContaining({ ok: true })]);
}

const stacksOf = (service: string) => ({
  profileTypeID: CPU,
  labelSelector: `{service_name="${service}"}`,
  ...range,
});

function textOf(graph: FlameGraph | undefined): string {
  if (graph === undefined) throw new Error("no flame graph");
  return textOfFlameGraph({ ...graph, levels: graph.levels.map(({ values }) => values) });
}

function totalOf(profile: Profile | undefined): bigint {
  return profile?.sample.reduce((sum, sample) => sum + (sample.value[0] ?? 0n), 0n) ?? 0n;
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return `${Code[code]}: ${rawMessage}`;
  }
  return "no error";
}

describe("SelectMergeStacktraces", () => {
  beforeAll(async () => {
    await push({ service_name: "merge", pod: "p0" }, "a;b;e cpu=1\na;c cpu=2");
    await push({ service_name: "merge", pod: "p1" }, "a;c;d cpu=1", { atMs: base + 1 });
    await push({ service_name: "merge", __sampled__: "true" }, "a;stripped cpu=100");
    await push(
      { service_name: "spans" },
      `m;a cpu=8 span_id="${SPAN_A}" trace_id="${TRACE}"
       m;b cpu=16 span_id="${SPAN_B}"
       m;c cpu=32
       m;d cpu=64 span_id="${SPAN_A}"`,
    );
  });

  it("merges the profiles of all matching series", async () => {
    const { flamegraph } = await querier.selectMergeStacktraces(stacksOf("merge"));
    expect(flamegraph?.names).toEqual(["total", "a", "c", "d", "b", "e"]);
    expect(flamegraph?.levels.map(({ values }) => values.map(Number))).toEqual([
      [0, 4, 0, 0],
      [0, 4, 0, 1],
      [0, 1, 0, 4, 0, 3, 2, 2],
      [0, 1, 1, 5, 2, 1, 1, 3],
    ]);
    expect(flamegraph?.total).toBe(4n);
    expect(flamegraph?.maxSelf).toBe(2n);
  });

  it("says the same in the binary format and in JSON", async () => {
    for (const maxNodes of [undefined, 2n]) {
      const request = { ...stacksOf("spans"), ...(maxNodes !== undefined && { maxNodes }) };
      const { flamegraph } = await querier.selectMergeStacktraces(request);
      expect(flamegraph?.levels.length).toBeGreaterThan(1);
      expect((await inJson.selectMergeStacktraces(request)).flamegraph).toEqual(flamegraph);
    }
  });

  it("follows stacks that were added since the last query", async () => {
    const text = async () =>
      textOf((await querier.selectMergeStacktraces(stacksOf("grows"))).flamegraph);
    await push({ service_name: "grows" }, "main;one cpu=1");
    expect(await text()).toBe("main;one 1");
    await push(
      { service_name: "grows" },
      "main;one;two cpu=2\nother main cpu=3".replace(" m", "_m"),
    );
    expect(await text()).toBe("main;one 1\nmain;one;two 2\nother_main 3");
  });

  it("answers in every form", async () => {
    const ask = (format: ProfileFormat) =>
      querier.selectMergeStacktraces({ ...stacksOf("merge"), format });
    const { tree } = await ask(ProfileFormat.TREE);
    expect(textOfTree(runAtOnce(decodeTree(tree)))).toBe("a;b;e 1\na;c 2\na;c;d 1");
    const { pprof } = await ask(ProfileFormat.PPROF);
    expect(totalOf(pprof?.profile)).toBe(4n);
    expect(pprof?.profile?.period).toBe(1_000_000_000n);
    expect(pprof?.profile?.timeNanos).toBe(range.end * 1_000_000n);
    const { dot } = await ask(ProfileFormat.DOT);
    expect(dot).toMatch(/^digraph "unnamed" \{\n[\s\S]*N1 \[label="[\s\S]*\n\}\n$/);
  });

  it("has nothing of a service that stored nothing", async () => {
    const nothing = stacksOf("nothing");
    const empty = await querier.selectMergeStacktraces(nothing);
    expect(empty.flamegraph).toMatchObject({ names: ["total"], total: 0n });
    expect(empty.flamegraph?.levels[0]?.values).toEqual([0n, 0n, 0n, 0n]);
    const of = (format: ProfileFormat) => querier.selectMergeStacktraces({ ...nothing, format });
    expect((await of(ProfileFormat.TREE)).tree).toHaveLength(0);
    expect((await of(ProfileFormat.DOT)).dot).toBe("");
    expect((await of(ProfileFormat.PPROF)).pprof?.profile?.stringTable).toEqual([]);
  });

  it("keeps to the edges of the range", async () => {
    const at = (start: number, end: number) =>
      querier.selectMergeStacktraces({
        ...stacksOf("merge"),
        start: BigInt(base + start),
        end: BigInt(base + end),
      });
    expect((await at(0, 0)).flamegraph?.total).toBe(3n);
    expect((await at(1, 5)).flamegraph?.total).toBe(1n);
    expect((await at(-5, -1)).flamegraph?.total).toBe(0n);
  });

  it("has the samples of the spans asked for and no others", async () => {
    const of = async (...spanSelector: string[]) => {
      const request = { ...stacksOf("spans"), spanSelector };
      const { flamegraph } = await querier.selectMergeSpanProfile(request);
      const other = await querier.selectMergeStacktraces(request);
      expect(other.flamegraph).toEqual(flamegraph);
      return textOf(flamegraph);
    };
    expect(await of(SPAN_A)).toBe("m;a 8\nm;d 64");
    expect(await of(SPAN_B.toUpperCase())).toBe("m;b 16");
    expect(await of(SPAN_A, SPAN_B)).toBe("m;a 8\nm;b 16\nm;d 64");
    expect(await of()).toBe("m;a 8\nm;b 16\nm;c 32\nm;d 64");
    expect(await of("0000000000000000")).toBe("");
    expect(await of("ffffffffffffffff")).toBe("");
  });

  it("adds a span up over many profiles", async () => {
    const many = Array.from({ length: 230 }, (_, i) =>
      push({ service_name: "long" }, `m;a cpu=2 span_id="${SPAN_B}"\nm;b cpu=1`, {
        atMs: base + i,
      }),
    );
    await Promise.all(many);
    const of = async (end: number) => {
      const request = { ...stacksOf("long"), end: BigInt(base + end), spanSelector: [SPAN_B] };
      return textOf((await querier.selectMergeStacktraces(request)).flamegraph);
    };
    expect(await of(99)).toBe("m;a 200");
    expect(await of(299)).toBe("m;a 460");
  });

  it("has the samples of a trace", async () => {
    const of = async (traceIdSelector: string[]) =>
      textOf(
        (await querier.selectMergeStacktraces({ ...stacksOf("spans"), traceIdSelector }))
          .flamegraph,
      );
    expect(await of([TRACE.toUpperCase()])).toBe("m;a 8");
    expect(await of(["f".repeat(32)])).toBe("");
  });

  it("has the stacks below a call site", async () => {
    const of = async (...names: string[]) =>
      textOf(
        (
          await querier.selectMergeStacktraces({
            ...stacksOf("merge"),
            stackTraceSelector: { callSite: names.map((name) => ({ name })) },
          })
        ).flamegraph,
      );
    expect(await of("a", "c")).toBe("a;c 2\na;c;d 1");
    expect(await of("a", "b", "e")).toBe("a;b;e 1");
    expect(await of("c")).toBe("");
  });

  it("gives int64 back exactly and saturates sums", async () => {
    const labels = { service_name: "large" };
    await push(labels, "a;b cpu=9223372036854775807");
    const graph = async () => (await querier.selectMergeStacktraces(stacksOf("large"))).flamegraph;
    expect((await graph())?.total).toBe(9_223_372_036_854_775_807n);
    await push(labels, "a;b cpu=9223372036854775807\na;c cpu=1", { atMs: base + 1 });
    const two = await graph();
    expect(two?.total).toBe(9_223_372_036_854_775_807n);
    expect(two?.levels[1]?.values[1]).toBe(9_223_372_036_854_775_807n);
    await push({ service_name: "odd" }, "a cpu=9007199254740993\na;b cpu=9007199254740993");
    const { flamegraph } = await querier.selectMergeStacktraces(stacksOf("odd"));
    expect(flamegraph?.total).toBe(18_014_398_509_481_986n);
  });

  it.each<readonly [string, object]>([
    [
      "span_selector and trace_id_selector cannot be combined",
      { spanSelector: ["x"], traceIdSelector: ["y"] },
    ],
    ["missing time range in the query", { start: 0n }],
    [
      "max flamegraph nodes limit must be set (max allowed 1048576)",
      { maxNodes: -1n, profileTypeID: "x" },
    ],
    [
      'parsing label selector "{": 1:2: parse error: unexpected end of input inside braces',
      { labelSelector: "{" },
    ],
    ['invalid span id length: "tooshort"', { spanSelector: ["tooshort"] }],
    [
      "encoding/hex: invalid byte: U+007A 'z'",
      { labelSelector: '{service_name="nothing"}', spanSelector: ["zzzzzzzzzzzzzzzz"] },
    ],
    [
      "label selector must not be longer than 32768 bytes, got 40008",
      { labelSelector: `{abc="${"'".repeat(40_000)}"}` },
    ],
    [
      "at most 1000 ids can be selected, got 1001",
      { spanSelector: Array.from({ length: 1001 }, () => SPAN_A) },
    ],
    ["invalid UUID length: 12", { profileIdSelector: ["invalid-uuid"] }],
    ["error parsing regexp: not supported by RE2", { labelSelector: '{a=~"\\\\p{Nonsense}"}' }],
  ])("refuses: %s", async (message, change) => {
    const request = { ...stacksOf("merge"), ...change };
    expect(await codeOf(querier.selectMergeStacktraces(request))).toBe(
      `InvalidArgument: ${message}`,
    );
  });

  it("takes the longest selector there may be, and 1000 ids", async () => {
    const labelSelector = `{service_name="spans",a!~"${"\\'".repeat(8000)}"}`.replaceAll(
      "\\'",
      "'x'",
    );
    const ids = Array.from({ length: 999 }, (_, i) => (i + 1).toString(16).padStart(16, "f"));
    const request = { ...stacksOf("spans"), labelSelector, spanSelector: [...ids, SPAN_B] };
    expect(textOf((await querier.selectMergeStacktraces(request)).flamegraph)).toBe("m;b 16");
  });

  it("answers many at a time", async () => {
    const services = ["merge", "spans", "grows", "odd", "large"];
    const ask = (service: string) => querier.selectMergeStacktraces(stacksOf(service));
    const alone = await Promise.all(services.map(ask));
    const crowd = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(services[i % 5]!)));
    for (const [i, answer] of crowd.entries()) expect(answer).toEqual(alone[i % 5]);
  });

  it("ends with the client's request", async () => {
    const abort = new AbortController();
    const answer = querier.selectMergeStacktraces(stacksOf("merge"), { signal: abort.signal });
    abort.abort();
    expect(await codeOf(answer)).toMatch(/^Canceled/);
  });
});

describe("SelectMergeProfile", () => {
  beforeAll(async () => {
    await push(
      { service_name: "pprof" },
      `main@main.go:7;work@work.go:9|inlined@work.go:3 cpu=5 span_id="${SPAN_A}"
       main@main.go:7;work@work.go:9|inlined@work.go:3 cpu=2
       main@main.go:8;idle@work.go:20 cpu=1`,
    );
  });

  it("keeps lines, files and inlined calls", async () => {
    const profile = await querier.selectMergeProfile(stacksOf("pprof"));
    const text = (id: bigint) => profile.stringTable[Number(id)];
    const stacks = profile.sample.map(({ locationId, value }) => {
      const frames = locationId.flatMap((id) =>
        profile.location[Number(id) - 1]!.line.map(({ functionId, line }) => {
          const called = profile.function[Number(functionId) - 1]!;
          return `${text(called.name)}@${text(called.filename)}:${line}`;
        }),
      );
      return `${frames.join(";")} ${value}`;
    });
    expect(stacks.sort()).toEqual([
      "idle@work.go:20;main@main.go:8 1",
      "inlined@work.go:3;work@work.go:9;main@main.go:7 7",
    ]);
    expect(profile.sampleType).toHaveLength(1);
    expect(text(profile.defaultSampleType)).toBe("cpu");
  });

  it("cut by nodes keeps the total", async () => {
    for (const maxNodes of [1n, 2n, 3n, 4n]) {
      expect(totalOf(await querier.selectMergeProfile({ ...stacksOf("pprof"), maxNodes }))).toBe(
        8n,
      );
    }
  });

  it("for Go's profile guided optimisation keeps callees", async () => {
    const profile = await querier.selectMergeProfile({
      ...stacksOf("pprof"),
      stackTraceSelector: { goPgo: { keepLocations: 1, aggregateCallees: true } },
    });
    expect(profile.sample.map(({ locationId }) => locationId.length)).toEqual([1, 1]);
    expect(profile.location.map(({ line }) => line[0]?.line)).toEqual([0n, 0n]);
  });

  it("is empty without data", async () => {
    expect((await querier.selectMergeProfile(stacksOf("nothing"))).stringTable).toEqual([]);
  });
});

describe("SelectSeries", () => {
  const profiles = Array.from({ length: 60 }, (_, i) => ({
    pod: `p${i % 3}`,
    atMs: base + ((i * 7919) % 300_000),
    value: 1 + ((i * 31) % 97),
  }));
  beforeAll(async () => {
    await Promise.all(
      profiles.map(({ pod, atMs, value }) =>
        push({ service_name: "series", ...(pod !== "p2" && { pod }) }, `main cpu=${value}`, {
          atMs,
        }),
      ),
    );
  });

  it.each([
    [0, 300_000, 15_000, []],
    [0, 300_000, 15_000, ["pod"]],
    [60_001, 200_003, 7_777, ["pod"]],
    [0, 100, 400_000, []],
    [-1, 299_999, 60_000, ["pod", "pod"]],
  ] as [number, number, number, string[]][])(
    "adds up as a slow model does, %i..%i by %i",
    async (start, end, stepMs, groupBy) => {
      const window = { startMs: base + start, endMs: base + end };
      const expected = new Map<string, Map<number, number>>();
      for (const { pod, atMs, value } of profiles) {
        const bucket = bucketOf(atMs, window, stepMs);
        if (atMs < window.startMs - stepMs || atMs > window.endMs || bucket < 0) continue;
        const key = pod === "p2" ? "" : groupBy.map((name) => `${name}=${pod}`).join();
        const points = expected.get(key) ?? new Map<number, number>();
        const point = window.startMs + bucket * stepMs;
        points.set(point, (points.get(point) ?? 0) + value);
        expected.set(key, points);
      }
      const { series } = await querier.selectSeries({
        ...stacksOf("series"),
        start: BigInt(window.startMs),
        end: BigInt(window.endMs),
        step: stepMs / 1000,
        groupBy,
      });
      const got = series.map(({ labels, points }) => ({
        key: labels.map(({ name, value }) => `${name}=${value}`).join(),
        points: points.map(({ timestamp, value }) => [Number(timestamp), value]),
        total: points.reduce((sum, { value }) => sum + value, 0),
      }));
      expect(got).toHaveLength(expected.size);
      for (const { key, points } of got) {
        expect(points).toEqual([...expected.get(key)!].sort((a, b) => a[0] - b[0]));
      }
      const totals = got.map(({ total }) => total);
      expect(totals).toEqual(totals.toSorted((a, b) => b - a));
    },
  );

  it("keeps the largest series", async () => {
    const all = await querier.selectSeries({ ...stacksOf("series"), step: 60, groupBy: ["pod"] });
    const one = await querier.selectSeries({
      ...stacksOf("series"),
      step: 60,
      groupBy: ["pod"],
      limit: 1n,
    });
    expect(one.series).toEqual(all.series.slice(0, 1));
  });

  it("gives the largest profile of a point as exemplar, which selects that profile", async () => {
    const labels = { service_name: "exemplars", pod: "x" };
    await push(labels, "main cpu=100", { atMs: base + 947 });
    await push(labels, "main;top cpu=300", { atMs: base + 987 });
    const { series } = await querier.selectSeries({
      ...stacksOf("exemplars"),
      start: BigInt(base + 1000),
      end: BigInt(base + 3000),
      step: 1,
      groupBy: ["pod"],
      exemplarType: ExemplarType.INDIVIDUAL,
    });
    expect(series).toHaveLength(1);
    const [point] = series[0]!.points;
    expect(point).toMatchObject({ timestamp: BigInt(base + 1000), value: 400 });
    const [exemplar] = point!.exemplars;
    expect(exemplar).toMatchObject({ timestamp: BigInt(base + 987), value: 300n, spanId: "" });
    expect(exemplar!.labels.map(({ name }) => name)).toEqual([
      "__profile_type__",
      "__service_name__",
      "__name__",
      "__period_type__",
      "__period_unit__",
      "__type__",
      "__unit__",
      "service_name",
    ]);
    const { flamegraph } = await querier.selectMergeStacktraces({
      ...stacksOf("exemplars"),
      profileIdSelector: [exemplar!.profileId],
    });
    expect(textOf(flamegraph)).toBe("main;top 300");
  });

  it("adds the parts of a split profile up to one exemplar", async () => {
    await push({ service_name: "parts" }, "a cpu=10 route=x\nb cpu=20 route=y");
    const { series } = await querier.selectSeries({
      ...stacksOf("parts"),
      step: 1200,
      exemplarType: ExemplarType.INDIVIDUAL,
    });
    const [exemplar] = series[0]!.points[0]!.exemplars;
    expect(exemplar?.value).toBe(30n);
    expect(exemplar?.labels.some(({ name }) => name === "route")).toBe(false);
  });

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY])("refuses a step of %f", async (step) => {
    expect(await codeOf(querier.selectSeries({ ...stacksOf("series"), step }))).toBe(
      "InvalidArgument: step must be >= 1ms",
    );
  });
});

describe("labels", () => {
  const tenant = "labels";
  let client: Client<typeof QuerierService>;
  beforeAll(async () => {
    client = asTenants(tenant);
    await push({ service_name: "one", pod: "p0", "service.name": "one" }, "a cpu=1", { tenant });
    await push({ service_name: "one", zone: "z" }, "a cpu=1", { tenant });
    await push({ service_name: "two", pod: "a".repeat(40) }, "a cpu=1", { tenant });
    await push(
      { service_name: "two", __name__: "memory" },
      "@types inuse_space=bytes\na inuse_space=1B",
      { tenant },
    );
  });

  it("lists profile types", async () => {
    const { profileTypes } = await client.profileTypes({});
    expect(profileTypes.map(({ ID }) => ID)).toEqual(["memory:inuse_space:bytes::", CPU]);
    expect(profileTypes[1]).toMatchObject({
      name: "process_cpu",
      sampleType: "cpu",
      periodUnit: "nanoseconds",
    });
    expect((await client.profileTypes({ start: 1000n, end: 4000n })).profileTypes).toEqual([]);
  });

  it("lists names and hides those that not every client reads", async () => {
    const { names } = await client.labelNames(range);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(
      expect.arrayContaining(["__profile_type__", "pod", "service.name", "service_name", "zone"]),
    );
    await push({ service_name: "dots", "a.b": "c" }, "a cpu=1");
    const hidden = await querier.labelNames({ ...range, matchers: ['{service_name="dots"}'] });
    expect(hidden.names).not.toContain("a.b");
    expect(hidden.names).toContain("service_name");
  });

  it("lists values of matching series", async () => {
    const values = async (name: string, ...matchers: string[]) =>
      (await client.labelValues({ ...range, name, matchers })).names;
    expect(await values("service_name")).toEqual(["one", "two"]);
    expect(await values("service_name", "")).toEqual(["one", "two"]);
    expect(await values("service_name", `${CPU}{}`, '{pod!=""}')).toEqual(["one", "two"]);
    expect(await values("service_name", `memory:inuse_space:bytes::{}`)).toEqual(["two"]);
    expect(await values("service_name", '{pod=""}')).toEqual(["one", "two"]);
    expect(await values("service_name", '{"service.name"="one"}')).toEqual(["one"]);
    expect(await values("pod", '{pod=~"p."}')).toEqual(["p0"]);
    expect(await values("pod", '{pod!~"p.*"}')).toEqual(["a".repeat(40)]);
    expect(await values("nope")).toEqual([]);
    expect(await codeOf(client.labelValues({ ...range, name: "" }))).toBe(
      "InvalidArgument: name is required",
    );
    expect(await codeOf(client.labelValues({ name: "" }))).toBe(
      "InvalidArgument: missing time range in the query",
    );
  });

  it("takes time linear in the text for hostile expressions", async () => {
    const hostile = `{pod=~"(a+)+b|(a|aa)+c"}`;
    expect(
      (await client.labelValues({ ...range, name: "pod", matchers: [hostile] })).names,
    ).toEqual([]);
  });

  it("lists label sets, reduced to the names asked for", async () => {
    const sets = async (labelNames: string[], ...matchers: string[]) =>
      (await client.series({ ...range, labelNames, matchers })).labelsSet.map(({ labels }) =>
        labels.map(({ name, value }) => `${name}=${value}`).join(),
      );
    expect(await sets(["pod"], '{service_name="one"}')).toEqual(["", "pod=p0"]);
    expect(await sets(["zone", "pod", "pod"], '{service_name="one"}')).toEqual([
      "pod=p0",
      "zone=z",
    ]);
    expect(await sets(["nope"])).toEqual([]);
    expect(await sets(["service_name", "__profile_type__"])).toEqual([
      "__profile_type__=memory:inuse_space:bytes::,service_name=two",
      `__profile_type__=${CPU},service_name=one`,
      `__profile_type__=${CPU},service_name=two`,
    ]);
    expect((await sets([], '{zone="z"}'))[0]).toMatch(
      /^__name__=process_cpu,.*,service_name=one,zone=z$/,
    );
  });

  it("says what is stored", async () => {
    expect(await client.getProfileStats({})).toMatchObject({
      dataIngested: true,
      oldestProfileTime: BigInt(base),
      newestProfileTime: BigInt(base),
    });
    expect(await asTenants("empty").getProfileStats({})).toMatchObject({ dataIngested: false });
    expect(await codeOf(asTenants("a", "b").getProfileStats({}))).toBe(
      "InvalidArgument: expected 1 tenant, got 2",
    );
  });
});

describe("tenants", () => {
  it("see their own data, and together the sum", async () => {
    await push({ service_name: "shared" }, "a;x cpu=1", { tenant: "t1" });
    await push({ service_name: "shared" }, "a;y cpu=2", { tenant: "t2" });
    const of = async (...tenants: string[]) =>
      textOf((await asTenants(...tenants).selectMergeStacktraces(stacksOf("shared"))).flamegraph);
    expect(await of("t1")).toBe("a;x 1");
    expect(await of("t2")).toBe("a;y 2");
    expect(await of("t1", "t2")).toBe("a;x 1\na;y 2");
    expect(await of("t3")).toBe("");
  });
});

describe("SpanService", () => {
  beforeAll(async () => {
    const sample = (span: string, name: string, value: number) =>
      `main;${name} cpu=${value} span_id="${span}" trace_id="${TRACE}" span_name="GET /${name}"`;
    await push(
      { service_name: "shop" },
      [sample(SPAN_A, "cart", 5), sample(SPAN_B, "pay", 9), "main cpu=100"].join("\n"),
    );
    await push({ service_name: "shop" }, sample(SPAN_A, "cart", 7), { atMs: base + 15_000 });
  });

  it("lists the spans with the largest totals first", async () => {
    const { spans: list } = await spans.listSpans(stacksOf("shop"));
    expect(list).toMatchObject([
      {
        spanId: SPAN_A,
        traceId: TRACE,
        spanName: "GET /cart",
        serviceName: "shop",
        profileTypeID: CPU,
        firstTime: BigInt(base),
        lastTime: BigInt(base + 15_000),
        total: 12n,
        profiles: 2n,
      },
      { spanId: SPAN_B, spanName: "GET /pay", total: 9n, profiles: 1n },
    ]);
    expect((await spans.listSpans({ ...stacksOf("shop"), limit: 1n })).spans).toHaveLength(1);
  });

  it("finds a span and the spans of a trace without knowing the service", async () => {
    const { spans: byTrace } = await spans.findSpan({ traceId: TRACE });
    expect(
      byTrace.filter(({ serviceName }) => serviceName === "shop").map(({ spanId }) => spanId),
    ).toEqual([SPAN_A, SPAN_B]);
    const { spans: bySpan } = await spans.findSpan({ spanId: SPAN_B });
    expect(bySpan.find(({ serviceName }) => serviceName === "shop")).toMatchObject({ total: 9n });
    expect((await spans.findSpan({ spanId: "ffffffffffffffff" })).spans).toEqual([]);
    expect(await codeOf(spans.findSpan({}))).toBe(
      "InvalidArgument: exactly one of span_id and trace_id is required",
    );
  });
});
