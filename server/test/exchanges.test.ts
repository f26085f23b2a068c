import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchangeDifferences } from "./exchange-differences.ts";
import { difference } from "./exchanges/compare.ts";
import { type Exchange, fillTimes, readExchanges, requestBody } from "./exchanges/exchange.ts";
import { foldedAsPprof } from "./exchanges/folded-as-pprof.ts";
import { madeBody } from "./exchanges/made-bodies.ts";
import {
  capabilityOfData,
  missingCapability,
  overridesInScope,
  servicesOutOfScope,
} from "./exchanges/scope.ts";
import { contentOf, RawClient, type RawResponse } from "./raw-http.ts";
import { contractsDir } from "./shared-data.ts";
import { startServer, type TestServer } from "./start-server.ts";

/** Replays only what was recorded from this server of {@link Exchange.server}. */
const onlyServer = process.env.EXCHANGE_SERVER;

interface Outcome {
  readonly id: string;
  readonly difference: string | undefined;
  readonly response: RawResponse;
}

describe.skipIf(!contractsDir)("recorded exchanges (skipped without ../shared/contracts)", () => {
  const { exchanges, overrides } = contractsDir
    ? readExchanges(contractsDir)
    : { exchanges: [], overrides: "" };
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  const adapted = exchanges.map((exchange) =>
    missingCapability(exchange) === "folded text"
      ? (foldedAsPprof(exchange) ?? exchange)
      : exchange,
  );
  const services = servicesOutOfScope(adapted, missingCapability);
  const capabilityOf = (exchange: Exchange): string | undefined =>
    missingCapability(exchange) ?? capabilityOfData(exchange, services);
  const matchedDifferences = new Set<RegExp>();

  const groups: readonly { name: Exchange["server"]; flags: string[]; overrides?: string }[] = [
    { name: "v2", flags: [] },
    {
      name: "v2-tenants",
      flags: ["-auth.multitenancy-enabled=true"],
      overrides: overridesInScope(overrides),
    },
    { name: "v2-body-limit-1", flags: ["-distributor.ingestion-body-limit-mb=1"] },
  ];

  for (const group of groups.filter(({ name }) => !onlyServer || name === onlyServer)) {
    describe(`server ${group.name}`, () => {
      let server: TestServer;
      let client: RawClient;
      const outcomes: Outcome[] = [];
      const inScope = adapted.filter(
        (exchange) => exchange.server === group.name && capabilityOf(exchange) === undefined,
      );

      beforeAll(async () => {
        server = await startServer(group);
        client = new RawClient(server.url);
        const ids = new Map<string, string>();
        const baseMs = Math.floor(Date.now() / 60_000) * 60_000;
        for (const exchange of inScope) {
          const response = await send(client, exchange, baseMs, ids);
          outcomes.push({
            id: exchange.id,
            difference: difference(exchange, response, baseMs, ids),
            response,
          });
        }
      }, 180_000);

      afterAll(async () => {
        client?.close();
        await server?.stop();
      });

      test("every answer is the original's or a difference with a reason", () => {
        const unexpected: string[] = [];
        for (const { id, difference: found, response } of outcomes) {
          const known = exchangeDifferences.find(({ ids }) => matches(ids, id));
          if (!found) {
            if (known) unexpected.push(`${id}: equal now, but listed as ${known.reason}`);
            continue;
          }
          if (!known) {
            unexpected.push(`${id}: ${found}`);
            continue;
          }
          matchedDifferences.add(known.ids);
          const { ours } = known;
          const text = Buffer.from(contentOf(response)).toString("utf8");
          if (ours && (response.status !== ours.status || !text.includes(ours.text))) {
            unexpected.push(
              `${id}: our own answer changed: ${response.status} ${text.slice(0, 300)}`,
            );
          }
        }
        const equal = outcomes.filter(({ difference: found }) => !found).length;
        console.info(
          `${group.name}: ${outcomes.length} replayed, ${equal} equal, ` +
            `${outcomes.length - equal} different (${unexpected.length} unexpected)`,
        );
        if (process.env.EXCHANGE_REPORT) console.info(unexpected.join("\n\n"));
        expect(unexpected).toEqual([]);
      });
    });
  }

  test("everything out of scope is out of scope for a named capability", () => {
    const counts = new Map<string, number>();
    for (const exchange of adapted) {
      const capability = capabilityOf(exchange);
      if (capability) counts.set(capability, (counts.get(capability) ?? 0) + 1);
    }
    const lines = [...counts].sort(([, a], [, b]) => b - a).map(([name, n]) => `${n} ${name}`);
    console.info(`out of scope: ${lines.join(", ")}`);
    const replayed = new Set(groups.map(({ name }) => name));
    const left = adapted.filter(
      (exchange) => capabilityOf(exchange) === undefined && !replayed.has(exchange.server),
    );
    expect(left.map(({ id, server }) => `${id} of ${server}`)).toEqual([]);
  });

  test("every listed difference exists", () => {
    if (onlyServer) return;
    const stale = exchangeDifferences.filter(({ ids }) => !matchedDifferences.has(ids));
    expect(stale.map(({ ids }) => String(ids))).toEqual([]);
    for (const entry of exchangeDifferences) {
      if (entry.kind === "deliberate") expect(entry.ours, String(entry.ids)).toBeDefined();
    }
  });

  async function send(
    client: RawClient,
    exchange: Exchange,
    baseMs: number,
    ids: ReadonlyMap<string, string>,
  ): Promise<RawResponse> {
    let body = requestBody(exchange, baseMs) ?? madeBody(exchange, byId, baseMs);
    if (body === undefined && exchange.request_made_from !== undefined) {
      throw new Error(`${exchange.id}: its body is only described, and not understood`);
    }
    if (exchange.request_body_text !== undefined && body) {
      let text = Buffer.from(body).toString("utf8");
      for (const [theirs, ours] of ids) {
        text = text.replaceAll(theirs, ours).replaceAll(theirs.toUpperCase(), ours.toUpperCase());
      }
      body = Buffer.from(text);
    }
    const request = {
      method: exchange.method,
      path: fillTimes(exchange.path, baseMs),
      headers: exchange.request_headers,
      ...(body ? { body } : {}),
    };
    return exchange.http ? client.http2(request) : client.http1(request);
  }
});

function matches(pattern: RegExp, id: string): boolean {
  return pattern.exec(id)?.[0] === id;
}
