import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseYaml } from "../config.ts";
import { defaultLimits } from "../limits.ts";
import { parseOverrides, printLimits } from "./overrides.ts";
import { strictestLimits, TenantLimitsStore } from "./tenant-limits.ts";

const folder = mkdtempSync(join(tmpdir(), "pyrospan-overrides-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const store = (files: string) => new TenantLimitsStore(defaultLimits, files, parseYaml);

describe("TenantLimitsStore", () => {
  it("gives everybody the defaults without files", () => {
    expect(store("").limitsOf("anybody")).toBe(defaultLimits);
    expect(store("").isConfigured).toBe(false);
  });

  it("starts a tenant from the defaults; later files win", () => {
    const first = file(
      "a.yaml",
      "overrides:\n  a: {ingestion_rate_mb: 20}\n  b: {max_query_lookback: 30d}\n",
    );
    const second = file("b.yaml", "overrides:\n  a: {ingestion_burst_size_mb: 7}\n");
    const limits = store(`${first}, ${second}`);
    expect(limits.limitsOf("a")).toEqual({
      ...defaultLimits,
      ingestionBurstBytes: 7 * 1024 * 1024,
    });
    expect(limits.limitsOf("b").maxQueryLookbackMs).toBe(30 * 86_400_000);
    expect(limits.limitsOf("c")).toBe(defaultLimits);
  });

  it("follows the file and keeps its values while the file is broken", async () => {
    const path = file("watched.yaml", "overrides: {a: {max_label_name_length: 1}}");
    const limits = store(path);
    const nextError = () => new Promise((resolve) => limits.watch(1, resolve));
    writeFileSync(path, "overrides: {a: {max_label_name_length: x}}");
    expect(String(await nextError())).toContain(
      "overrides.a.max_label_name_length: must be a whole number",
    );
    limits.stop();
    expect(limits.limitsOf("a").maxLabelNameLength).toBe(1);
  });

  it("refuses a broken file at the start", () => {
    expect(() => store(file("broken.yaml", "nope: 1"))).toThrow("field nope is not known");
    expect(() => store(join(folder, "missing.yaml"))).toThrow("missing.yaml");
  });
});

describe("parseOverrides", () => {
  it("names every problem", () => {
    const tree = { overrides: { a: { nope: 1, retention_period: "5" }, b: [] }, other: {} };
    expect(() => parseOverrides(tree, defaultLimits)).toThrow(
      /field overrides\.a\.nope is not known; overrides\.a\.retention_period: must be a duration.*got "5"; overrides\.b is not a map; field other is not known/,
    );
  });

  it("reads back what printLimits wrote", () => {
    const limits = { ...defaultLimits, rejectOlderThanMs: 90_000, maxProfileSizeBytes: 5 };
    const again = parseOverrides({ overrides: { a: printLimits(limits) } }, defaultLimits);
    expect(again.get("a")).toEqual(limits);
    expect(printLimits(limits, defaultLimits)).toEqual({
      reject_older_than: "90s",
      max_profile_size_bytes: 5,
    });
  });
});

describe("strictestLimits", () => {
  it("takes the smallest of each, where 0 is none", () => {
    const a = { ...defaultLimits, maxQueryLengthMs: 0, maxQueryLookbackMs: 5, queryTimeoutMs: 9 };
    const b = { ...defaultLimits, maxQueryLengthMs: 7, maxQueryLookbackMs: 0, queryTimeoutMs: 3 };
    expect(strictestLimits([a, b])).toMatchObject({
      maxQueryLengthMs: 7,
      maxQueryLookbackMs: 5,
      queryTimeoutMs: 3,
    });
    expect(strictestLimits([a])).toEqual(a);
  });
});
