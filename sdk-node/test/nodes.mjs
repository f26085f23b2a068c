import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";

const WINDOWS = process.platform === "win32";

/**
 * The path of a Node.js of this major version among those on this machine, or undefined.
 *
 * @param {number} major
 * @param {string} [cacheFolder]
 * @returns {string | undefined}
 */
export function findNode(major, cacheFolder) {
  const file = WINDOWS ? "node.exe" : "node";
  const candidates = [
    process.execPath,
    ...(process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, file)),
    ...(cacheFolder === undefined ? [] : [cachedNode(major, cacheFolder)]),
  ];
  return candidates.find((path) => existsSync(path) && majorOf(path) === major);
}

/**
 * The same; fetched from the npm registry into the cache folder where this machine has none.
 *
 * @param {number} major
 * @param {string} cacheFolder
 */
export function ensureNode(major, cacheFolder) {
  const found = findNode(major, cacheFolder);
  if (found !== undefined) return found;
  const folder = join(cacheFolder, String(major));
  mkdirSync(folder, { recursive: true });
  // The package that holds the binary itself, so that no install script has to run.
  const npm = WINDOWS ? "npm.cmd" : "npm";
  const install = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync(
    npm,
    [...install, "--workspaces=false", "--prefix", folder, `${packageName()}@${major}`],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
      shell: WINDOWS,
    },
  );
  return cachedNode(major, cacheFolder);
}

function cachedNode(major, cacheFolder) {
  const folder = join(cacheFolder, String(major), "node_modules", packageName(), "bin");
  return join(folder, WINDOWS ? "node.exe" : "node");
}

function packageName() {
  const platform = WINDOWS ? "win" : process.platform;
  return `node-${platform}-${process.arch}`;
}

const majors = new Map();

function majorOf(path) {
  if (!majors.has(path)) {
    try {
      majors.set(
        path,
        Number(
          execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).split(".")[0],
        ),
      );
    } catch {
      majors.set(path, undefined);
    }
  }
  return majors.get(path);
}
