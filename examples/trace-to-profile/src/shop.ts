// The web shop, a process of its own: profiled, traced, and told by its parent when to report.
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import * as pyroscope from "@pyrospan/sdk-node";
import type express from "express";
import { createCatalog } from "./catalog.ts";
import { bestVouchers, priceBasket, renderInvoice } from "./checkout.ts";
import type { ToParent, ToShop } from "./messages.ts";
import { similarProducts } from "./recommendations.ts";
import { rankByDistance } from "./search.ts";
import { SlowestSpans } from "./slowest-spans.ts";
import { startTracing } from "./tracing.ts";

const serviceName = "shop";

pyroscope.start({
  appName: serviceName,
  serverAddress: process.env.PYROSCOPE_SERVER_ADDRESS ?? "http://127.0.0.1:4040",
  tags: { region: "eu-1" },
});
const slowest = new SlowestSpans(500);
startTracing(serviceName, [slowest]);

// Loaded after the instrumentation, and by require, which it patches without a loader hook.
const createApp: typeof express = createRequire(import.meta.url)("express");

const products = createCatalog(1500);
const vouchers = Array.from({ length: 20 }, (_, i) => ({
  offCents: 50 + 10 * i,
  minimumCents: 1000 * i,
}));
const tracer = trace.getTracer("shop");
const app = createApp();

app.get("/search", async (request, response) => {
  await wait(2);
  const found = rankByDistance(products, String(request.query.q ?? "blue lamp"), 10);
  response.json(found.map(({ id, name }) => ({ id, name })));
});

app.get("/recommendations/:id", async (request, response) => {
  const product = products[Number(request.params.id) % products.length]!;
  const first = similarProducts(products, product, 40);
  await wait(5);
  const second = first.flatMap((near) => similarProducts(products, near, 3));
  response.json([...new Set(second)].map(({ id, name }) => ({ id, name })));
});

app.get("/checkout", async (request, response) => {
  const size = Math.min(30, Math.max(1, Number(request.query.items ?? 12)));
  const basket = products.slice(0, size);
  const cents = await tracer.startActiveSpan("price basket", async (span) => {
    const price = priceBasket(basket);
    await wait(3);
    span.end();
    return price;
  });
  const discounted = bestVouchers(cents, vouchers);
  await wait(5);
  const invoice = tracer.startActiveSpan("render invoice", (span) => {
    const text = renderInvoice(basket, discounted);
    span.end();
    return text;
  });
  response.json({ cents: discounted, invoice });
});

// Waits for its warehouse: a slow span without CPU.
app.get("/stock", async (_request, response) => {
  await wait(120);
  response.json({ inStock: true });
});

const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  tell({ kind: "listening", url: `http://127.0.0.1:${port}` });
});

process.on("message", (message: ToShop) => {
  if (message.kind === "report") void report();
});
process.on("disconnect", () => void stop());
process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the parent decides when the shop ends.

async function report(): Promise<void> {
  await pyroscope.flush();
  tell({ kind: "spans", spans: slowest.slowest() });
}

async function stop(): Promise<void> {
  server.close();
  await pyroscope.stop();
  process.exit(0);
}

function tell(message: ToParent): void {
  process.send?.(message);
}
