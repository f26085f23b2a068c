// `npm run bench -- server`: our server, and beside it the original when its binary is given, under the same load.
import { parseOptions } from "./options.ts";
import { hasRecording } from "./recordings.ts";
import { printReport, type WorkloadReport, writeJson } from "./report.ts";
import { runWorkload } from "./run-workload.ts";

const options = parseOptions(process.argv.slice(2));
if (options.peer === undefined) {
  console.log("No --peer PATH-TO-PYROSCOPE was given: our server is measured alone.");
}
const reports: WorkloadReport[] = [];
for (const workload of options.workloads) {
  const missing = workload.kinds.filter(({ recording }) => !hasRecording(recording));
  if (missing.length > 0) {
    console.log(
      `\n${workload.name}: skipped, no recording ${missing.map(({ recording }) => recording).join(", ")}`,
    );
    continue;
  }
  const report = await runWorkload(workload, options);
  reports.push(report);
  printReport(report);
}
if (options.json !== undefined) writeJson(options.json, reports);
