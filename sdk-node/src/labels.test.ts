import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { getLabels, setLabels, withLabels } from "./labels.ts";

describe("withLabels", () => {
  it("returns what the function returns and restores when it throws", async () => {
    expect(withLabels({ a: "1" }, () => 42)).toBe(42);
    await expect(withLabels({ a: "1" }, async () => "later")).resolves.toBe("later");
    expect(() =>
      withLabels({ a: "1" }, () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(getLabels()).toEqual({});
  });

  it("nests, survives awaits and keeps concurrent work apart", async () => {
    const seen = await Promise.all(
      ["x", "y"].map((route) =>
        withLabels({ route, n: 1 }, async () => {
          await sleep(1);
          const inner = await withLabels({ n: 2 }, async () => {
            await sleep(1);
            return getLabels();
          });
          return [getLabels(), inner];
        }),
      ),
    );
    expect(seen).toEqual([
      [
        { route: "x", n: 1 },
        { route: "x", n: 2 },
      ],
      [
        { route: "y", n: 1 },
        { route: "y", n: 2 },
      ],
    ]);
  });

  it("leaves out what cannot be a label", () => {
    const odd = { "": "x", nan: Number.NaN, object: {}, nothing: undefined, fine: "y" } as never;
    expect(withLabels(odd, getLabels)).toEqual({ fine: "y" });
    expect(withLabels(undefined as never, getLabels)).toEqual({});
  });
});

describe("setLabels", () => {
  it("replaces the labels for the rest of the async context", async () => {
    await withLabels({ a: "1" }, async () => {
      setLabels({ b: "2" });
      await sleep(1);
      expect(getLabels()).toEqual({ b: "2" });
      setLabels({});
      await sleep(1);
      expect(getLabels()).toEqual({});
    });
    expect(getLabels()).toEqual({});
  });
});
