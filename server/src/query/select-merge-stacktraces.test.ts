import { ExemplarType, ProfileFormat } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeTree } from "../../test/decode-tree.ts";
import {
  base,
  codeOf,
  openQueryStore,
  type QueryStore,
  range,
  SPAN_A,
  SPAN_B,
  stacksOf,
  TRACE,
  textOf,
  totalOf,
} from "../../test/query-store.ts";
import { textOfTree } from "../../test/tree-text.ts";

let store: QueryStore;
beforeAll(async () => {
  store = await openQueryStore();
});
afterAll(() => store?.close());

describe("SelectMergeStacktraces", () => {
  beforeAll(async () => {
    await store.push({ service_name: "merge", pod: "p0" }, "a;b;e cpu=1\na;c cpu=2");
    await store.push({ service_name: "merge", pod: "p1" }, "a;c;d cpu=1", { atMs: base + 1 });
    await store.push({ service_name: "merge", __sampled__: "true" }, "a;stripped cpu=100");
    await store.push(
      { service_name: "spans" },
      `m;a cpu=8 span_id="${SPAN_A}" trace_id="${TRACE}"
       m;b cpu=16 span_id="${SPAN_B}"
       m;c cpu=32
       m;d cpu=64 span_id="${SPAN_A}"`,
    );
  });

  it("merges the profiles of all matching series", async () => {
    const { flamegraph } = await store.querier.selectMergeStacktraces(stacksOf("merge"));
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
      const { flamegraph } = await store.querier.selectMergeStacktraces(request);
      expect(flamegraph?.levels.length).toBeGreaterThan(1);
      expect((await store.inJson.selectMergeStacktraces(request)).flamegraph).toEqual(flamegraph);
    }
  });

  it("follows stacks that were added since the last query", async () => {
    const text = async () =>
      textOf((await store.querier.selectMergeStacktraces(stacksOf("grows"))).flamegraph);
    await store.push({ service_name: "grows" }, "main;one cpu=1");
    expect(await text()).toBe("main;one 1");
    await store.push(
      { service_name: "grows" },
      "main;one;two cpu=2\nother main cpu=3".replace(" m", "_m"),
    );
    expect(await text()).toBe("main;one 1\nmain;one;two 2\nother_main 3");
  });

  it("answers in every form", async () => {
    const ask = (format: ProfileFormat) =>
      store.querier.selectMergeStacktraces({ ...stacksOf("merge"), format });
    const { tree } = await ask(ProfileFormat.TREE);
    expect(textOfTree(decodeTree(tree))).toBe("a;b;e 1\na;c 2\na;c;d 1");
    const { pprof } = await ask(ProfileFormat.PPROF);
    expect(totalOf(pprof?.profile)).toBe(4n);
    expect(pprof?.profile?.period).toBe(1_000_000_000n);
    expect(pprof?.profile?.timeNanos).toBe(range.end * 1_000_000n);
    const { dot } = await ask(ProfileFormat.DOT);
    expect(dot).toMatch(/^digraph "unnamed" \{\n[\s\S]*N1 \[label="[\s\S]*\n\}\n$/);
  });

  it("draws call graphs from stacks cut as those of a profile of 512 nodes", async () => {
    const stacks = Array.from({ length: 700 }, (_, i) => `main;f${i};g${i} cpu=${i + 1}`);
    await store.push({ service_name: "wide" }, stacks.join("\n"));
    const request = { ...stacksOf("wide"), format: ProfileFormat.DOT };
    const { dot } = await store.querier.selectMergeStacktraces(request);
    // The 512th of the totals is the 445 of a function g. Small stacks keep their function f, the first below that.
    expect(dot).toContain("Showing top 100 nodes out of 958");
    expect(dot.match(/^N\d+ \[/gm)).toHaveLength(100);
    const more = await store.querier.selectMergeStacktraces({ ...request, maxNodes: 2000n });
    expect(more.dot.match(/^N\d+ \[/gm)).toHaveLength(1401);
  });

  it("has nothing of a service that stored nothing", async () => {
    const nothing = stacksOf("nothing");
    const empty = await store.querier.selectMergeStacktraces(nothing);
    expect(empty.flamegraph).toMatchObject({ names: ["total"], total: 0n });
    expect(empty.flamegraph?.levels[0]?.values).toEqual([0n, 0n, 0n, 0n]);
    const of = (format: ProfileFormat) =>
      store.querier.selectMergeStacktraces({ ...nothing, format });
    expect((await of(ProfileFormat.TREE)).tree).toHaveLength(0);
    expect((await of(ProfileFormat.DOT)).dot).toBe("");
    expect((await of(ProfileFormat.PPROF)).pprof?.profile?.stringTable).toEqual([]);
  });

  it("keeps to the edges of the range", async () => {
    const at = (start: number, end: number) =>
      store.querier.selectMergeStacktraces({
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
      const { flamegraph } = await store.querier.selectMergeSpanProfile(request);
      const other = await store.querier.selectMergeStacktraces(request);
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
      store.push({ service_name: "long" }, `m;a cpu=2 span_id="${SPAN_B}"\nm;b cpu=1`, {
        atMs: base + i,
      }),
    );
    await Promise.all(many);
    const of = async (end: number) => {
      const request = { ...stacksOf("long"), end: BigInt(base + end), spanSelector: [SPAN_B] };
      return textOf((await store.querier.selectMergeStacktraces(request)).flamegraph);
    };
    expect(await of(99)).toBe("m;a 200");
    expect(await of(299)).toBe("m;a 460");
  });

  it("has the samples of a trace", async () => {
    const of = async (traceIdSelector: string[]) =>
      textOf(
        (await store.querier.selectMergeStacktraces({ ...stacksOf("spans"), traceIdSelector }))
          .flamegraph,
      );
    expect(await of([TRACE.toUpperCase()])).toBe("m;a 8");
    expect(await of(["f".repeat(32)])).toBe("");
  });

  it("has them in every form", async () => {
    const { series } = await store.querier.selectSeries({
      ...stacksOf("spans"),
      step: 1200,
      exemplarType: ExemplarType.INDIVIDUAL,
    });
    const { profileId } = series[0]!.points[0]!.exemplars[0]!;
    const selections: [selector: object, total: bigint][] = [
      [{ spanSelector: [SPAN_A] }, 72n],
      [{ traceIdSelector: [TRACE] }, 8n],
      [{ profileIdSelector: [profileId] }, 120n],
      [{ profileIdSelector: ["00000000-0000-4000-8000-000000000000"] }, 0n],
    ];
    for (const [selector, total] of selections) {
      const ask = (format: ProfileFormat) =>
        store.querier.selectMergeStacktraces({ ...stacksOf("spans"), ...selector, format });
      expect((await ask(ProfileFormat.FLAMEGRAPH)).flamegraph?.total).toBe(total);
      expect(totalOf((await ask(ProfileFormat.PPROF)).pprof?.profile)).toBe(total);
      const tree = textOfTree(decodeTree((await ask(ProfileFormat.TREE)).tree));
      const sum = [...tree.matchAll(/ (\d+)$/gm)].reduce(
        (all, [, self]) => all + BigInt(self!),
        0n,
      );
      expect(sum).toBe(total);
      const { dot } = await ask(ProfileFormat.DOT);
      expect(/ of (\S+) total/.exec(dot)?.[1] ?? "").toBe(total === 0n ? "" : `${total}ns`);
    }
  });

  it("has the stacks below a call site", async () => {
    const of = async (...names: string[]) =>
      textOf(
        (
          await store.querier.selectMergeStacktraces({
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
    await store.push(labels, "a;b cpu=9223372036854775807");
    const graph = async () =>
      (await store.querier.selectMergeStacktraces(stacksOf("large"))).flamegraph;
    expect((await graph())?.total).toBe(9_223_372_036_854_775_807n);
    await store.push(labels, "a;b cpu=9223372036854775807\na;c cpu=1", { atMs: base + 1 });
    const two = await graph();
    expect(two?.total).toBe(9_223_372_036_854_775_807n);
    expect(two?.levels[1]?.values[1]).toBe(9_223_372_036_854_775_807n);
    await store.push({ service_name: "odd" }, "a cpu=9007199254740993\na;b cpu=9007199254740993");
    const { flamegraph } = await store.querier.selectMergeStacktraces(stacksOf("odd"));
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
    expect(await codeOf(store.querier.selectMergeStacktraces(request))).toBe(
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
    expect(textOf((await store.querier.selectMergeStacktraces(request)).flamegraph)).toBe("m;b 16");
  });

  it("answers many at a time", async () => {
    const services = ["merge", "spans", "grows", "odd", "large"];
    const ask = (service: string) => store.querier.selectMergeStacktraces(stacksOf(service));
    const alone = await Promise.all(services.map(ask));
    const crowd = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(services[i % 5]!)));
    for (const [i, answer] of crowd.entries()) expect(answer).toEqual(alone[i % 5]);
  });

  it("ends with the client's request", async () => {
    const abort = new AbortController();
    const answer = store.querier.selectMergeStacktraces(stacksOf("merge"), {
      signal: abort.signal,
    });
    abort.abort();
    expect(await codeOf(answer)).toMatch(/^Canceled/);
  });
});

describe("tenants", () => {
  it("see their own data, and together the sum", async () => {
    await store.push({ service_name: "shared" }, "a;x cpu=1", { tenant: "t1" });
    await store.push({ service_name: "shared" }, "a;y cpu=2", { tenant: "t2" });
    const of = async (...tenants: string[]) =>
      textOf(
        (await store.asTenants(...tenants).selectMergeStacktraces(stacksOf("shared"))).flamegraph,
      );
    expect(await of("t1")).toBe("a;x 1");
    expect(await of("t2")).toBe("a;y 2");
    expect(await of("t1", "t2")).toBe("a;x 1\na;y 2");
    expect(await of("t3")).toBe("");
  });
});
