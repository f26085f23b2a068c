import { describe, expect, it } from "vitest";
import { iecBytes, siBytes } from "./sizes.ts";

describe("sizes in messages", () => {
  it("have decimal or binary units", () => {
    expect([0, 9, 999, 1_048_576, 4_194_304, 268_435_456].map(siBytes)).toEqual([
      "0 B",
      "9 B",
      "999 B",
      "1.0 MB",
      "4.2 MB",
      "268 MB",
    ]);
    expect([1023, 1024, 4_194_304, 73_088].map(iecBytes)).toEqual([
      "1023 B",
      "1.0 KiB",
      "4.0 MiB",
      "71 KiB",
    ]);
  });
});
