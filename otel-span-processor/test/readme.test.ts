import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { samplesOf, startCaptureServer } from "../../sdk-node/test/capture-server.mjs";
import { findNode } from "../../sdk-node/test/nodes.mjs";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));

let server: Awaited<ReturnType<typeof startCaptureServer>> | undefined;
afterEach(async () => {
  await server?.close();
});

/** The JavaScript blocks of a README. */
function blocksOf(readme: string): string[] {
  const text = readFileSync(new URL(readme, import.meta.url), "utf8");
  return Array.from(text.matchAll(/```js\n(.*?)```/gs), ([, code]) => code!);
}

/** The first of them, with another server in it. */
function codeOf(readme: string, serverAddress: string): string {
  const [code] = blocksOf(readme);
  expect(code).toContain("http://localhost:4040");
  return code!.replace("http://localhost:4040", serverAddress);
}

for (const major of [20, 24]) {
  const node = findNode(major);
  const runScript = (code: string, env: Record<string, string> = {}) =>
    run(node!, ["--input-type=module", "-e", code], {
      cwd: here,
      env: { PATH: process.env.PATH, ...env },
    });

  describe.skipIf(node === undefined)(`the code of the READMEs, on Node ${major}`, () => {
    it("profiles with labels", async () => {
      server = await startCaptureServer();
      const code = codeOf("../../sdk-node/README.md", server.url);
      await runScript(`${code}
        async function priceCart() {
          await null;
          const end = Date.now() + 100;
          while (Date.now() < end);
        }`);
      const samples = server
        .profiles()
        .filter(({ name, labels }) => name === "wall" && labels.region === "eu")
        .flatMap(({ profile }) => samplesOf(profile, "samples"))
        .filter(({ frames }) => frames.includes("priceCart"));
      expect(samples.length).toBeGreaterThan(0);
      expect(samples.every(({ labels }) => labels.route === "/cart")).toBe(true);
    });

    it("ties samples to spans", async () => {
      server = await startCaptureServer();
      const code = codeOf("../README.md", server.url);
      const { stdout } = await runScript(`${code}
        provider.getTracer("readme").startActiveSpan("work", (span) => {
          const end = Date.now() + 100;
          while (Date.now() < end);
          span.end();
          console.log(span.spanContext().spanId, span.attributes["pyroscope.profile.id"]);
        });
        await pyroscope.stop();`);
      const [spanId, attribute] = stdout.trim().split(" ");
      expect(attribute).toBe(spanId);
      const found = server
        .profiles()
        .filter(({ name }) => name === "wall")
        .flatMap(({ profile }) => samplesOf(profile, "samples"))
        .filter(({ labels }) => labels.span_id === spanId && labels.span_name === "work");
      expect(found.length).toBeGreaterThan(0);
    });

    it("still exports spans where NodeSDK has the processor", async () => {
      server = await startCaptureServer();
      const code = blocksOf("../README.md").find((block) => block.includes("NodeSDK"));
      const { stdout } = await runScript(
        `${code}
        import { trace } from "@opentelemetry/api";
        trace.getTracer("readme").startActiveSpan("work", (span) => {
          span.end();
          console.log(span.attributes["pyroscope.profile.id"] === span.spanContext().spanId);
        });
        await sdk.shutdown();`,
        {
          OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
          OTEL_METRICS_EXPORTER: "none",
          OTEL_LOGS_EXPORTER: "none",
        },
      );
      expect(stdout).toBe("true\n");
      const exported = server.received.filter(({ url }) => url === "/v1/traces");
      expect(exported).toHaveLength(1);
      expect(exported[0]!.body.includes("work")).toBe(true);
    });
  });
}
