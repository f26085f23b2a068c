import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IngestFormError, parseIngestForm, parseSampleTypeConfig } from "./ingest-form.ts";

const BOUNDARY = "----boundary";
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

function form(...parts: readonly (readonly [disposition: string, content: string])[]): Uint8Array {
  const text = parts.map(
    ([disposition, content]) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`,
  );
  return Buffer.from(`${text.join("")}--${BOUNDARY}--\r\n`, "latin1");
}

const file = (name: string, content: string) => [`name="${name}"; filename="f"`, content] as const;

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
}

describe("parseIngestForm", () => {
  it("reads the file parts it knows", async () => {
    const body = form(
      file("profile", "\x00\xff"),
      file("prev_profile", "old"),
      file("sample_type_config", '{"cpu":{"units":"ns","display-name":"c","sampled":true}}'),
    );
    const read = await parseIngestForm(body, TYPE);
    expect(text(read.profile)).toBe("\x00\xff");
    expect(text(read.previousProfile)).toBe("old");
    expect(read.sampleTypeConfig?.cpu).toEqual({
      units: "ns",
      "display-name": "c",
      sampled: true,
    });
  });

  it("passes over value fields, unknown parts and names of object internals", async () => {
    const body = form(
      ['name="profile"', "a value, not a file"],
      file("__proto__", "x"),
      file("constructor", "x"),
      file("profile", "first"),
      file("profile", "second"),
    );
    const read = await parseIngestForm(body, TYPE);
    expect(text(read.profile)).toBe("first");
    expect(read.previousProfile).toBeUndefined();
  });

  it("tells an empty part from a missing one", async () => {
    expect((await parseIngestForm(form(file("profile", "")), TYPE)).profile).toHaveLength(0);
    expect((await parseIngestForm(form(), TYPE)).profile).toBeUndefined();
  });

  it.each([
    ["no boundary", "multipart/form-data", form(file("profile", "x"))],
    ["a cut body", TYPE, form(file("profile", "x")).subarray(0, 90)],
    ["a broken config", TYPE, form(file("sample_type_config", "{"))],
    ["too many parts", TYPE, form(...Array.from({ length: 200 }, () => file("profile", "x")))],
  ])("refuses %s", async (_name, type, body) => {
    await expect(parseIngestForm(body, type)).rejects.toThrow(IngestFormError);
  });

  it("gives a form or an IngestFormError for any body", async () => {
    const good = form(file("profile", "x".repeat(50)), file("sample_type_config", "{}"));
    const mutated = fc
      .tuple(fc.nat(good.length - 1), fc.nat(good.length), fc.uint8Array({ maxLength: 20 }))
      .map(([from, length, bytes]) =>
        Buffer.concat([good.subarray(0, from), bytes, good.subarray(from + length)]),
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, fc.uint8Array()), async (body) => {
        const outcome = await parseIngestForm(body, TYPE).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(IngestFormError);
      }),
      { numRuns: 500 },
    );
  });
});

describe("parseSampleTypeConfig", () => {
  const parse = (json: string) => parseSampleTypeConfig(Buffer.from(json));

  it("ignores unknown fields and treats null as absent", () => {
    expect(parse('{"a":{"what":1,"units":null},"b":null}')).toEqual({ a: {}, b: {} });
    expect(parse("null")).toEqual({});
  });

  it("keeps a sample type named like an object internal to itself", () => {
    const config = parse('{"__proto__":{"units":"x"}}');
    expect(Object.keys(config)).toEqual(["__proto__"]);
    expect(({} as { units?: string }).units).toBeUndefined();
  });

  it.each(["", "[]", "1", '{"a":1}', '{"a":[]}', '{"a":{"units":1}}', '{"a":{"sampled":"yes"}}'])(
    "refuses %j",
    (json) => {
      expect(() => parse(json)).toThrow(IngestFormError);
    },
  );
});
