/** Where our answer to a recorded exchange is not the original's. */
export interface ExchangeDifference {
  /** Matches the ids of the exchanges, whole. */
  readonly ids: RegExp;
  /**
   * `deliberate`: we do the better thing, and `ours` says what we answer.
   * `not yet`: the answer needs a capability that the server does not have.
   * `recording`: the request carries the times of its recording, so nobody can repeat its answer.
   */
  readonly kind: "deliberate" | "not yet" | "recording";
  readonly reason: string;
  /** Our answer: status, and text that its body holds. Required for deliberate differences. */
  readonly ours?: { readonly status: number; readonly text: string };
}

/** Every exchange in scope that we answer differently. An entry whose exchange is answered alike fails the replay. */
export const exchangeDifferences: readonly ExchangeDifference[] = [
  {
    ids: /ingest-4\.2-(zero-payload|payload-(1|5|9)-bytes)/,
    kind: "deliberate",
    reason: "an empty or cut payload is the client's fault: 400, where the original says 500",
    ours: { status: 400, text: '"message":"gzip reset: ' },
  },
  {
    ids: /ingest-4\.2-payload-10-bytes|ingest-4\.3-partial-decode/,
    kind: "deliberate",
    reason: "bytes that are no pprof are the client's fault: 400, where the original says 500",
    ours: { status: 400, text: '"code":"invalid_argument"' },
  },
  {
    ids: /ingest-4-grpc-broken-gzip/,
    kind: "deliberate",
    reason: "broken gzip over gRPC: status 3 (invalid argument) instead of 2 (unknown)",
    ours: { status: 200, text: "" },
  },
  {
    ids: /ingest-6\.2-(name|value)-bad-utf8/,
    kind: "deliberate",
    reason: "strings of a protobuf message are UTF-8, so the message is refused: 400 for both",
    ours: { status: 400, text: "unmarshal message: " },
  },
  {
    ids: /ingest-10\.4-pprof-garbage/,
    kind: "deliberate",
    reason: "status and prefix are the same; the decoder's own words say what is wrong and where",
    ours: { status: 422, text: "parsing IngestInput-pprof failed invalid_argument: proto: " },
  },
  {
    ids: /ingest-11\.3-(no-profile|value-field)/,
    kind: "deliberate",
    reason: "a form without a profile is refused, where the original says 200 and stores nothing",
    ours: { status: 422, text: "no file part named profile" },
  },
  {
    ids: /ingest-11\.3-config-(bad|array)/,
    kind: "deliberate",
    reason: "status and prefix are the same; the words are those of another JSON parser",
    ours: { status: 422, text: "multipart form parsing sample_type_config: " },
  },
  {
    ids: /ingest-7\.3-negative-no-period2?/,
    kind: "deliberate",
    reason:
      "a negative value without a period type: the sample is dropped; the original fails with 500",
    ours: { status: 200, text: "" },
  },
  {
    ids: /conf-(6\.15-t-small-1MiB(-gzip)?|6\.18-push-1MiB\+0|7\.6-ingest-1MiB(\+0|-2|-3|-8|-10))/,
    kind: "deliberate",
    reason:
      "a profile of just the limit is within it; the original counts what it adds itself (labels, time) and refuses",
    ours: { status: 200, text: "" },
  },
  {
    ids: /conf-6\.2-rate(-ingest-pprof)?/,
    kind: "deliberate",
    reason: "the rate counts the bytes as received, the original's after writing the profile anew",
    ours: { status: 429, text: "push rate limit (1.0 KiB) exceeded while adding " },
  },
  {
    ids: /query-4\.5-(span-(tooshort|z+|empty-string|010203040506070809|bad-no-data)|trace-tooshort|profile-id-bad|grafana-span-[0-4])|query-4\.7-trace-bad|query-4\.6-span-bad/,
    kind: "deliberate",
    reason:
      "malformed span, trace and profile ids: 400 always; the original says 500, and only if data matched",
    ours: { status: 400, text: '"code":"invalid_argument"' },
  },
  {
    ids: /query-2\.2-(names|values|series)-3|query-2\.2-grafana-values-07/,
    kind: "deliberate",
    reason: "an empty matcher, which Grafana sends, matches everything; the original refuses it",
    ours: { status: 200, text: "" },
  },
  {
    ids: /query-2\.2-grafana-(values-0[123]|names|series|smst)/,
    kind: "deliberate",
    reason:
      "a profile type id before the braces, which Grafana sends, selects that type; the original finds nothing",
    ours: { status: 200, text: "" },
  },
  {
    ids: /query-2\.2-series-4|query-4\.4-names/,
    kind: "deliberate",
    reason:
      "series without any of the labels give one empty set; the original does so only within one block, that is, after compaction",
    ours: { status: 200, text: "{}" },
  },
  {
    ids: /query-4\.[23]-time-filter/,
    kind: "deliberate",
    reason:
      "label names and values are answered at a granularity of 15 minutes, so neighbours in time show",
    ours: { status: 200, text: '"names":[' },
  },
  {
    ids: /query-2\.4-max-nodes-3/,
    kind: "deliberate",
    reason:
      "nodes are cut in the passes that the original has for one block; it cuts each of its blocks before, so less is left there; totals are the same",
    ours: { status: 200, text: '"total":"161"' },
  },
  {
    ids: /query-4\.5-(format-3|format-PROFILE_FORMAT_DOT|dot-nodes)/,
    kind: "deliberate",
    reason: "the same graph for Graphviz, with values in their unit where the original prints 0",
    ours: { status: 200, text: "digraph" },
  },
  {
    ids: /query-4\.11-(stats(-body)?|more|lag|fresh)|conf-3\.8-nolimit-stats2?/,
    kind: "deliberate",
    reason: "times of all that is stored, at once; the original learns of it when it compacts",
    ours: { status: 200, text: '{"dataIngested":true,"oldestProfileTime":"' },
  },
  {
    ids: /query-4\.8-step-(NaN|Infinity)/,
    kind: "deliberate",
    reason: "a step that is no number of seconds is refused; the original answers with nothing",
    ours: { status: 400, text: "step must be " },
  },
  {
    ids: /query-4\.8-exemplar-(3|span-nodata)/,
    kind: "deliberate",
    reason: "span exemplars: 400 always; the original says 500, and only if data matched",
    ours: { status: 400, text: "exemplar type span is not implemented" },
  },
  {
    ids: /query-5\.3-overflow/,
    kind: "deliberate",
    reason: "totals beyond int64 stop at its maximum; the original's flame graph is empty then",
    ours: { status: 200, text: '"total":"9223372036854775807"' },
  },
  {
    ids: /query-10-buildinfo|ops-4-api-v1-status-buildinfo|ingest-2-buildinfo/,
    kind: "deliberate",
    reason: "our version, and that of Node.js where the original has Go's",
    ours: { status: 200, text: `"goVersion":"node${process.versions.node}"` },
  },
  {
    ids: /ops-4-(api-v1-tenant-limits|tenant-limits|refm-api-v-tenant-limits)/,
    kind: "deliberate",
    reason:
      "the limits of a tenant are answered, as the name of the path says; the original has no such page",
    ours: { status: 200, text: '"ingestion_rate_mb":' },
  },
  {
    ids: /ops-4-tenant-limits-none/,
    kind: "deliberate",
    reason: "the limits of a tenant are not answered without a tenant",
    ours: { status: 401, text: '"message":"no org id"' },
  },
  {
    ids: /ingest-13\.(4-sample-service-a|1-gzip-stored|3-exe-stored)/,
    kind: "not yet",
    reason: "OTLP: these ask for what an OTLP request stored",
  },
  {
    ids: /query-1-grpc-json|query-2\.5-accept-grafana/,
    kind: "recording",
    reason: "the binary request has no time placeholders",
  },
];
