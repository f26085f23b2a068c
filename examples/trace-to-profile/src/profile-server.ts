import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A running profile server. */
export interface ProfileServer {
  readonly url: string;
  /** Lets it finish what it holds, and removes its folder when that was temporary. */
  stop(): Promise<void>;
}

/** Starts the Pyrospan server with its embedded store, on `port` if that is free, and waits until it is ready. */
export async function startProfileServer(
  port: number,
  dataPath: string | undefined,
): Promise<ProfileServer> {
  const temporary = await mkdtemp(join(tmpdir(), "pyrospan-example-"));
  const addressFile = join(temporary, "address");
  const child = spawn(
    process.execPath,
    [
      `--import=${new URL("./end-with-parent.js", import.meta.url)}`,
      fileURLToPath(import.meta.resolve("@pyrospan/server/cli")),
      "server",
      `-server.http-listen-port=${(await isFree(port)) ? port : 0}`,
      `-server.address-file=${addressFile}`,
      `-data-path=${dataPath ?? join(temporary, "data")}`,
      "-log.level=warn",
    ],
    // A group of its own: Ctrl-C in the terminal must not end it before the shop's last upload.
    { stdio: ["ignore", process.stderr, "inherit", "ipc"], detached: true },
  );
  const url = await readyUrl(child, addressFile);
  return {
    url,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      await rm(temporary, { recursive: true, force: true });
    },
  };
}

async function readyUrl(child: ChildProcess, addressFile: string): Promise<string> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`);
    const url = await readFile(addressFile, "utf8").catch(() => undefined);
    if (url !== undefined) {
      const response = await fetch(new URL("/ready", url)).catch(() => undefined);
      if (response?.ok) return url.trim();
    }
    await wait(50);
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
