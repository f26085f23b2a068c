import { ProfileBuilder } from "../build/profile-builder.ts";
import type {
  LabelInit,
  LineInit,
  ProfileBuilderOptions,
  ValueTypeInit,
} from "../build/profile-init.ts";
import { NONE, type Profile } from "../profile.ts";
import { parseQuantity, type Quantity } from "./units.ts";
import { STOPS, WordScanner } from "./words.ts";

/**
 * Makes a profile from its text form, which is described at {@link textOf}. Throws a `ProfileError` (`bad_text`) that
 * names line and column.
 *
 * Lines may be indented and words be any number of blanks apart. `@types` may be left out: then the quantities of the
 * first sample say what is measured, and their suffixes in which unit (`30ms` nanoseconds, `4KiB` bytes, `7` count).
 * A sample type that a sample does not mention is 0.
 */
export function profileFromText(text: string): Profile {
  const head: { -readonly [K in keyof ProfileBuilderOptions]: ProfileBuilderOptions[K] } = {
    sampleTypes: [],
  };
  const samples: { stack: StackText; scanner: WordScanner; words: SampleWords }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const scanner = new WordScanner(line, index + 1);
    scanner.skipBlanks();
    if (scanner.take("@")) {
      readHead(scanner, head);
    } else {
      const stack = readStack(scanner);
      samples.push({ stack, scanner, words: readWords(scanner) });
    }
  }
  if (head.sampleTypes.length === 0) {
    head.sampleTypes = [...(samples[0]?.words.values ?? [])].map(([type, { unit }]) => ({
      type,
      unit,
    }));
  }
  const builder = new ProfileBuilder(head);
  for (const { stack, scanner, words } of samples) {
    const values = sampleValues(head.sampleTypes, words.values, scanner);
    const locations = stack.map((location) => addLocation(builder, location)).reverse();
    builder.sample(locations, values, builder.labelSet(words.labels));
  }
  return builder.finish();
}

interface LineText {
  /** Undefined for a line without function. */
  readonly name: string | undefined;
  readonly file: string;
  readonly line: bigint;
  readonly column: bigint;
}

interface LocationText {
  /** Caller first, as in the text. */
  readonly lines: readonly LineText[];
  readonly address: bigint;
  readonly mapping: string | undefined;
  readonly folded: boolean;
}

/** Root first, as in the text; undefined for an unknown location. */
type StackText = (LocationText | undefined)[];

interface SampleWords {
  readonly values: Map<string, Quantity>;
  readonly labels: LabelInit[];
}

function readHead(
  scanner: WordScanner,
  head: { -readonly [K in keyof ProfileBuilderOptions]: ProfileBuilderOptions[K] },
): void {
  const { text: name } = scanner.word(STOPS.value);
  scanner.skipBlanks();
  switch (name) {
    case "types": {
      const types: ValueTypeInit[] = [];
      while (!scanner.done) {
        types.push(readValueType(scanner));
        scanner.skipBlanks();
      }
      head.sampleTypes = types;
      return;
    }
    case "period":
      if (!/[-\d]/.test(scanner.peek())) head.periodType = readValueType(scanner);
      head.period = readInteger(scanner);
      return;
    case "time":
      head.timeNanos = readInteger(scanner);
      return;
    case "duration":
      head.durationNanos = readInteger(scanner);
      return;
    case "default":
      head.defaultSampleType = scanner.word(STOPS.value).text;
      return;
    case "drop":
      head.dropFrames = scanner.word(STOPS.value).text;
      return;
    case "keep":
      head.keepFrames = scanner.word(STOPS.value).text;
      return;
    case "doc":
      head.docUrl = scanner.word(STOPS.value).text;
      return;
    case "comment":
      head.comments = [...(head.comments ?? []), scanner.word(STOPS.value).text];
      return;
    default:
      throw scanner.error(`@${name} is not known`);
  }
}

function readValueType(scanner: WordScanner): ValueTypeInit {
  const type = scanner.word(STOPS.key).text;
  scanner.expect("=");
  return { type, unit: scanner.word(STOPS.value).text };
}

function readInteger(scanner: WordScanner): bigint {
  const text = scanner.rest();
  if (!/^-?\d+$/.test(text)) throw scanner.error(`"${text}" is no integer`);
  return BigInt(text);
}

