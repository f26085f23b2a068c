import { type FrameTable, NO_FRAME, ROOT_FRAME } from "./frame-table.ts";

/** Which functions a search text matches. */
export interface SearchResult {
  /** For each entry of the table's names 1 if it matches. */
  readonly matches: Uint8Array;
  /** Number of functions that match. */
  readonly functions: number;
  /** Value spent in matching functions and what they call, nothing counted twice. */
  readonly total: number;
}

/** What a search text means: `=name` one function, `/expression/` a regular expression, anything else a part. */
export type SearchTerm =
  | { readonly kind: "part"; readonly text: string }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "expression"; readonly expression: RegExp };

/** Reads a search text; undefined when it is blank. An expression that is not finished yet is taken as plain text. */
export function parseSearch(text: string): SearchTerm | undefined {
  if (text.trim() === "") return undefined;
  if (text.startsWith("=")) return { kind: "function", name: text.slice(1) };
  const slashes = /^\/(.+)\/$/.exec(text);
  if (slashes) {
    try {
      return { kind: "expression", expression: new RegExp(slashes[1]!, "i") };
    } catch {
      // Falls through: what is typed so far is no expression.
    }
  }
  return { kind: "part", text: text.trim().toLowerCase() };
}

/** The search text that matches exactly one function, also the one without a name. */
export function searchFor(functionName: string): string {
  return `=${functionName}`;
}

/** Finds the functions that match, and what share of the whole they account for. */
export function search(table: FrameTable, term: SearchTerm): SearchResult {
  const matches = new Uint8Array(table.names.length);
  for (const [index, name] of table.names.entries()) {
    if (matchesName(term, name)) matches[index] = 1;
  }
  // A frame below a matching one is inside its total already.
  const covered = new Uint8Array(table.length);
  // The root's name is in the table of names too, but no function unless one is called the same.
  const found = new Set<number>();
  let total = 0;
  for (let frame = 0; frame < table.length; frame++) {
    const parent = table.parent[frame]!;
    const matching = frame !== ROOT_FRAME && matches[table.name[frame]!] === 1;
    if (matching) found.add(table.name[frame]!);
    if (parent !== NO_FRAME && covered[parent] === 1) {
      covered[frame] = 1;
    } else if (matching) {
      covered[frame] = 1;
      total += table.total[frame]!;
    }
  }
  return { matches, functions: found.size, total };
}

function matchesName(term: SearchTerm, name: string): boolean {
  switch (term.kind) {
    case "part":
      return name.toLowerCase().includes(term.text);
    case "function":
      return name === term.name;
    case "expression":
      return term.expression.test(name);
  }
}
