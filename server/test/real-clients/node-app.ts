/** A small program profiled by `@pyroscope/nodejs` as published. Its one argument is the server's address. */
import Pyroscope from "@pyroscope/nodejs";

Pyroscope.init({
  serverAddress: process.argv[2],
  appName: "real-node",
  tags: { region: "eu-1" },
  flushIntervalMs: 1000,
  wall: { collectCpuTime: true, samplingDurationMs: 1000, samplingIntervalMicros: 5000 },
});
Pyroscope.start();

for (let round = 0; round < 25; round++) {
  const labels = { span_id: "00f067aa0ba902b7", span_name: "GET /cart" };
  Pyroscope.wrapWithLabels(labels, () => price_rules(60));
  stock_count(60);
  await new Promise((resolve) => setImmediate(resolve));
}
await Pyroscope.stop();

function price_rules(milliseconds: number): number {
  return burn(milliseconds);
}

function stock_count(milliseconds: number): number {
  return burn(milliseconds);
}

function burn(milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let sum = 0;
  while (performance.now() < end) sum += Math.sqrt(sum + 1);
  return sum;
}
