import { describe, expect, it } from "vitest";
import { holdBack } from "./hold-back.ts";

describe("holdBack", () => {
  it("takes the time", async () => {
    const startedAt = performance.now();
    await holdBack(30, new AbortController().signal);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(28);
  });

  it("ends when the client leaves, and at once when it has left", async () => {
    const client = new AbortController();
    const held = holdBack(600_000, client.signal);
    client.abort();
    await held;
    await holdBack(600_000, client.signal);
  });
});
