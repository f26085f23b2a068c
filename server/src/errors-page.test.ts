import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../docs/reference/errors.md"), "utf8");

/** First cells of the table below a heading. */
function documented(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1]!).sort();
}

/** Members of a union of string literals in a source file. */
function union(file: string, name: string): string[] {
  const source = readFileSync(join(import.meta.dirname, file), "utf8");
  const text = new RegExp(`export type ${name} =([^;]*);`).exec(source)?.[1] ?? "";
  return [...text.matchAll(/"([a-z_]+)"/g)].map((match) => match[1]!).sort();
}

describe("the page on errors has every code and no other", () => {
  it.each([
    ["Request bodies", "http/body-budget.ts", "BodyErrorCode"],
    ["Discarded profiles", "ingest/ingester.ts", "DiscardReason"],
    ["The store", "store/engine-error.ts", "EngineErrorCode"],
    ["Queries", "query/query-error.ts", "QueryErrorCode"],
  ])("%s", (heading, file, name) => {
    expect(union(file, name)).not.toEqual([]);
    expect(documented(heading)).toEqual(union(file, name));
  });
});
