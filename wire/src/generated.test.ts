import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { create, fromBinary, fromJsonString, toBinary, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  LevelSchema,
  ProfileSchema,
  PushRequestSchema,
  QuerierService,
  SelectMergeStacktracesRequestSchema,
  ValueTypeSchema,
} from "./index.ts";

const packageDir = resolve(import.meta.dirname, "..");
const binDir = resolve(packageDir, "../node_modules/.bin");

async function filesOf(dir: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(dir.length + 1), await readFile(path, "utf8"));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("generated code", () => {
  let out: string;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "wire-"));
  });

  afterAll(async () => {
    await rm(out, { recursive: true, force: true });
  });

  test("src/gen is what the schemas give", async () => {
    const template = await readFile(join(packageDir, "buf.gen.yaml"), "utf8");
    const templateFile = join(out, "buf.gen.yaml");
    const gen = join(out, "gen");
    await writeFile(templateFile, template.replace("out: src/gen", `out: ${gen}`));
    await promisify(execFile)(join(binDir, "buf"), ["generate", "--template", templateFile], {
      cwd: packageDir,
      env: {
        ...process.env,
        PATH: `${binDir}${delimiter}${process.env.PATH}`,
        BUF_CACHE_DIR: join(out, "cache"),
      },
    });
    expect(await filesOf(join(packageDir, "src/gen"))).toEqual(await filesOf(gen));
  });
});

describe("names and numbers on the wire", () => {
  test("irregular JSON names", () => {
    const request = fromJsonString(
      SelectMergeStacktracesRequestSchema,
      '{"profileTypeID":"a:b:c:d:e","start":"1","end":2,"label_selector":"{}"}',
    );
    expect(request.profileTypeID).toBe("a:b:c:d:e");
    expect(request.labelSelector).toBe("{}");
    expect(request.start).toBe(1n);
    expect(request.maxNodes).toBeUndefined();
    const push = create(PushRequestSchema, {
      series: [{ samples: [{ ID: "x", rawProfile: Uint8Array.of(1) }] }],
    });
    expect(toJson(PushRequestSchema, push)).toEqual({
      series: [{ samples: [{ rawProfile: "AQ==", ID: "x" }] }],
    });
  });

  test("field numbers of a push", () => {
    const push = create(PushRequestSchema, {
      series: [
        {
          labels: [{ name: "n", value: "v" }],
          samples: [{ rawProfile: Uint8Array.of(9), ID: "i" }],
        },
      ],
    });
    // series 1 { labels 1 { 1 "n", 2 "v" }, samples 2 { raw_profile 1, ID 2 } }
    expect(Buffer.from(toBinary(PushRequestSchema, push)).toString("hex")).toBe(
      "0a100a060a016e12017612060a0109120169",
    );
  });

  test("unpacked and packed repeats, the last field of pprof", () => {
    const packed = Uint8Array.of(0x0a, 2, 1, 2);
    const unpacked = Uint8Array.of(0x08, 1, 0x08, 2);
    expect(fromBinary(LevelSchema, packed).values).toEqual([1n, 2n]);
    expect(fromBinary(LevelSchema, unpacked).values).toEqual([1n, 2n]);
    expect(fromBinary(ProfileSchema, Uint8Array.of(0x78, 5)).docUrl).toBe(5n);
    expect(toBinary(ValueTypeSchema, create(ValueTypeSchema, { type: 1n, unit: 2n }))).toEqual(
      Uint8Array.of(8, 1, 16, 2),
    );
  });

  test("methods of the querier", () => {
    expect(QuerierService.methods.map((method) => method.name)).toEqual([
      "ProfileTypes",
      "LabelValues",
      "LabelNames",
      "Series",
      "SelectMergeStacktraces",
      "SelectMergeSpanProfile",
      "SelectMergeProfile",
      "SelectSeries",
      "SelectHeatmap",
      "Diff",
      "GetProfileStats",
      "AnalyzeQuery",
    ]);
  });
});
