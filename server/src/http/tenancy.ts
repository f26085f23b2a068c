import { ANONYMOUS_TENANT } from "../request-context.ts";

/** Who a request speaks for: its tenants, or why it is refused (always `unauthenticated`). */
export type TenantsResult =
  | { readonly ok: true; readonly tenants: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly missing: boolean };

/** Header, and gRPC metadata key, that names the tenants. */
export const TENANT_HEADER = "x-scope-orgid";

const MAX_TENANT_BYTES = 150;
const ANONYMOUS: TenantsResult = { ok: true, tenants: [ANONYMOUS_TENANT] };
const MISSING: TenantsResult = { ok: false, message: "no org id", missing: true };

/**
 * Reads the tenants of a request from its `X-Scope-OrgID` header, as Node gives it (one character per byte).
 * `write` takes one tenant only, `read` several written `a|b`. With tenancy off the header is not looked at.
 */
export function parseTenants(
  header: string | readonly string[] | undefined,
  access: "read" | "write",
  multitenancy: boolean,
): TenantsResult {
  if (!multitenancy) return ANONYMOUS;
  const value = typeof header === "string" ? header : header?.[0];
  if (value === undefined || value === "") return MISSING;
  const tenants = new Set<string>();
  for (const part of value.split("|")) {
    const colon = part.indexOf(":");
    const tenant = colon < 0 ? part : part.slice(0, colon);
    const problem = checkTenant(tenant);
    if (problem !== undefined) return { ok: false, message: problem, missing: false };
    tenants.add(tenant);
  }
  if (access === "write" && tenants.size > 1) {
    return { ok: false, message: "multiple org IDs present", missing: false };
  }
  tenants.delete("");
  if (tenants.size === 0) return MISSING;
  return { ok: true, tenants: [...tenants].sort() };
}

function checkTenant(tenant: string): string | undefined {
  const bad = /[^A-Za-z0-9!\-_.*'()]/.exec(tenant)?.[0];
  if (bad !== undefined) {
    const text = Buffer.from(tenant, "latin1").toString("utf8");
    return `tenant ID '${text}' contains unsupported character '${bad}'`;
  }
  if (tenant.length > MAX_TENANT_BYTES) return "tenant ID is too long: max 150 characters";
  if (tenant === "." || tenant === "..") return "tenant ID is '.' or '..'";
  return undefined;
}
