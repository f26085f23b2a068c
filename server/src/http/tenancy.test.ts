import { describe, expect, it } from "vitest";
import { parseTenants } from "./tenancy.ts";

const tenants = (...names: string[]) => ({ ok: true, tenants: names });
const refused = (message: string, missing = false) => ({ ok: false, message, missing });

describe("parseTenants", () => {
  it("does not look at the header while tenancy is off", () => {
    for (const header of [undefined, "foo", "a b", "a|b"]) {
      expect(parseTenants(header, "write", false)).toEqual(tenants("anonymous"));
    }
  });

  it.each<[string, string[]]>([
    ["foo", ["foo"]],
    ["tenant-a|tenant-a", ["tenant-a"]],
    ["tenant:key=value", ["tenant"]],
    ["A-Za!_.*'()", ["A-Za!_.*'()"]],
    ["x".repeat(150), ["x".repeat(150)]],
  ])("%j may write", (header, names) => {
    expect(parseTenants(header, "write", true)).toEqual(tenants(...names));
  });

  it.each<[string, string[]]>([
    ["tenant-b|tenant-a|tenant-b", ["tenant-a", "tenant-b"]],
    ["ref-a|", ["ref-a"]],
  ])("%j may read", (header, names) => {
    expect(parseTenants(header, "read", true)).toEqual(tenants(...names));
    expect(parseTenants(header, "write", true)).toEqual(refused("multiple org IDs present"));
  });

  it.each<[string | undefined, string, boolean]>([
    [undefined, "no org id", true],
    ["", "no org id", true],
    ["|", "no org id", true],
    ["a b", "tenant ID 'a b' contains unsupported character ' '", false],
    ["a/b", "tenant ID 'a/b' contains unsupported character '/'", false],
    ["a,b", "tenant ID 'a,b' contains unsupported character ','", false],
    ["t\u00c3\u00a9", "tenant ID 'té' contains unsupported character 'Ã'", false],
    ["x".repeat(151), "tenant ID is too long: max 150 characters", false],
    [".", "tenant ID is '.' or '..'", false],
    ["..", "tenant ID is '.' or '..'", false],
  ])("%j is refused", (header, message, missing) => {
    expect(parseTenants(header, "read", true)).toEqual(refused(message, missing));
    expect(parseTenants(header, "write", true)).toEqual(refused(message, missing));
  });
});
