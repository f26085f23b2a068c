import { describe, expect, it } from "vitest";
import { errorText } from "./logger.ts";

describe("errorText", () => {
  it("says what is wrong with the first of several addresses", () => {
    const refused = [new Error("connect ECONNREFUSED ::1:4040"), new Error("and 127.0.0.1:4040")];
    expect(errorText(new AggregateError(refused))).toBe("connect ECONNREFUSED ::1:4040");
    expect(errorText(new AggregateError(refused, "both"))).toBe("both");
  });

  it("falls back on a code, then on the name", () => {
    expect(errorText(Object.assign(new Error(""), { code: "ECONNRESET" }))).toBe("ECONNRESET");
    expect(errorText(new TypeError(""))).toBe("TypeError");
    expect(errorText(new AggregateError([]))).toBe("AggregateError");
    expect(errorText("text")).toBe("text");
    expect(errorText(undefined)).toBe("undefined");
  });
});
