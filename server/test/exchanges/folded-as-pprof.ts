import { profileBytes } from "../profile-bytes.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Cases about names, times, tenants and delays of `/ingest` that happen to be recorded with folded text. Two are not
 * among them: with a label `service_name` folded text keeps the application's name in another label, pprof does not.
 */
const aboutTheRoute = /^ingest-(1\.5|10\.2-(?!19|20)|10\.3-|10\.1-(from|until)|2-ingest-|1-delay)/;

/** Sample rate of folded text: each count stands for 10 ms of CPU. */
const nanosPerCount = 10_000_000;

/**
 * The same case with a pprof of equal content, for cases that are about the route and not about folded text:
 * service, labels, time and the resulting profile type are the same. Undefined for all others.
 */
export function foldedAsPprof(exchange: Exchange): Exchange | undefined {
  if (!aboutTheRoute.test(exchange.id) || exchange.request_body_text === undefined)
    return undefined;
  const url = new URL(exchange.path, "http://x");
  const name = url.searchParams.get("name") ?? "";
  if (name.split("{")[0]!.includes(".") || url.searchParams.has("sampleRate")) return undefined;
  const lines = exchange.request_body_text.trim().split("\n");
  if (!lines.every((line) => /^\S+ \d+$/.test(line))) return undefined;
  const profile = profileBytes({
    types: [["cpu", "nanoseconds"]],
    periodType: ["cpu", "nanoseconds"],
    period: nanosPerCount,
    samples: lines.map((line) => {
      const [stack = "", count] = line.split(" ");
      return { stack, values: [Number(count) * nanosPerCount] };
    }),
  });
  const { request_body_text: _text, ...rest } = exchange;
  return {
    ...rest,
    ...refusalOfPprof(exchange),
    path: exchange.path.replace(/([?&])format=[^&]*/, "$1format=pprof"),
    request_body_base64: Buffer.from(profile).toString("base64"),
  };
}

/** Refused labels and times are answered bare for text, and with status 422 and a longer message for pprof. */
function refusalOfPprof(exchange: Exchange): Partial<Exchange> {
  const text = exchange.response_body_text ?? "";
  if (exchange.status !== 400 || text.includes('"name: ')) return {};
  const { message } = JSON.parse(text) as { message: string };
  const wrapped = `pushing IngestInput-pprof failed push series with index 0 and id  failed: invalid_argument: ${message}`;
  return {
    status: 422,
    response_body_text: `${JSON.stringify({ code: "unknown", message: wrapped })}\n`,
  };
}
