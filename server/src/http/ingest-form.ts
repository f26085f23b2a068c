import busboy from "busboy";
import type { SampleTypeConfig } from "../ingest/ingester.ts";

/** The file parts of a multipart body that the server knows; a missing part is undefined. */
export interface IngestForm {
  readonly profile: Uint8Array | undefined;
  readonly previousProfile: Uint8Array | undefined;
  readonly sampleTypeConfig: SampleTypeConfig | undefined;
}

/** A multipart body that cannot be read. The message is what clients are shown. */
export class IngestFormError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "IngestFormError";
  }
}

/** More parts than any client sends; the rest is refused. */
const MAX_PARTS = 64;
/** Far above any configuration; the first part of that name counts, as does its size against the body limit. */
const MAX_CONFIG_BYTES = 1024 * 1024;

const PARTS: ReadonlySet<string> = new Set(["profile", "prev_profile", "sample_type_config"]);

/**
 * Reads a multipart form that is already in memory. Parts without a file name and parts of other names are passed
 * over; of parts with the same name the first one counts.
 *
 * @throws IngestFormError
 */
export async function parseIngestForm(body: Uint8Array, contentType: string): Promise<IngestForm> {
  if (!/boundary\s*=\s*("[^"]+"|[^\s";]+)/i.test(contentType)) {
    throw new IngestFormError("malformed multipart content type header");
  }
  const parts = await readParts(body, contentType);
  const config = parts.get("sample_type_config");
  return {
    profile: parts.get("profile"),
    previousProfile: parts.get("prev_profile"),
    sampleTypeConfig: config === undefined ? undefined : parseSampleTypeConfig(config),
  };
}

/**
 * Reads the part `sample_type_config`: an object of objects with known, typed fields.
 *
 * @throws IngestFormError
 */
export function parseSampleTypeConfig(bytes: Uint8Array): SampleTypeConfig {
  if (bytes.length > MAX_CONFIG_BYTES) {
    throw new IngestFormError("parsing sample_type_config: more than 1 MiB");
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch (cause) {
    throw new IngestFormError(`parsing sample_type_config: ${(cause as Error).message}`, { cause });
  }
  if (value === null) return {};
  if (!isObject(value)) throw new IngestFormError("parsing sample_type_config: not an object");
  const config: Record<string, Record<string, string | boolean>> = Object.create(null);
  for (const [type, entry] of Object.entries(value)) {
    if (entry === null) {
      config[type] = {};
      continue;
    }
    if (!isObject(entry)) {
      throw new IngestFormError(`parsing sample_type_config: ${JSON.stringify(type)} is no object`);
    }
    config[type] = checkFields(type, entry);
  }
  return config as SampleTypeConfig;
}

const FIELDS: Readonly<Record<string, "string" | "boolean">> = {
  units: "string",
  "display-name": "string",
  aggregation: "string",
  cumulative: "boolean",
  sampled: "boolean",
};

function checkFields(
  type: string,
  entry: Record<string, unknown>,
): Record<string, string | boolean> {
  const fields: Record<string, string | boolean> = {};
  for (const [name, expected] of Object.entries(FIELDS)) {
    const field = Object.hasOwn(entry, name) ? entry[name] : undefined;
    if (field === undefined || field === null) continue;
    if (typeof field !== expected) {
      throw new IngestFormError(
        `parsing sample_type_config: ${JSON.stringify(type)}: ${name} is not a ${expected}`,
      );
    }
    fields[name] = field as string | boolean;
  }
  return fields;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readParts(body: Uint8Array, contentType: string): Promise<Map<string, Uint8Array>> {
  return new Promise((resolve, reject) => {
    const parts = new Map<string, Uint8Array>();
    const fail = (cause: unknown) => {
      const text = cause instanceof Error ? cause.message : String(cause);
      reject(new IngestFormError(`reading the multipart form: ${text}`, { cause }));
    };
    let parser: busboy.Busboy;
    try {
      parser = busboy({
        headers: { "content-type": contentType },
        limits: {
          parts: MAX_PARTS,
          headerPairs: 100,
          fieldNameSize: 1024,
          fileSize: Number.POSITIVE_INFINITY,
        },
      });
    } catch (error) {
      fail(error);
      return;
    }
    parser.on("file", (name, stream) => {
      if (!PARTS.has(name) || parts.has(name)) {
        stream.resume();
        return;
      }
      parts.set(name, new Uint8Array(0));
      const chunks: Uint8Array[] = [];
      stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      stream.on("end", () => parts.set(name, Buffer.concat(chunks)));
      stream.on("error", fail);
    });
    parser.on("partsLimit", () => fail(new Error(`more than ${MAX_PARTS} parts`)));
    parser.on("error", fail);
    parser.on("close", () => resolve(parts));
    parser.end(body);
  });
}
