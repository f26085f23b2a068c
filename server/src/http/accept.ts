/** What the `Accept` header of a request told the server. */
export type AcceptResult =
  | { readonly ok: true; readonly utf8LabelNames: boolean }
  | { readonly ok: false; readonly message: string };

/** Characters of a token in RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;
const NOTHING_ASKED: AcceptResult = { ok: true, utf8LabelNames: false };

/**
 * Reads client capabilities from an `Accept` header: the parameter `allow-utf8-labelnames=true` of any entry.
 * A header that is not a list of media types is refused with the text clients know.
 */
export function parseAccept(header: string | undefined): AcceptResult {
  if (header === undefined || header === "" || header === "*/*") return NOTHING_ASKED;
  let utf8LabelNames = false;
  for (const entry of header.split(",")) {
    const parsed = parseMediaType(entry);
    if (typeof parsed === "string") return { ok: false, message: parsed };
    if (parsed.get("allow-utf8-labelnames") === "true") utf8LabelNames = true;
  }
  return { ok: true, utf8LabelNames };
}

/** The parameters of one media type, names in lower case, or what is wrong with it. */
function parseMediaType(text: string): Map<string, string> | string {
  const semicolon = text.indexOf(";");
  const problem = checkType((semicolon < 0 ? text : text.slice(0, semicolon)).trim());
  if (problem !== undefined) return problem;
  const parameters = new Map<string, string>();
  let rest = semicolon < 0 ? "" : text.slice(semicolon).trimStart();
  while (rest !== "") {
    if (rest.trim() === ";") break;
    const parameter = takeParameter(rest);
    if (parameter === undefined) return "mime: invalid media parameter";
    if (parameters.has(parameter.name)) return "mime: duplicate parameter name";
    parameters.set(parameter.name, parameter.value);
    rest = parameter.rest.trimStart();
  }
  return parameters;
}

function checkType(text: string): string | undefined {
  const type = TOKEN.exec(text)?.[0];
  if (type === undefined) return "mime: no media type";
  const afterType = text.slice(type.length);
  if (afterType === "") return undefined;
  if (!afterType.startsWith("/")) return "mime: expected slash after first token";
  const subtype = TOKEN.exec(afterType.slice(1))?.[0];
  if (subtype === undefined) return "mime: expected token after slash";
  if (afterType.length > 1 + subtype.length) {
    return "mime: unexpected content after media subtype";
  }
  return undefined;
}

function takeParameter(
  text: string,
): { readonly name: string; readonly value: string; readonly rest: string } | undefined {
  if (!text.startsWith(";")) return undefined;
  const start = text.slice(1).trimStart();
  const name = TOKEN.exec(start)?.[0];
  if (name === undefined) return undefined;
  const equals = start.slice(name.length).trimStart();
  if (!equals.startsWith("=")) return undefined;
  const tail = equals.slice(1).trimStart();
  const value = tail.startsWith('"') ? takeQuoted(tail) : takeToken(tail);
  if (value === undefined) return undefined;
  return { name: name.toLowerCase(), value: value.value, rest: tail.slice(value.length) };
}

function takeToken(text: string): { readonly value: string; readonly length: number } | undefined {
  const value = TOKEN.exec(text)?.[0];
  return value === undefined ? undefined : { value, length: value.length };
}

function takeQuoted(text: string): { readonly value: string; readonly length: number } | undefined {
  let value = "";
  for (let i = 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') return { value, length: i + 1 };
    if (char === "\\" && i + 1 < text.length) value += text[++i]!;
    else value += char;
  }
  return undefined;
}
