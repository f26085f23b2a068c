import { setTimeout as wait } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import type { Request, Response } from "express";
import { createCatalog } from "./catalog.ts";
import { bestVouchers, priceBasket, renderInvoice } from "./checkout.ts";
import { similarProducts } from "./recommendations.ts";
import { rankByDistance } from "./search.ts";

const products = createCatalog(1500);
const vouchers = Array.from({ length: 21 }, (_, i) => ({
  offCents: 50 + 10 * i,
  minimumCents: 1000 * i,
}));

/** The ten products whose names are nearest to `q`. */
export async function search(request: Request, response: Response): Promise<void> {
  await wait(2);
  const found = rankByDistance(products, String(request.query.q ?? "blue lamp"), 10);
  response.json(found.map(({ id, name }) => ({ id, name })));
}

/** Products near in taste to one product, and to those. */
export async function recommendations(request: Request, response: Response): Promise<void> {
  const product = products[Number(request.params.id) % products.length] ?? products[0]!;
  const first = similarProducts(products, product, 40);
  await wait(5);
  const second = first.flatMap((near) => similarProducts(products, near, 3));
  response.json([...new Set(second)].map(({ id, name }) => ({ id, name })));
}

/** Prices a basket of `items` products; the invoice is a span of its own inside. */
export async function checkout(request: Request, response: Response): Promise<void> {
  const items = Math.min(30, Math.max(1, Number(request.query.items) || 12));
  const basket = products.slice(0, items);
  const cents = priceBasket(basket);
  await wait(3);
  const discounted = bestVouchers(cents, vouchers);
  await wait(5);
  const invoice = trace.getTracer("shop").startActiveSpan("render invoice", (span) => {
    const text = renderInvoice(basket, discounted);
    span.end();
    return text;
  });
  response.json({ cents: discounted, invoice });
}

/** Waits for its warehouse: a slow span without CPU. */
export async function stock(_request: Request, response: Response): Promise<void> {
  await wait(120);
  response.json({ inStock: true });
}
