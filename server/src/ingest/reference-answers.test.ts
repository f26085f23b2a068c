import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  atNow,
  type IngestStore,
  limits,
  openIngestStore,
  profileBytes,
  type TopSelf,
  type Totals,
  unit,
} from "../../test/ingest-store.ts";
import type { UnitResult } from "./ingester.ts";

const fixtures = new URL("../../../../shared/fixtures/", import.meta.url);
const hasFixtures = existsSync(fixtures);

let store: IngestStore;

beforeAll(async () => {
  store = await openIngestStore();
});

afterAll(() => store.close());

interface Reference {
  readonly answers: readonly {
    readonly via: string;
    readonly status: number;
    readonly request: { readonly query?: string };
    readonly stored?: {
      readonly series_label_sets: number;
      readonly profile_types: Readonly<
        Record<
          string,
          {
            readonly series_total: string;
            readonly top5_self: readonly { function: string; value: string }[];
          }
        >
      >;
    };
  }[];
}

describe.skipIf(!hasFixtures)(
  "real profiles against the answers of the original (shared fixtures)",
  () => {
    const references = hasFixtures
      ? (
          JSON.parse(readFileSync(new URL("reference-answers.json", fixtures), "utf8")) as {
            files: Record<string, Reference>;
          }
        ).files
      : {};
    const cases = Object.entries(references)
      .filter(([file]) => file.startsWith("pprof/"))
      .flatMap(([file, { answers }]) => answers.map((answer) => ({ file, ...answer })))
      .filter(
        ({ via, request }) => via.startsWith("push") || request.query?.endsWith("format=pprof"),
      );

    const serviceOf = (file: string, via: string): string =>
      `${file}-${via}`.replaceAll(/[^a-z0-9]/gi, "-");
    let results: Map<string, UnitResult>;
    let stored: Totals;
    let topSelf: TopSelf;

    beforeAll(async () => {
      const pushed = cases.map(async ({ file, via, request }) => {
        const service = serviceOf(file, via);
        const profile = atNow(readFileSync(new URL(file, fixtures)));
        const unlimited = { ...limits, maxProfileSizeBytes: 0, maxProfileSamples: 0 };
        const spyName = new URLSearchParams(request.query).get("spyName") ?? "";
        const sent = via.startsWith("push")
          ? unit(profile, service)
          : unit(profile, service, {
              labels: [
                ["service_name", service],
                ["pyroscope_spy", spyName],
                ["__delta__", "false"],
              ],
              source: "ingest",
              spyName,
            });
        const result = await store.pushOne(sent, via.includes("limits 0") ? unlimited : limits);
        return [service, result] as const;
      });
      results = new Map(await Promise.all(pushed));
      stored = await store.allTotals();
      topSelf = await store.allTopSelf();
    });

    it.each(cases)("$file via $via", ({ file, via, status, stored: reference }) => {
      const service = serviceOf(file, via);
      expect(results.get(service)).toMatchObject({ ok: status === 200 });
      const types = reference?.profile_types ?? {};
      const expected = Object.fromEntries(
        Object.entries(types).map(([type, { series_total }]) => [type, series_total]),
      );
      expect(stored[service] ?? {}).toEqual(expected);
      for (const [type, { top5_self }] of Object.entries(types)) {
        expect(topSelf.get(`${service} ${type}`) ?? []).toEqual(top5_self);
      }
    });
  },
);

/** Broken in ways in which we refuse what the original mends: allowed by what is expected of the file. */
const refusedByUs = ["pprof/string-index-negative.pb"];

describe.skipIf(!hasFixtures)(
  "broken payloads against the answers of the original (shared fixtures)",
  () => {
    const rows = hasFixtures
      ? readFileSync(new URL("malformed/REFERENCE.tsv", fixtures), "utf8")
          .split("\n")
          .map((line) => line.split("\t"))
          .filter(([file, endpoint]) => file?.startsWith("pprof/") && endpoint === "push")
      : [];

    const serviceOf = (file: string): string => file.replaceAll(/[^a-z0-9]/gi, "-");
    let results: readonly UnitResult[];
    let stored: Totals;

    beforeAll(async () => {
      results = await Promise.all(
        rows.map(([file]) =>
          store.pushOne(
            unit(
              new Uint8Array(readFileSync(new URL(`malformed/${file}`, fixtures))),
              serviceOf(file!),
              {
                labels: [
                  ["service_name", serviceOf(file!)],
                  ["__name__", "process_cpu"],
                ],
              },
            ),
          ),
        ),
      );
      stored = await store.allTotals();
    });

    it.each(rows.map((row, i) => [...row, i]))("%s", (...row) => {
      const [file, , status, code, message, storedText] = row as string[];
      const result = results[row.at(-1) as number]!;
      if (status === "200" && !refusedByUs.includes(file!)) {
        expect(result).toMatchObject({ ok: true });
      } else {
        expect(result).toMatchObject({ ok: false, code: "invalid_argument" });
        // Where the original answers 500 with its decoder's words, ours says 400 with our own.
        if (code === "invalid_argument" && !result.ok) {
          const comparable = (text: string): string =>
            text.replaceAll(/\d{4}-\d\d-\d\d [\d:.]+/g, "<time>").slice(0, 50);
          expect(comparable(result.message)).toBe(comparable(message!));
        }
      }
      // Sums of a series are floating point in the original's answers.
      const expected = Object.fromEntries(
        Array.from(
          result.ok ? (storedText ?? "").matchAll(/([^\s=]+)=(\d+)/g) : [],
          ([, type, sum]) => [type, Number(sum)],
        ),
      );
      const found = Object.entries(stored[serviceOf(file!)] ?? {});
      expect(Object.fromEntries(found.map(([type, sum]) => [type, Number(sum)]))).toEqual(expected);
    });

    it("leaves a store that takes the next profile", async () => {
      expect(await store.pushOne(unit(profileBytes("main;work cpu=5"), "after"))).toMatchObject({
        ok: true,
      });
      expect(Object.values(await store.totals("after"))).toEqual(["5"]);
    });
  },
);
