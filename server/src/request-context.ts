import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** The tenant of a request when tenancy is off. */
export const ANONYMOUS_TENANT = "anonymous";

/**
 * The tenants a request speaks for: sorted, without duplicates, never empty. Writes have exactly one; queries may
 * name several. Set before any handler runs.
 */
export const tenantsKey: ContextKey<readonly string[]> = createContextKey<readonly string[]>(
  [ANONYMOUS_TENANT],
  { description: "tenants" },
);

/** True when the client said (`Accept: ...;allow-utf8-labelnames=true`) that it can read label names beyond `[a-zA-Z_][a-zA-Z0-9_]*`. */
export const utf8LabelNamesKey: ContextKey<boolean> = createContextKey<boolean>(false, {
  description: "client reads UTF-8 label names",
});
