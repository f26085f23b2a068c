import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  base,
  CPU,
  codeOf,
  openQueryStore,
  type QueryStore,
  SPAN_A,
  SPAN_B,
  stacksOf,
  TRACE,
} from "../../test/query-store.ts";

let store: QueryStore;
beforeAll(async () => {
  store = await openQueryStore();
});
afterAll(() => store?.close());

describe("SpanService", () => {
  beforeAll(async () => {
    const sample = (span: string, name: string, value: number) =>
      `main;${name} cpu=${value} span_id="${span}" trace_id="${TRACE}" span_name="GET /${name}"`;
    await store.push(
      { service_name: "shop" },
      [sample(SPAN_A, "cart", 5), sample(SPAN_B, "pay", 9), "main cpu=100"].join("\n"),
    );
    await store.push({ service_name: "shop" }, sample(SPAN_A, "cart", 7), { atMs: base + 15_000 });
  });

  it("lists the spans with the largest totals first", async () => {
    const { spans: list } = await store.spans.listSpans(stacksOf("shop"));
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
    expect((await store.spans.listSpans({ ...stacksOf("shop"), limit: 1n })).spans).toHaveLength(1);
  });

  it("finds a span and the spans of a trace without knowing the service", async () => {
    const { spans: byTrace } = await store.spans.findSpan({ traceId: TRACE });
    expect(
      byTrace.filter(({ serviceName }) => serviceName === "shop").map(({ spanId }) => spanId),
    ).toEqual([SPAN_A, SPAN_B]);
    const { spans: bySpan } = await store.spans.findSpan({ spanId: SPAN_B });
    expect(bySpan.find(({ serviceName }) => serviceName === "shop")).toMatchObject({ total: 9n });
    expect((await store.spans.findSpan({ spanId: "ffffffffffffffff" })).spans).toEqual([]);
    expect(await codeOf(store.spans.findSpan({}))).toBe(
      "InvalidArgument: exactly one of span_id and trace_id is required",
    );
  });
});
