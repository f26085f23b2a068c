import { allOptions } from "../config.ts";

/** The text of `-help`: every flag with its default and what it does. */
export function usage(): string {
  const lines = ["Usage: pyrospan server [-flag=value ...]", ""];
  for (const option of allOptions()) {
    const unit = option.unit === undefined ? "" : ` ${option.unit}`;
    const fallback = option.default === "" ? "" : ` (default ${option.default}${unit})`;
    lines.push(`  -${option.flag}${fallback}`, `      ${option.doc}`);
  }
  return `${lines.join("\n")}\n`;
}
