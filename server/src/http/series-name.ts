/** What the `name` parameter of `/ingest` says: an application and its labels. */
export interface SeriesName {
  readonly app: string;
  /** Without `__name__`, which replaces the application; the last of repeated keys wins. */
  readonly labels: ReadonlyMap<string, string>;
}

/** A `name` that cannot be read. The message is what clients are shown. */
export class SeriesNameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SeriesNameError";
  }
}

/**
 * Reads `app.name{key=value,key2=value2}`. Values are literal text: quotes stay, `,` and `}` end them. A last label
 * without `,` or `}` behind it is dropped, and so is everything after `app{}`.
 *
 * @throws SeriesNameError
 */
export function parseSeriesName(text: string): SeriesName {
  const brace = text.indexOf("{");
  const app = (brace < 0 ? text : text.slice(0, brace)).trim();
  checkApp(app);
  const labels = new Map<string, string>();
  let at = brace < 0 ? text.length : brace + 1;
  while (at < text.length) {
    // A key runs up to `=`. A brace in its place ends the list; the brace that ends a value does not.
    const equals = text.indexOf("=", at);
    const close = text.indexOf("}", at);
    if (equals < 0 || (close >= 0 && close < equals)) break;
    const end = endOfValue(text, equals + 1);
    if (end < 0) break;
    const key = text.slice(at, equals).trim();
    checkKey(key);
    labels.set(key, text.slice(equals + 1, end).trim());
    at = end + 1;
  }
  const replaced = labels.get("__name__");
  labels.delete("__name__");
  return { app: replaced ?? app, labels };
}

function endOfValue(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "," || text[i] === "}") return i;
  }
  return -1;
}

function checkApp(app: string): void {
  if (app === "") throw new SeriesNameError("name: service name is required");
  const bad = /[^A-Za-z0-9_\-./]/u.exec(app)?.[0];
  if (bad !== undefined) {
    throw new SeriesNameError(
      `name: invalid service name: ${app}: character is not allowed: '${bad}'`,
    );
  }
}

function checkKey(key: string): void {
  if (key === "") throw new SeriesNameError("name: label name is required");
  const bad = /[^A-Za-z0-9_.]/u.exec(key)?.[0];
  if (bad !== undefined) {
    throw new SeriesNameError(
      `name: invalid label name: ${key}: character is not allowed: '${bad}'`,
    );
  }
}
