import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IngestStore, openIngestStore, profileBytes, unit } from "../../test/ingest-store.ts";
import { bigintsOf, decodeNative, textListsOf, textsOf } from "../store/native-reader.ts";
import type { IngestUnit } from "./ingester.ts";

let store: IngestStore;

beforeAll(async () => {
  store = await openIngestStore();
});

afterAll(() => store.close());

describe("splitting and summing", () => {
  it("makes a series of every set of sample labels, but not of span and trace ids", async () => {
    const profile = profileBytes(`
      main;a cpu=1 thread=x span_id="0102030405060708" trace_id=000102030405060708090a0b0c0d0e0f
      main;a cpu=2 thread=x span_id="0102030405060708" trace_id=000102030405060708090a0b0c0d0e0f
      main;b cpu=4 thread=x profile_id=A1A2A3A4A5A6A7A8
      main;a cpu=8 thread=y span_id=nonsense
      main;a cpu=16`);
    expect(await store.pushOne(unit(profile, "split"))).toMatchObject({ ok: true });
    const answer = decodeNative(
      await store.engine.query(
        `SELECT total, arrayMap(s -> lower(hex(reinterpretAsString(s))), spans) AS ids, arrayMap(t -> lower(hex(t)), traces) AS trace_ids,
           span_totals, span, value, label_values[indexOf(label_names, 'thread')] AS thread
         FROM profiles JOIN (SELECT DISTINCT series, label_names, label_values FROM series WHERE service = 'split') AS s USING series
         ORDER BY thread`,
      ),
    );
    expect(textsOf(answer, "thread")).toEqual(["", "x", "y"]);
    expect([...bigintsOf(answer, "total")]).toEqual([16n, 7n, 8n]);
    const rows = textListsOf(answer, "ids");
    expect(rows).toEqual([[], ["0102030405060708", "a1a2a3a4a5a6a7a8"], []]);
    expect(textListsOf(answer, "trace_ids")[1]).toEqual([
      "000102030405060708090a0b0c0d0e0f",
      "0".repeat(32),
    ]);
    const sums = answer.columns.get("span_totals");
    expect(sums?.kind === "list" && sums.items.kind === "bigint" && [...sums.items.values]).toEqual(
      [3n, 4n],
    );
  });

  it("keeps labels and sample types that are named like members of every object", async () => {
    const names = ["__proto__", "constructor", "toString", "valueOf"];
    const labels = [...names.map((name) => [name, "x"] as const), ["service_name", "own"] as const];
    const sent = unit(profileBytes("main;a constructor=3"), "own", { source: "ingest", labels });
    expect(await store.pushOne(sent)).toMatchObject({ ok: true });
    expect(await store.totals("own")).toEqual({ "constructor:constructor:count::": "3" });
    const answer = decodeNative(
      await store.engine.query("SELECT label_names FROM series WHERE service = 'own'"),
    );
    expect(textListsOf(answer, "label_names")[0]).toEqual(expect.arrayContaining(names));
  });

  it("keeps two profiles of one series with the same time", async () => {
    const profile = profileBytes("main;a cpu=3");
    const results = await Promise.all(
      [1, 2].map(() => store.pushOne(unit(profile.slice(), "twins"))),
    );
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(Object.values(await store.totals("twins"))).toEqual(["6"]);
  });

  it("stores a profile without a time under that of its request, which may not be before 1970", async () => {
    const sent = (service: string, defaultTimeNanos: bigint): IngestUnit =>
      unit(profileBytes("main;a cpu=3", 0n), service, { source: "ingest", defaultTimeNanos });
    const before = BigInt(Date.now());
    const from = (before - 60_000n) * 1_000_000n;
    expect(await store.pushOne(sent("from-minute-ago", from))).toMatchObject({ ok: true });
    expect(await store.pushOne(sent("from-1969", -1_000_000_000n))).toMatchObject({ ok: true });
    const times = async (service: string): Promise<readonly bigint[]> => {
      const answer = await store.engine.query(
        `SELECT time FROM profiles JOIN (SELECT DISTINCT series FROM series WHERE service = '${service}') AS s USING series`,
      );
      return [...bigintsOf(decodeNative(answer), "time")];
    };
    expect(await times("from-minute-ago")).toEqual([from]);
    const [time] = await times("from-1969");
    expect(time).toBeGreaterThanOrEqual(before * 1_000_000n);
  });

  it("keeps int64 values exact, and sums at the largest one", async () => {
    const max = 2n ** 63n - 1n;
    await store.pushOne(unit(profileBytes(`main;a cpu=${max}`), "max"));
    expect(Object.values(await store.totals("max"))).toEqual([String(max)]);
  });

  it("stores nothing of a profile that has only zeros, whatever its labels", async () => {
    const zero = profileBytes("main;a cpu=0");
    expect(
      await store.pushOne(unit(zero, "zero", { labels: [["service_name", ""]] })),
    ).toMatchObject({
      ok: true,
    });
    expect(await store.totals("zero")).toEqual({});
  });
});
