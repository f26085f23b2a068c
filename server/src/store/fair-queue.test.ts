import { expect, it } from "vitest";
import { FairQueue } from "./fair-queue.ts";

it("lets names take turns, each in the order of its own items", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "a3", "b1", "c1", "b2"]) queue.push(item[0]!, item);
  const taken = Array.from({ length: 7 }, () => queue.shift());
  expect(taken).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", undefined]);
});

it("gives a name that comes later its turn after one round", () => {
  const queue = new FairQueue<string>();
  for (let i = 0; i < 1000; i++) queue.push("busy", `busy${i}`);
  queue.shift();
  queue.push("quiet", "quiet");
  queue.shift();
  expect(queue.shift()).toBe("quiet");
});

it("takes out one item or all", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "b1"]) queue.push(item[0]!, item);
  queue.remove("a1");
  queue.remove("never there");
  expect(queue.shift()).toBe("a2");
  expect(queue.drain()).toEqual(["b1"]);
  expect(queue.shift()).toBeUndefined();
});
