// The web shop, a process of its own: profiled, traced, and told by its parent when to report.
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import * as pyroscope from "@pyrospan/sdk-node";
import type express from "express";
import type { ToParent, ToShop } from "./messages.ts";
import { checkout, recommendations, search, stock } from "./routes.ts";
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

const app = createApp();
app.get("/search", search);
app.get("/recommendations/:id", recommendations);
app.get("/checkout", checkout);
app.get("/stock", stock);

const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  tell({ kind: "listening", url: `http://127.0.0.1:${port}` });
});

process.on("message", (message: ToShop) => {
  if (message.kind === "report") void report();
});
process.on("disconnect", () => void stop());
// Ctrl-C and the end of the terminal reach the whole group; the parent decides when the shop ends.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

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
