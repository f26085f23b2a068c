import { profileBytes } from "../profile-bytes.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Cases about names, times, tenants and delays of `/ingest`, and about unnamed frames, that happen to be recorded with
 * folded text. Two are not among them: with a label `service_name` folded text keeps the application's name in another
 * label, pprof does not.
 */
const aboutOtherThings =
  /^ingest-(1\.5|10\.2-(?!19|20)|10\.3-|10\.1-(from|until)|11\.4-empty-(names|frame)|2-ingest-|1-delay)/;

/** Sample rate of folded text: each count stands for 10 ms of CPU. With a rate of 0 counts stay what they are. */
const nanosPerCount = 10_000_000;

/**
 * The same case with a pprof of equal content, for cases that are not about folded text: service, labels, time and the
 * resulting profile type are the same. Undefined for all others.
 */
export function foldedAsPprof(exchange: Exchange): Exchange | undefined {
  if (!aboutOtherThings.test(exchange.id) || exchange.request_body_text === undefined) {
    return undefined;
  }
  const { searchParams } = new URL(exchange.path, "http://x");
  const rate = searchParams.get("sampleRate") ?? "100";
  if ((searchParams.get("name") ?? "").split("{")[0]!.includes(".")) return undefined;
  if (rate !== "100" && rate !== "0") return undefined;
  const lines = exchange.request_body_text.replace(/\n$/, "").split("\n");
  if (!lines.every((line) => / \d+$/.test(line))) return undefined;
  const factor = rate === "0" ? 1 : nanosPerCount;
  const profile = profileBytes({
    ...(rate === "0"
      ? { types: [["samples", "count"]] }
      : { types: [["cpu", "nanoseconds"]], periodType: ["cpu", "nanoseconds"], period: factor }),
    samples: lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return {
        stack: framesOf(line.slice(0, space)),
        values: [Number(line.slice(space + 1)) * factor],
      };
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

/** Empty names are frames too, but nothing follows a last semicolon. */
function framesOf(stack: string): readonly string[] {
  return stack === "" ? [] : stack.replace(/;$/, "").split(";");
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
