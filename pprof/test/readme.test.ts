import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { encodePprof, profileFromText } from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

it.each([
  ["DecodeError", "../src/bytes/decode-error.ts"],
  ["ProfileError", "../src/profile-error.ts"],
])("lists every code of %s, and no other", (name, file) => {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  const codes = [...source.matchAll(/^ {2}\| "([a-z_]+)"/gm)].map(([, code]) => code);
  const table = readme.split(`\`${name}\` (with`)[1]!.split("\n\n")[1]!;
  const listed = [...table.matchAll(/^\| `([a-z_]+)` /gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(5);
  expect(listed).toEqual(codes);
});

it("runs the example of the README", () => {
  const code = /```ts\n(.*?)```/s.exec(readme)![1]!;
  // Inside the package, so that its name resolves as it does for users.
  const folder = mkdtempSync(fileURLToPath(new URL(".readme-", import.meta.url)));
  try {
    writeFileSync(join(folder, "example.mts"), code);
    const files = ["main;parse cpu=30ms", "main;parse cpu=5ms\nmain;gc cpu=1ms"].map((text, i) => {
      const file = join(folder, `${i}.pb.gz`);
      writeFileSync(file, gzipSync(encodePprof(profileFromText(text))));
      return file;
    });
    const out = execFileSync(
      process.execPath,
      ["--conditions=source", join(folder, "example.mts"), ...files],
      { encoding: "utf8" },
    );
    expect(out).toMatch(/^2 stacks, \d+ bytes\n@types cpu=nanoseconds\n/);
    expect(out).toContain("main;parse cpu=35ms\nmain;gc cpu=1ms\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
