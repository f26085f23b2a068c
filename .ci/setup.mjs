// Makes a fresh clone ready: dependencies, compiled packages, the built page. Each step is skipped when nothing
// it depends on has changed. Runs on plain Node 20 before anything is installed, so it imports nothing but Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The pinned Node 24 that runs everything but the in-process packages. */
export const node = join(
  root,
  "node_modules",
  ".bin",
  process.platform === "win32" ? "node.cmd" : "node",
);

/** Environment in which child processes find the pinned Node first. */
export function pinnedEnv() {
  const bin = join(root, "node_modules", ".bin");
  return { ...process.env, PATH: `${bin}:${process.env.PATH ?? ""}` };
}

/** Installs and builds what is missing or stale. Progress goes to standard error. */
export function setup() {
  requireNode(20, 19);
  // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, which mirrors may lack.
  step("dependencies", ["package.json", "package-lock.json", ...packageFiles()], () =>
    run(
      "npm",
      ["install", "--no-save", "--loglevel=error", "--json=false"],
      "installing dependencies (about a minute)",
      "ignore",
    ),
  );
  run(node, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"], "compiling");
  step("page", ["package-lock.json", ...filesBelow("server/ui")], () =>
    run(
      node,
      [
        join(root, "node_modules", "vite", "bin", "vite.js"),
        "build",
        "--logLevel=warn",
        join(root, "server", "ui"),
      ],
      "building the page",
    ),
  );
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`Node ${major}.${minor} or newer is needed, this is ${process.versions.node}`);
  process.exit(1);
}

/** Runs `work` unless the content of `files` is what it was when the step last succeeded. */
function step(name, files, work) {
  const stampFile = join(root, "node_modules", ".setup", name);
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(root, file)));
  const stamp = hash.digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  work();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function run(command, args, what, stdout = "inherit") {
  const started = Date.now();
  console.error(`${what} ...`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: pinnedEnv(),
    // Standard output belongs to the command the user asked for.
    stdio: ["ignore", stdout === "inherit" ? process.stderr : "ignore", "inherit"],
  });
  if (status !== 0) {
    console.error(`${what} failed${error ? `: ${error.message}` : ` (exit code ${status})`}`);
    process.exit(1);
  }
  const seconds = (Date.now() - started) / 1000;
  if (seconds > 1) console.error(`${what}: done in ${seconds.toFixed(0)} s`);
}

function packageFiles() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).workspaces.map(
    (folder) => `${folder}/package.json`,
  );
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((file) => !/\/(dist|node_modules|test)\//.test(file))
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
