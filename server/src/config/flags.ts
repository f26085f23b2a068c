/** Command-line flags by name, and what else there was. */
export interface ParsedFlags {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/**
 * Reads flags with one dash or two: `-name=value`, `-name value`, and `-name` alone for those that are on or off.
 * The last of repeated flags wins.
 */
export function parseFlags(
  args: readonly string[],
  kindOf: (name: string) => "boolean" | "value" | undefined,
): ParsedFlags {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) {
      problems.push(`not a flag: ${JSON.stringify(arg)}`);
      continue;
    }
    const name = match[1]!;
    const kind = kindOf(name);
    if (kind === undefined) {
      problems.push(`flag provided but not defined: -${name}`);
      continue;
    }
    const value = match[2];
    if (value !== undefined) values.set(name, value);
    else if (kind === "boolean") values.set(name, "true");
    else if (i + 1 < args.length) values.set(name, args[++i]!);
    else problems.push(`flag needs an argument: -${name}`);
  }
  return { values, problems };
}
