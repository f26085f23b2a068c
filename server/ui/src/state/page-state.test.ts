import { describe, expect, it } from "vitest";
import { changeState, formatState, initialState, parseState } from "./page-state.ts";

describe("the address", () => {
  it("is empty for what is shown first", () => {
    expect(formatState(initialState)).toBe("");
    expect(parseState("")).toEqual(initialState);
  });

  it("holds everything, and gives it back", () => {
    const state = {
      ...initialState,
      view: "explore" as const,
      service: "shop & co",
      type: "wall:wall:nanoseconds:wall:nanoseconds",
      filter: 'span_name="GET /a?b=c", region=~"eu-.*"',
      from: "1795484554407",
      until: "1795484654407",
      zoom: "7.1q8fk3z",
      search: "=Größe+1%",
      sort: "-total",
    };
    expect(parseState(formatState(state))).toEqual(state);
  });

  it("needs only an id for a span or a trace", () => {
    const span = parseState("?span=00F067AA0BA902B7");
    expect(span).toMatchObject({ view: "span", span: "00f067aa0ba902b7" });
    expect(formatState(span)).toBe("?span=00f067aa0ba902b7");
    expect(parseState("?trace=4bf92f3577b34da6a3ce929d0e0e4736").view).toBe("span");
    expect(parseState("?view=span&span=00f067aa0ba902b7&service=shop")).toMatchObject({
      view: "span",
      service: "shop",
    });
  });

  it("lists spans where a span view names none", () => {
    expect(parseState("?view=span").view).toBe("spans");
    expect(formatState(parseState("?view=span&span=aa"))).toBe("?span=aa");
  });

  it("takes what it does not know as nothing", () => {
    expect(parseState("?view=nonsense&from=&x=1")).toEqual(initialState);
  });

  it("keeps types and stacks readable", () => {
    expect(formatState({ ...initialState, type: "a:b:c:d:e" })).toBe("?type=a:b:c:d:e");
  });
});

describe("changeState", () => {
  const zoomed = { ...initialState, service: "shop", zoom: "2.abc", search: "gc" };

  it("drops the zoom with the profile it belonged to, and keeps the search", () => {
    expect(changeState(zoomed, { type: "x" })).toMatchObject({ zoom: "", search: "gc" });
    expect(changeState(zoomed, { search: "io" })).toMatchObject({ zoom: "2.abc", search: "io" });
    expect(changeState(zoomed, { zoom: "3.d" }).zoom).toBe("3.d");
  });

  it("leaves span and trace behind with their view", () => {
    const span = parseState("?span=00f067aa0ba902b7");
    expect(changeState(span, { view: "explore" })).toMatchObject({ span: "", trace: "" });
  });
});
