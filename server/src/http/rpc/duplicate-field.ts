/**
 * The first field that an object of a JSON text has twice, or undefined. `JSON.parse` keeps the last of them, which
 * hides a client's mistake. The text must already have been parsed without an error.
 */
export function findDuplicateField(text: string): string | undefined {
  /** One entry per open bracket: the fields seen so far, or undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case OPEN_BRACE:
        open.push(new Set());
        break;
      case OPEN_BRACKET:
        open.push(undefined);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case QUOTE: {
        const end = endOfString(text, i);
        const fields = open.at(-1);
        if (fields !== undefined && isFollowedByColon(text, end)) {
          const name = JSON.parse(text.slice(i, end)) as string;
          if (fields.has(name)) return name;
          fields.add(name);
        }
        i = end - 1;
        break;
      }
    }
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

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
