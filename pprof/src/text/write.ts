import { NONE, type Profile, type ValueType } from "../profile.ts";
import { formatQuantity } from "./units.ts";
import { quoteWord, STOPS } from "./words.ts";

/**
 * The text form of a profile, for tests and for people: one line a sample, root first, then its values and labels;
 * lines that begin with `@` say what holds for the whole profile.
 *
 * ```text
 * @types cpu=nanoseconds
 * main@main.ts:10;handle@app.ts:3:7|parse@app.ts:9 cpu=30ms thread=worker
 * main@main.ts:10;{0x7f00,libc.so} cpu=10ms size:=512bytes
 * ```
 *
 * - A frame is `function@file:line:column` with as much of it as is known; `|` comes between the lines of one location,
 *   caller first; `{address,mapping}` follows where there is one, with `,folded` for folded code.
 * - `-` is an empty stack, `?` a location that is not in the profile, `??` a line without function.
 * - Labels are `key=text` or `key:=number` with the unit right behind. Text that looks like a quantity, and names with
 *   characters of the notation, are JSON strings.
 *
 * What it leaves out: ids, system names, start lines, all of mappings but the file name, and unused rows.
 */
export function textOf(profile: Profile): string {
  const { sampleTypes, samples, strings } = profile;
  const key = (index: number) => quoteWord(strings.get(index), STOPS.key);
  const value = (index: number) => quoteWord(strings.get(index), STOPS.value);
  const valueType = ({ type, unit }: ValueType) => `${key(type)}=${value(unit)}`;
  const types = Array.from({ length: sampleTypes.length }, (_, i) => ({
    type: sampleTypes.type[i]!,
    unit: sampleTypes.unit[i]!,
  }));
  const text: string[] = [];
  const head = (name: string, content: string) => text.push(`@${name} ${content}`);
  if (types.length > 0) head("types", types.map(valueType).join(" "));
  if (profile.periodType !== undefined) {
    head("period", `${valueType(profile.periodType)} ${profile.period}`);
  } else if (profile.period !== 0n) head("period", `${profile.period}`);
  if (profile.timeNanos !== 0n) head("time", `${profile.timeNanos}`);
  if (profile.durationNanos !== 0n) head("duration", `${profile.durationNanos}`);
  if (profile.defaultSampleType !== 0) head("default", value(profile.defaultSampleType));
  if (profile.dropFrames !== 0) head("drop", value(profile.dropFrames));
  if (profile.keepFrames !== 0) head("keep", value(profile.keepFrames));
  if (profile.docUrl !== 0) head("doc", value(profile.docUrl));
  for (const comment of profile.comments) head("comment", value(comment));
  const locations = Array.from({ length: profile.locations.length }, (_, row) =>
    locationText(profile, row),
  );
  for (let row = 0; row < samples.length; row++) {
    const words = [stackText(profile, row, locations)];
    for (const [column, { type, unit }] of types.entries()) {
      const number = samples.values[row * types.length + column]!;
      words.push(`${key(type)}=${formatQuantity(number, strings.get(unit))}`);
    }
    words.push(...labelTexts(profile, row));
    text.push(words.join(" "));
  }
  return text.map((line) => `${line}\n`).join("");
}

function stackText({ samples }: Profile, row: number, texts: readonly string[]): string {
  const { locationStart, locations } = samples;
  const frames: string[] = [];
  for (let i = locationStart[row + 1]! - 1; i >= locationStart[row]!; i--) {
    const location = locations[i]!;
    frames.push(location === NONE ? "?" : texts[location]!);
  }
  return frames.length === 0 ? "-" : frames.join(";");
}

function locationText(profile: Profile, row: number): string {
  const { locations, mappings, strings } = profile;
  const lines: string[] = [];
  for (let i = locations.lineStart[row + 1]! - 1; i >= locations.lineStart[row]!; i--) {
    lines.push(lineText(profile, i));
  }
  const address = locations.address[row]!;
  const mapping = locations.mapping[row]!;
  const folded = locations.folded[row] === 1;
  if (lines.length > 0 && address === 0n && mapping < 0 && !folded) return lines.join("|");
  const place = [`0x${address.toString(16)}`];
  if (mapping >= 0) {
    place.push(quoteWord(strings.get(mappings.filename[mapping]!), STOPS.mappingName));
  }
  // Quoted unless it is the flag, so that a mapping may be called "folded".
  if (mapping >= 0 && place[1] === "folded") place[1] = '"folded"';
  if (folded) place.push("folded");
  return `${lines.join("|")}{${place.join(",")}}`;
}

function lineText({ lines, functions, strings }: Profile, i: number): string {
  const callee = lines.function[i]!;
  const file = callee === NONE ? "" : strings.get(functions.filename[callee]!);
  let text =
    callee === NONE ? "??" : quoteWord(strings.get(functions.name[callee]!), STOPS.functionName);
  const line = lines.line[i]!;
  const column = lines.column[i]!;
  if (file === "" && line === 0n && column === 0n) return text;
  text += file === "" ? "@" : `@${quoteWord(file, STOPS.fileName)}`;
  if (line !== 0n || column !== 0n) text += `:${line}`;
  return column === 0n ? text : `${text}:${column}`;
}

function labelTexts({ samples, labels, strings }: Profile, row: number): string[] {
  const texts: string[] = [];
  for (let i = samples.labelStart[row]!; i < samples.labelStart[row + 1]!; i++) {
    const key = quoteWord(strings.get(labels.key[i]!), STOPS.key);
    if (labels.str[i] !== 0) {
      const text = strings.get(labels.str[i]!);
      const looksLikeNumber = /^-?\d/.test(text);
      texts.push(`${key}=${looksLikeNumber ? JSON.stringify(text) : quoteWord(text, STOPS.value)}`);
      continue;
    }
    const unit = strings.get(labels.numUnit[i]!);
    texts.push(`${key}:=${labels.num[i]}${unit === "" ? "" : quoteWord(unit, STOPS.value)}`);
  }
  return texts.sort();
}
