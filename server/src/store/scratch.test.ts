import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createScratchDirectories } from "./scratch.ts";

let data: string;
let memory: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "pyrospan-scratch-data-"));
  memory = mkdtempSync(join(tmpdir(), "pyrospan-scratch-memory-"));
});

afterEach(() => {
  rmSync(data, { recursive: true });
  rmSync(memory, { recursive: true });
});

describe("directories in memory", () => {
  it("are removed when their process is gone, but not those of a process that cannot be seen", () => {
    const { pid: gone } = spawnSync(process.execPath, ["--version"]);
    const own = basename(createScratchDirectories(data, memory).preferred);
    const namespace = own.split("-")[2];
    const leave = (name: string, ageMs = 0): string => {
      mkdirSync(join(memory, name));
      writeFileSync(join(memory, name, "rows.native"), "x");
      const changed = new Date(Date.now() - ageMs);
      utimesSync(join(memory, name), changed, changed);
      return name;
    };
    leave(`pyrospan-${gone}-${namespace}-dead`);
    const kept = [
      own,
      leave(`pyrospan-${process.pid}-${namespace}-lives`),
      leave(`pyrospan-${gone}-7-elsewhere`),
      leave("something-else", 90_000_000),
    ];
    leave(`pyrospan-${gone}-7-untouched`, 90_000_000);
    const next = createScratchDirectories(data, memory).preferred;
    expect(readdirSync(memory).sort()).toEqual([...kept, basename(next)].sort());
  });

  it("give way to the disk where none can be made", () => {
    const { preferred, onDisk } = createScratchDirectories(data, join(memory, "missing"));
    expect(preferred).toBe(onDisk);
    expect(dirname(onDisk)).toBe(data);
  });
});
