import { parseArgs } from "node:util";

/** What the user asked for on the command line. */
export interface Arguments {
  /** Print the report once and end, instead of serving until Ctrl-C. */
  readonly once: boolean;
  /** Print one line of JSON for each span on standard output, and nothing else there. */
  readonly json: boolean;
  /** How long the load runs before the report, in milliseconds. */
  readonly loadMs: number;
  /** Port of the profile server; taken when free, otherwise another one is chosen. */
  readonly port: number;
  /** Folder of the store; a temporary one when undefined. */
  readonly dataPath: string | undefined;
}

const usage = `usage: npm start -- [--once] [--json] [--seconds N] [--port N] [--data-path DIR]

  --once           print the report once and end
  --json           one line of JSON for each span, nothing else on standard output
  --seconds N      length of the load before the report, 8 by default
  --port N         port of the profile server, 4040 by default (another one when it is taken)
  --data-path DIR  where the store keeps its data, a temporary folder by default`;

/** Reads the command line; ends the process with the usage and code 2 when it makes no sense. */
export function parseArguments(argv: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        seconds: { type: "string", default: "8" },
        port: { type: "string", default: "4040" },
        "data-path": { type: "string" },
      },
    });
    return {
      once: values.once,
      json: values.json,
      loadMs: number("seconds", values.seconds, 1, 3600) * 1000,
      port: number("port", values.port, 0, 65_535),
      dataPath: values["data-path"],
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(2);
  }
}

function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new Error(`--${name} must be a number from ${min} to ${max}, got "${text}"`);
}
