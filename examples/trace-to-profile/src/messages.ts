import type { FinishedSpan } from "./slowest-spans.ts";

/** What the shop tells the process that started it. */
export type ToParent =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "spans"; readonly spans: readonly FinishedSpan[] };

/** What that process asks of the shop. `report`: upload what was sampled, then send the slowest spans. */
export type ToShop = { readonly kind: "report" };
