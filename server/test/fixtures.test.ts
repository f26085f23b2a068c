import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Clients,
  connectClients,
  flameFacts,
  profileTypesOf,
  push,
  recent,
  seriesTotal,
  topSelf,
} from "./client.ts";
import { filePart, formBody } from "./multipart.ts";
import { inflate, withTime } from "./pprof-time.ts";
import { fixturesDir } from "./shared-data.ts";
import { startServer, type TestServer } from "./start-server.ts";

/** What the original did with a file: `reference-answers.json`. */
interface Answer {
  readonly via: string;
  readonly request: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly query?: string;
    readonly content_type: string;
    readonly parts?: Readonly<Record<string, string>>;
  };
  readonly status: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly stored: {
    readonly profile_types: Readonly<Record<string, StoredType>>;
    readonly series_label_sets: number;
  };
}

interface StoredType {
  readonly total: string;
  readonly series_total: string;
  readonly functions: number;
  readonly levels: number;
  readonly top5_self: readonly { readonly function: string; readonly value: string }[];
  readonly span?: { readonly id: string; readonly total: string };
}

interface ExpectedFile {
  readonly stack_depth_frames_inlined: { readonly max: number };
  readonly sample_types: readonly {
    readonly type: string;
    readonly unit: string;
    readonly sum: string;
  }[];
}

const overrides = `overrides:
  default-limits:
    ingestion_rate_mb: 4000
    ingestion_burst_size_mb: 4000
  no-limits:
    ingestion_rate_mb: 4000
    ingestion_burst_size_mb: 4000
    max_profile_size_bytes: 0
    max_profile_stacktrace_samples: 0
`;

describe.skipIf(!fixturesDir)("recorded pprof files (skipped without ../shared/fixtures)", () => {
  const { files } = readJson<{ files: Record<string, { format: string; answers: Answer[] }> }>(
    "reference-answers.json",
  );
  const expected = readJson<{ files: Record<string, ExpectedFile> }>(
    "MANIFEST-expected.json",
  ).files;
  const cases = Object.entries(files)
    .filter(([, { format }]) => format === "pprof")
    .flatMap(([file, { answers }]) => answers.map((answer) => ({ file, answer, via: answer.via })));
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer({ flags: ["-auth.multitenancy-enabled=true"], overrides });
  });

  afterAll(async () => {
    await server?.stop();
  });

  test("there are files", () => {
    expect(cases.length).toBeGreaterThan(90);
  });

  test.concurrent.each(cases)("$file by $via", async ({ file, answer }) => {
    const tenant = answer.via.endsWith("limits 0 = off)") ? "no-limits" : "default-limits";
    const clients = connectClients(server.url, tenant);
    const service = `${file.replace(/[^A-Za-z0-9]/g, "-")}-${answer.via.replace(/[^a-z0]/g, "-")}`;
    const sent = await send(clients, tenant, service, file, answer);
    const message = answer.error?.message.replaceAll("$service", service) ?? "";
    // Long messages were recorded only in part.
    expect(message.length > 300 ? sent.message.slice(0, message.length) : sent.message).toBe(
      message,
    );
    expect(sent.status).toBe(answer.status);

    const types = answer.stored.profile_types;
    expect(await profileTypesOf(clients, service)).toEqual(Object.keys(types).sort());
    // Where Go cut stacks off, the original guesses the missing roots from other stacks; we keep what was sent.
    const deepest = 1 + (expected[file]?.stack_depth_frames_inlined.max ?? 0);
    const repaired = Object.values(types).some(({ levels }) => levels > deepest);
    for (const [id, stored] of Object.entries(types)) {
      const selector = `{service_name="${service}"}`;
      const query = {
        profileTypeID: id,
        labelSelector: selector,
        maxNodes: 1_048_576n,
        ...recent(),
      };
      const { flamegraph } = await clients.querier.selectMergeStacktraces(query);
      const facts = flameFacts(flamegraph);
      expect(topSelf(facts, 5)).toEqual(
        stored.top5_self.map(({ function: name, value }) => [name, BigInt(value)]),
      );
      expect({ total: facts.total, functions: facts.functions, levels: facts.levels + 1 }).toEqual({
        total: BigInt(stored.total),
        functions: stored.functions,
        levels: repaired ? expect.toSatisfy((levels) => levels <= deepest) : stored.levels,
      });
      const total = await seriesTotal(clients, id, selector);
      expect(total).toBe(Number(stored.series_total));
      expect(total).toBe(Number(sumInFile(file, id)));
      if (stored.span) {
        const span = await clients.querier.selectMergeStacktraces({
          ...query,
          spanSelector: [stored.span.id],
        });
        expect(span.flamegraph?.total).toBe(BigInt(stored.span.total));
      }
    }
  });

  /** Sum of the sample type of a profile type id, as counted in the file itself by an independent reader. */
  function sumInFile(file: string, profileType: string): string | undefined {
    const [, type, unit] = profileType.split(":");
    return expected[file]?.sample_types.find(
      (entry) => entry.type.replaceAll("-", "_") === type && entry.unit === unit,
    )?.sum;
  }

  async function send(
    clients: Clients,
    tenant: string,
    service: string,
    file: string,
    { request }: Answer,
  ): Promise<{ status: number; message: string }> {
    const now = BigInt(Date.now()) * 1_000_000n;
    const pprof = withTime(inflate(readFileSync(join(fixturesDir!, file))), now);
    if (request.labels) {
      try {
        await push(clients, { ...request.labels, service_name: service }, pprof);
        return { status: 200, message: "" };
      } catch (error) {
        const { rawMessage, code } = ConnectError.from(error);
        return { status: code === 3 ? 400 : 500, message: rawMessage };
      }
    }
    const parts = Object.entries(request.parts ?? {}).map(([name, path]) =>
      filePart(name, name === "profile" ? pprof : readFileSync(join(fixturesDir!, path))),
    );
    const query = (request.query ?? "").replace("$service", service);
    const response = await fetch(`${server.url}/ingest?${query}`, {
      method: "POST",
      headers: { "Content-Type": request.content_type, "X-Scope-OrgID": tenant },
      body: parts.length > 0 ? formBody(parts, request.content_type) : pprof,
    });
    const text = await response.text();
    return {
      status: response.status,
      message: text === "" ? "" : (JSON.parse(text) as { message: string }).message,
    };
  }
});

function readJson<T extends { files: object }>(name: string): T {
  if (!fixturesDir) return { files: {} } as T;
  return JSON.parse(readFileSync(join(fixturesDir, name), "utf8")) as T;
}
