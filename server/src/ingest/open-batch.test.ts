import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { OpenBatch } from "./open-batch.ts";

const root = mkdtempSync(join(tmpdir(), "pyrospan-batch-"));
const memory = join(root, "memory");
const disk = join(root, "disk");

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Seals a batch with one row: where its file is, and why it is not in memory. */
function seal(): [directory: string, detour: string | undefined] {
  const batch = new OpenBatch();
  const series = {
    tenant: "t",
    service: "s",
    profileType: "p",
    datasetLow: 1,
    datasetHigh: 0,
    seriesLow: 1,
    seriesHigh: 0,
    labels: [],
    written: undefined,
  };
  batch.series.note(series, 20_000, 1_728_000_000_000);
  const sealed = batch.seal(memory, "name", disk);
  return [dirname(sealed.batch.tables[0]!.file.path), sealed.detour?.message];
}

describe("a directory for batches in memory", () => {
  it("is made anew, for its owner alone, when it is gone", () => {
    expect(seal()).toEqual([memory, undefined]);
    expect(statSync(memory).mode & 0o777).toBe(0o700);
    expect(seal()).toEqual([memory, undefined]);
  });

  const foreign: [string, () => void][] = [
    ["others can look into", () => chmodSync(memory, 0o755)],
    [
      "is a link",
      () => {
        renameSync(memory, `${memory}-elsewhere`);
        symlinkSync(`${memory}-elsewhere`, memory);
      },
    ],
  ];
  if (process.getuid?.() === 0) {
    foreign.push(["belongs to somebody else", () => chownSync(memory, 12_345, 12_345)]);
  }
  it.each(foreign)("is not used when it %s", (_what, change) => {
    rmSync(memory, { recursive: true, force: true });
    mkdirSync(memory, { mode: 0o700 });
    change();
    const reason = `${memory} is there, but not as a directory of this process's user alone`;
    expect(seal()).toEqual([disk, reason]);
  });
});