function readStack(scanner: WordScanner): StackText {
  if (scanner.takeSign("-")) return [];
  const stack: StackText = [];
  do {
    stack.push(scanner.takeSign("?") ? undefined : readLocation(scanner));
  } while (scanner.take(";"));
  return stack;
}

function readLocation(scanner: WordScanner): LocationText {
  const lines: LineText[] = [];
  if (scanner.peek() !== "{") {
    do lines.push(readLine(scanner));
    while (scanner.take("|"));
  }
  let address = 0n;
  let mapping: string | undefined;
  let folded = false;
  if (scanner.take("{")) {
    const { text } = scanner.word(STOPS.mappingName);
    if (!/^0x[0-9a-f]+$/i.test(text)) throw scanner.error(`"${text}" is no address`);
    address = BigInt(text);
    while (scanner.take(",")) {
      const word = scanner.word(STOPS.mappingName);
      if (word.text === "folded" && !word.quoted) folded = true;
      else mapping = word.text;
    }
    scanner.expect("}");
  }
  return { lines, address, mapping, folded };
}

function readLine(scanner: WordScanner): LineText {
  const unknown = scanner.takeSign("??");
  const name = unknown ? undefined : scanner.word(STOPS.functionName).text;
  let file = "";
  let line = 0n;
  let column = 0n;
  if (scanner.take("@")) {
    if (scanner.peek() !== ":") file = scanner.word(STOPS.fileName).text;
    if (scanner.take(":")) line = readNumber(scanner);
    if (scanner.take(":")) column = readNumber(scanner);
  }
  return { name, file, line, column };
}

function readNumber(scanner: WordScanner): bigint {
  const { text } = scanner.word(STOPS.fileName);
  if (!/^-?\d+$/.test(text)) throw scanner.error(`"${text}" is no line or column number`);
  return BigInt(text);
}

function readWords(scanner: WordScanner): SampleWords {
  const values = new Map<string, Quantity>();
  const labels: LabelInit[] = [];
  for (scanner.skipBlanks(); !scanner.done; scanner.skipBlanks()) {
    const key = scanner.word(STOPS.key).text;
    if (scanner.take(":=")) {
      labels.push(readNumericLabel(scanner, key));
      continue;
    }
    scanner.expect("=");
    const word = scanner.word(STOPS.value);
    const quantity = word.quoted ? undefined : parseQuantity(word.text);
    if (quantity === undefined) labels.push({ key, str: word.text });
    else values.set(key, quantity);
  }
  return { values, labels };
}

function readNumericLabel(scanner: WordScanner, key: string): LabelInit {
  const word = scanner.word(STOPS.value).text;
  const match = /^(-?\d+)(.*)$/s.exec(word);
  if (match === null) throw scanner.error(`"${word}" is no number`);
  const unit = scanner.peek() === '"' ? scanner.word(STOPS.value).text : match[2]!;
  return { key, num: BigInt(match[1]!), unit };
}

function sampleValues(
  types: readonly ValueTypeInit[],
  quantities: ReadonlyMap<string, Quantity>,
  scanner: WordScanner,
): bigint[] {
  for (const name of quantities.keys()) {
    if (!types.some(({ type }) => type === name)) {
      throw scanner.error(`"${name}" is no sample type; quote the text of labels that are numbers`);
    }
  }
  return types.map(({ type, unit }) => {
    const quantity = quantities.get(type);
    if (quantity === undefined) return 0n;
    if (quantity.unit !== unit && quantity.unit !== "count") {
      throw scanner.error(`${type} is in ${unit}, not ${quantity.unit}`);
    }
    return quantity.value;
  });
}

function addLocation(builder: ProfileBuilder, location: LocationText | undefined): number {
  if (location === undefined) return NONE;
  const { address, mapping, folded } = location;
  const lines = location.lines.map(({ name, file, line, column }): LineInit => {
    const callee = name === undefined ? NONE : builder.function({ name, filename: file });
    return { function: callee, line, column };
  });
  return builder.location({
    address,
    folded,
    lines: lines.reverse(),
    ...(mapping !== undefined && { mapping: builder.mapping({ filename: mapping }) }),
  });
}
