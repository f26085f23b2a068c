import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { runAll } from "./run-all.ts";

describe("runAll", () => {
  const done: string[] = [];
  const good = (name: string) => () => {
    done.push(name);
  };
  const bad = (name: string) => async () => {
    done.push(name);
    throw new Error(`${name} is broken`);
  };

  it("runs what is behind a failed step and throws what that threw", async () => {
    done.length = 0;
    await expect(runAll([good("a"), bad("b"), good("c")])).rejects.toThrow("b is broken");
    expect(done).toEqual(["a", "b", "c"]);
  });

  it("throws what all of several failed steps threw, for the log", async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    await runAll([bad("a"), good("b"), bad("c")]).catch((err: unknown) => logger.error({ err }));
    expect(JSON.parse(lines[0]!)).toMatchObject({
      err: {
        message: "2 steps failed",
        aggregateErrors: [{ message: "a is broken" }, { message: "c is broken" }],
      },
    });
  });
});
