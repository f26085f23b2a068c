import { MAX_PARTS, tooManyParts } from "./message-parts.ts";

/**
 * Refuses a JSON text that is not to be parsed. Counts the objects and list elements without making them, an object's
 * fields past the fourth too: unknown ones are made like all others before they are left out, and what there may be
 * many of has no more. Finds a field that an object has twice, of which `JSON.parse` keeps the last: that hides a
 * client's mistake. A text that is no JSON may pass.
 *
 * @throws Error above {@link MAX_PARTS}, and for a field that comes twice
 */
export function checkJson(text: string): void {
  /** One entry per open bracket: the fields seen so far, or undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let parts = 0;
  for (let i = 0; i < text.length; i++) {
    const fields = open.at(-1);
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        if (fields !== undefined && isFollowedByColon(text, end)) {
          addField(fields, JSON.parse(text.slice(i, end)) as string);
          if (fields.size > FREE_FIELDS) parts++;
        }
        i = end - 1;
        break;
      }
      case OPEN_BRACE:
        if (fields !== undefined) parts++;
        open.push(new Set());
        break;
      case OPEN_BRACKET:
        // Its first element.
        parts++;
        open.push(undefined);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case COMMA:
        if (fields === undefined) parts++;
        break;
    }
    if (parts > MAX_PARTS) throw tooManyParts();
  }
}

const FREE_FIELDS = 4;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function addField(fields: Set<string>, name: string): void {
  if (fields.has(name)) throw new Error(`duplicate field ${JSON.stringify(name)}`);
  fields.add(name);
}

/** Index after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function isFollowedByColon(text: string, index: number): boolean {
  let i = index;
  while (/\s/.test(text[i] ?? "")) i++;
  return text.charCodeAt(i) === COLON;
}
