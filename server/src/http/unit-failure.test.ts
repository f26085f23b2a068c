import { describe, expect, it } from "vitest";
import { firstFailure, type UnitFailure } from "./unit-failure.ts";

const labels: UnitFailure = {
  ok: false,
  code: "invalid_argument",
  reason: "invalid_labels",
  message: "bad label",
  sizeBytes: 0,
  stage: "push",
};
const broken: UnitFailure = { ...labels, reason: undefined, message: "proto", stage: "decode" };
const fault: UnitFailure = { ...labels, code: "internal", message: "internal error" };
const stored = { ok: true, sizeBytes: 1 } as const;

describe("the failure that a request is answered with", () => {
  it.each([
    ["none where all are stored", [stored, stored], undefined],
    ["the first after decoding", [stored, broken, labels], labels],
    ["else the first", [broken, stored], broken],
    ["a fault of ours before all others", [broken, labels, fault], fault],
  ])("is %s", (_what, results, failure) => {
    expect(firstFailure(results)).toBe(failure);
  });
});
