import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { openEngine } from "../store/engine.ts";
import { bigintsOf, decodeNative, numbersOf } from "../store/native-reader.ts";

const ROUNDS = 8;
const directory = mkdtempSync(join(tmpdir(), "pyrospan-kill-"));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Eight loops that push profiles, each with a value and a function of its own, and print the value once it is acknowledged. */
const program = `
  const { writeSync } = await import("node:fs");
  const { openEngine } = await import(${JSON.stringify(new URL("../store/engine.ts", import.meta.url).href)});
  const { createIngester } = await import(${JSON.stringify(new URL("./create-ingester.ts", import.meta.url).href)});
  const { defaultLimits } = await import(${JSON.stringify(new URL("../limits.ts", import.meta.url).href)});
  const { encodePprof, profileFromText } = await import("@pyrospan/pprof");
  const ingester = await createIngester({ engine: await openEngine(${JSON.stringify(directory)}), gatherMs: 5 });
  let next = Number(process.env.FIRST);
  const limits = { ...defaultLimits, ingestionRateBytes: 0 };
  for (let writer = 0; writer < 8; writer++) {
    (async () => {
      for (;;) {
        const value = next++;
        const profile = encodePprof(profileFromText("main;f" + value + " cpu=" + value));
        const labels = [["__name__", "kill"], ["service_name", "s" + (value % 3)]];
        const [result] = await ingester.push("anonymous", [{ labels, profile, source: "push" }], limits);
        if (!result.ok) throw new Error(result.message);
        writeSync(1, value + "\\n");
      }
    })();
  }`;

describe("a process that is killed while it stores", () => {
  it(`loses nothing that it acknowledged and stores nothing twice, ${ROUNDS} times`, async () => {
    const acknowledged: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = (round + 1) * 1_000_000;
      const child = spawn(
        process.execPath,
        ["--conditions=source", "--input-type=module", "-e", program],
        {
          cwd: new URL("../../..", import.meta.url),
          env: { ...process.env, FIRST: String(first), UV_THREADPOOL_SIZE: "16" },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      acknowledged.push(...(await killAfter(child, 5 + Math.floor(Math.random() * 60))));
      await check(acknowledged, (round + 1) * 8);
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 5);
  });
});

/** Kills the process once it has acknowledged so many, wherever it is then; all that it had acknowledged. */
async function killAfter(child: ChildProcess, count: number): Promise<number[]> {
  const values: number[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    values.push(Number(line));
    if (values.length === count) child.kill("SIGKILL");
  }
  return values;
}

/** `unanswered` pushes may or may not be there. */
async function check(acknowledged: readonly number[], unanswered: number): Promise<void> {
  const engine = await openEngine(directory, { readers: 1 });
  try {
    const stored = decodeNative(
      await engine.query(
        "SELECT toFloat64(total) AS value, count() AS n FROM profiles GROUP BY total",
      ),
    );
    expect([...bigintsOf(stored, "n")].filter((n) => n !== 1n)).toEqual([]);
    const values = new Set(numbersOf(stored, "value"));
    expect(acknowledged.filter((value) => !values.has(value))).toEqual([]);
    expect(values.size).toBeLessThanOrEqual(acknowledged.length + unanswered);
    const named = decodeNative(
      await engine.query(
        `SELECT count() AS n FROM samples AS p
         JOIN stacks AS t ON t.partition = p.partition AND t.id = p.stack
         JOIN locations AS l ON l.partition = p.partition AND l.id = t.location
         JOIN functions AS f ON f.partition = p.partition AND f.id = l.line_functions[1]
         WHERE f.name = concat('f', toString(p.value))
           AND (p.series, concat('s', toString(p.value % 3))) IN (SELECT series, service FROM series)`,
      ),
    );
    expect(Number(bigintsOf(named, "n")[0])).toBe(values.size);
  } finally {
    await engine.close();
  }
}
