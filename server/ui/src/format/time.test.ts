import { expect, it } from "vitest";
import { formatAge, formatSpanOfTime, fromLocalInput, toLocalInput } from "./time.ts";

const moment = new Date(2026, 10, 24, 13, 5, 7).getTime();

it("writes moments in the reader's time zone, the day once", () => {
  expect(formatSpanOfTime(moment, moment + 60_000)).toBe("24 Nov 13:05:07 – 13:06:07");
  expect(formatSpanOfTime(moment, moment + 86_400_000)).toBe("24 Nov 13:05:07 – 25 Nov 13:05:07");
  expect(formatSpanOfTime(moment, moment + 5)).toBe("24 Nov 13:05:07");
});

it("writes ages in the unit that fits", () => {
  expect(formatAge(moment - 12_000, moment)).toBe("12 s ago");
  expect(formatAge(moment - 20 * 60_000, moment)).toBe("20 min ago");
  expect(formatAge(moment - 5 * 3_600_000, moment)).toBe("5 h ago");
  expect(formatAge(moment + 3_000, moment)).toBe("0 s ago");
});

it("fills and reads inputs of local time", () => {
  expect(toLocalInput(moment)).toBe("2026-11-24T13:05:07");
  expect(fromLocalInput(toLocalInput(moment))).toBe(moment);
  expect(fromLocalInput("")).toBeUndefined();
});
