import { compareUtf8 } from "../compare-utf8.ts";
import { goQuote } from "../go-quote.ts";
import type { TenantLimits } from "../limits.ts";
import { Refusal } from "./refusal.ts";

/** Name and value. */
export type Label = readonly [name: string, value: string];

/** The labels of a series as sent: with a service name, sorted by name. */
export function seriesLabels(sent: readonly Label[]): Label[] {
  const labels = sent.map(([name, value]): Label => [name, value]);
  if (!labels.some(([name]) => name === "service_name")) {
    labels.push(["service_name", "unknown_service"]);
  }
  return sortLabels(labels);
}

/** Sorts by name, keeping the order of equal names. Changes and returns its argument. */
export function sortLabels(labels: Label[]): Label[] {
  return labels.sort(([a], [b]) => compareUtf8(a, b));
}

/** The value of a label, "" when it is absent. */
export function labelValue(labels: readonly Label[], name: string): string {
  return labels.find(([n]) => n === name)?.[1] ?? "";
}

/** Bytes of all names and values, as counted by the rate limit. */
export function labelBytes(labels: readonly Label[]): number {
  return labels.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

/** `{a="b", c="d"}`, as error messages show labels. */
export function renderLabels(labels: readonly Label[]): string {
  return `{${labels.map(([name, value]) => `${name}=${goQuote(value)}`).join(", ")}}`;
}

/**
 * Rules that always apply: profiles of the Go delta profiler lose their prefix, and wall profiles of CPU time are
 * CPU profiles.
 */
export function applyDefaultRules(labels: readonly Label[]): Label[] {
  const name = labelValue(labels, "__name__");
  const delta = /^godeltaprof_(.*)$/s.exec(name)?.[1];
  if (delta !== undefined) {
    return withLabels(labels, { __name_replaced__: name, __delta__: "false", __name__: delta });
  }
  if (name === "wall" && labelValue(labels, "__type__") === "cpu") {
    return withLabels(labels, { __name_replaced__: "wall", __name__: "process_cpu" });
  }
  return [...labels];
}

/**
 * Refuses a final label set that is against the rules or the limits; the order of the checks decides which error wins.
 * Returns the labels, with other names where they had to be sanitised.
 */
export function checkLabels(sorted: readonly Label[], limits: TenantLimits): readonly Label[] {
  const labels = [...sorted];
  const shown = (): string => renderLabels(labels);
  if (labels.length === 0) {
    throw new Refusal("error at least one label pair is required per profile", {
      reason: "missing_labels",
    });
  }
  if (limits.maxLabelNamesPerSeries > 0 && labels.length > limits.maxLabelNamesPerSeries) {
    throw new Refusal(
      `profile series '${shown()}' has ${labels.length} label names; limit ${limits.maxLabelNamesPerSeries}`,
      { reason: "max_label_names_per_series" },
    );
  }
  const metric = labelValue(labels, "__name__");
  if (metric === "" || !isText(metric)) {
    throw new Refusal(`invalid labels '${shown()}' with error: invalid metric name`, {
      reason: "invalid_labels",
    });
  }
  if (labelValue(labels, "service_name") === "") {
    throw new Refusal(`invalid labels '${shown()}' with error: service name is not provided`, {
      reason: "missing_labels",
    });
  }
  for (let at = 0; at < labels.length; ) {
    checkLabel(labels[at]!, limits, shown);
    if (!limits.disableLabelSanitization && sanitizeLabel(labels, at)) continue;
    if (at > 0 && labels[at - 1]![0] === labels[at]![0]) {
      throw new Refusal(
        `profile with labels '${shown()}' has duplicate label name: '${labels[at]![0]}'`,
        { reason: "duplicate_label_names" },
      );
    }
    at++;
  }
  return labels;
}

function checkLabel([name, value]: Label, limits: TenantLimits, shown: () => string): void {
  if (limits.maxLabelNameLength > 0 && Buffer.byteLength(name) > limits.maxLabelNameLength) {
    throw new Refusal(`profile with labels '${shown()}' has label name too long: '${name}'`, {
      reason: "label_name_too_long",
    });
  }
  if (limits.maxLabelValueLength > 0 && Buffer.byteLength(value) > limits.maxLabelValueLength) {
    throw new Refusal(`profile with labels '${shown()}' has label value too long: '${value}'`, {
      reason: "label_value_too_long",
    });
  }
  const validName = limits.disableLabelSanitization
    ? name !== "" && isText(name)
    : /^[a-zA-Z_.][a-zA-Z0-9_.]*$/.test(name);
  if (!validName) {
    throw new Refusal(`invalid labels '${shown()}' with error: invalid label name '${name}'`, {
      reason: "invalid_labels",
    });
  }
  if (!isText(value)) {
    throw new Refusal(`invalid labels '${shown()}' with error: invalid label value '${value}'`, {
      reason: "invalid_labels",
    });
  }
}

/**
 * Puts underscores for the dots of one name and sorts anew: the label moves on, as a dot sorts before an underscore.
 * One that then equals another is dropped. False when there was nothing to do.
 */
function sanitizeLabel(labels: Label[], at: number): boolean {
  const [name, value] = labels[at]!;
  const clean = name.replaceAll(".", "_");
  if (clean === name) return false;
  const other = labels.find(([n]) => n === clean);
  if (other !== undefined && other[1] !== value) {
    throw new Refusal(
      `profile with labels '${renderLabels(labels)}' has duplicate label name '${clean}' after label name sanitization from '${name}'`,
      { reason: "duplicate_label_names" },
    );
  }
  if (other === undefined) {
    labels[at] = [clean, value];
    sortLabels(labels);
  } else {
    labels.splice(at, 1);
  }
  return true;
}

/** Sets labels, replacing those of the same name. */
export function withLabels(
  labels: readonly Label[],
  changes: Readonly<Record<string, string>>,
): Label[] {
  const kept = labels.filter(([name]) => !Object.hasOwn(changes, name));
  return sortLabels([...kept, ...Object.entries(changes)]);
}

/** Without lone surrogates, which have no UTF-8 form. */
function isText(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}
