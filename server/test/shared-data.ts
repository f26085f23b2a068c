import { existsSync } from "node:fs";
import { resolve } from "node:path";

const shared = resolve(import.meta.dirname, "../../../shared");

/** Folder of the recorded profiles, or undefined where they are not at hand: suites that need them are skipped then. */
export const fixturesDir: string | undefined = present("fixtures");

/** Folder of the recorded exchanges, or undefined where they are not at hand. */
export const contractsDir: string | undefined = present("contracts");

function present(name: string): string | undefined {
  const path = resolve(shared, name);
  return existsSync(path) ? path : undefined;
}
