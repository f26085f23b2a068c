import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAccept } from "./accept.ts";

describe("parseAccept", () => {
  it.each([
    "*/*; allow-utf8-labelnames=true",
    "*/*;Allow-Utf8-Labelnames=true",
    " application/json ; allow-utf8-labelnames=true ",
    "*/*,application/json;allow-utf8-labelnames=true",
    "*/*;allow-utf8-labelnames=false, text/html;allow-utf8-labelnames=true",
    "*/*;allow-utf8-labelnames=true, text/html;allow-utf8-labelnames=false",
    '*/*;allow-utf8-labelnames="true"',
  ])("%j switches UTF-8 label names on", (header) => {
    expect(parseAccept(header)).toEqual({ ok: true, utf8LabelNames: true });
  });

  it.each([
    undefined,
    "",
    "*/*",
    "application/json",
    "*/*;allow-utf8-labelnames=false",
    "*/*;allow-utf8-labelnames=1",
    "*/*;allow-utf8-labelnames=maybe",
    "*/*;other=true",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "text/html;level=1;",
    "gzip",
  ])("%j leaves them off", (header) => {
    expect(parseAccept(header)).toEqual({ ok: true, utf8LabelNames: false });
  });

  it.each([
    ["invalid/mime/type/format", "mime: unexpected content after media subtype"],
    ["text/html; invalid-parameter-syntax", "mime: invalid media parameter"],
    ["/html", "mime: no media type"],
    ["text/", "mime: expected token after slash"],
    ["text html", "mime: expected slash after first token"],
    ["text/html;a=1;a=2", "mime: duplicate parameter name"],
    ['text/html;a="x', "mime: invalid media parameter"],
  ])("refuses %j", (header, message) => {
    expect(parseAccept(header)).toEqual({ ok: false, message });
  });

  it("takes any text", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z/;="\\, *]{0,40}$/));
    fc.assert(
      fc.property(text, (header) => {
        expect(parseAccept(header)).toHaveProperty("ok");
      }),
      { numRuns: 2000 },
    );
  });
});
