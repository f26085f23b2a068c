import { describe, expect, it } from "vitest";
import { patchMethods } from "./patch.ts";

class Greeter {
  greet(): string {
    return "hello";
  }
}

describe("patchMethods", () => {
  it("goes without a trace", () => {
    const greeter = new Greeter();
    const restore = patchMethods(greeter, { greet: () => "patched" });
    expect(greeter.greet()).toBe("patched");
    restore();
    expect(greeter.greet()).toBe("hello");
    expect(Object.keys(greeter)).toEqual([]);
  });

  it("leaves what others have put on the instance, before it and after it", () => {
    const greeter = new Greeter();
    greeter.greet = () => "before";
    const restore = patchMethods(greeter, { greet: () => "patched" });
    restore();
    expect(greeter.greet()).toBe("before");
    const again = patchMethods(greeter, { greet: () => "patched" });
    const patched = greeter.greet;
    greeter.greet = () => `after ${patched()}`;
    again();
    expect(greeter.greet()).toBe("after patched");
  });
});
