import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { printTable, threeDigits } from "../table.ts";
import type { Figure } from "./statistics.ts";

/** One line of the table. */
export interface Row {
  readonly title: string;
  readonly unit: string;
  /** Whether more or less is better; the ratio is above 1 where ours is the better one. */
  readonly better: "more" | "less";
  readonly ours: Figure;
  readonly theirs: Figure | undefined;
}

/** All that came of one workload. */
export interface WorkloadReport {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** Facts that are no comparison: refusals, load of the generator, equal answers. */
  readonly notes: readonly string[];
}

/** How many times better ours is; undefined without a peer. */
export function ratioOf({ better, ours, theirs }: Row): number | undefined {
  if (theirs === undefined) return undefined;
  return better === "more" ? ours.value / theirs.value : theirs.value / ours.value;
}

/** Prints the table of one workload. */
export function printReport(report: WorkloadReport): void {
  console.log(`\n## ${report.name}: ${report.title}\n`);
  printTable([
    ["", "unit", "ours", "theirs", "times better", "ours, rounds", "theirs, rounds"],
    ...report.rows.map((row) => [
      row.title,
      row.unit,
      threeDigits(row.ours.value),
      row.theirs ? threeDigits(row.theirs.value) : "-",
      row.theirs ? threeDigits(ratioOf(row)!) : "-",
      spread(row.ours),
      row.theirs ? spread(row.theirs) : "-",
    ]),
  ]);
  if (report.notes.length > 0) console.log("");
  for (const note of report.notes) console.log(`- ${note}`);
}

/** Writes everything measured, with the machine it was measured on. */
export function writeJson(file: string, reports: readonly WorkloadReport[]): void {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    time: new Date().toISOString(),
  };
  const workloads = reports.map((report) => ({
    ...report,
    rows: report.rows.map((row) => ({
      ...row,
      theirs: row.theirs ?? null,
      ratio: ratioOf(row) ?? null,
    })),
  }));
  writeFileSync(file, `${JSON.stringify({ machine, workloads }, null, 2)}\n`);
}

function spread({ lowest, highest }: Figure): string {
  return `${threeDigits(lowest)} - ${threeDigits(highest)}`;
}
