import type { Profile } from "@pyrospan/pprof";
import { replaceStrings } from "./validate-profile.ts";

const SHAPE = "[go.shape.";

/**
 * Removes the compiler's type shapes from the names of generic Go functions, so that the instances of one function
 * are one function: `pkg.(*T[go.shape.int]).Method` becomes `pkg.(*T).Method`.
 * `spy` is the label `pyroscope_spy`; without it the strings tell whether this is a Go program.
 */
export function dropGoShapes(profile: Profile, spy: string): Profile {
  const { strings } = profile;
  const text = Buffer.from(strings.data.buffer, strings.data.byteOffset, strings.data.byteLength);
  if (text.indexOf(SHAPE) < 0 || languageOf(profile, spy) !== "go") return profile;
  const start = strings.start.slice();
  const end = strings.end.slice();
  const added: Buffer[] = [];
  let length = text.length;
  for (let i = 0; i < strings.length; i++) {
    if (text.subarray(start[i], end[i]).indexOf(SHAPE) < 0) continue;
    const name = Buffer.from(withoutShapes(strings.get(i)));
    added.push(name);
    start[i] = length;
    length += name.length;
    end[i] = length;
  }
  if (added.length === 0) return profile;
  const data = Buffer.concat([text, ...added]);
  return { ...profile, strings: replaceStrings(data, start, end) };
}

/** Cuts every bracketed part that begins with a shape, with the brackets inside it. */
export function withoutShapes(name: string): string {
  let result = "";
  let from = 0;
  for (;;) {
    const open = name.indexOf(SHAPE, from);
    if (open < 0) return result + name.slice(from);
    result += name.slice(from, open);
    let depth = 0;
    let pos = open;
    for (; pos < name.length; pos++) {
      if (name[pos] === "[") depth++;
      else if (name[pos] === "]" && --depth === 0) break;
    }
    if (depth > 0) return result + name.slice(open);
    from = pos + 1;
  }
}

const languageBySpy: ReadonlyMap<string, string> = new Map([
  ["dotnetspy", "dotnet"],
  ["gospy", "go"],
  ["phpspy", "php"],
  ["pyspy", "python"],
  ["rbspy", "ruby"],
  ["nodespy", "nodejs"],
  ["javaspy", "java"],
  ["grafana-agent.java", "java"],
  ["pyroscope-rs", "rust"],
]);

/** What begins or ends the first telling string of a program in the language. */
const marks: readonly (readonly [language: string, marks: readonly string[]])[] = [
  ["go", [".go", "/usr/local/go/"]],
  ["java", ["java/", "sun/"]],
  ["ruby", [".rb", "gems/"]],
  ["nodejs", ["./node_modules/", ".js"]],
  ["dotnet", ["System.", "Microsoft."]],
  ["python", [".py"]],
  ["rust", ["main.rs", "core.rs"]],
];

function languageOf({ strings }: Profile, spy: string): string {
  const known = languageBySpy.get(spy);
  if (known !== undefined) return known;
  for (let i = 0; i < strings.length; i++) {
    const text = strings.get(i);
    for (const [language, parts] of marks) {
      if (parts.some((part) => text.startsWith(part) || text.endsWith(part))) return language;
    }
  }
  return "unknown";
}
