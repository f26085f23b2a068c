import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Session } from "chdb";
import { EngineError, toEngineError } from "./engine-error.ts";

/**
 * Priority of threads that merge: they give way (see `ingest/worker.ts` for what that brings). The engine lowers it where
 * it may raise it again afterwards (`CAP_SYS_NICE`), else leaves it alone.
 */
const MERGE_NICE = "os_threads_nice_value_merge_mutate";

/**
 * Threads that remove what was merged, where more than 100 parts of a table are due at once. With 128, as by default, a
 * disk that discards what is freed (mount option `discard`) was held up by dozens of them at a time: inserts and
 * questions waited for 0.3 to 1.1 s, three or four in a thousand. With two the longest took 0.2 s.
 */
const REMOVERS = "max_parts_cleaning_thread_pool_size";

/**
 * The first connection to a data directory of this process, which starts the engine there.
 *
 * @throws {EngineError} `busy_directory` when another process has the directory
 */
export function openFirstSession(directory: string): Session {
  try {
    return new Session(directory, { connectionArgs: [`--${MERGE_NICE}=15`, `--${REMOVERS}=2`] });
  } catch (error) {
    const owner = lockOwner(directory);
    if (owner === undefined) {
      throw new EngineError("failed", `cannot open the store in ${directory}`, { cause: error });
    }
    throw new EngineError(
      "busy_directory",
      `${directory} is in use by process ${owner}; each server needs a data directory of its own`,
      { cause: error },
    );
  }
}

/** Runs a statement; the answer is in Native format unless the SQL says FORMAT. Rejects with an `EngineError`. */
export async function runSql(session: Session, sql: string): Promise<Uint8Array> {
  try {
    const result = await session.queryAsync(sql, { format: "Native" });
    return result.bytes();
  } catch (error) {
    throw toEngineError(error);
  }
}

/** The engine writes its process id into `status` and holds a lock on that file. */
function lockOwner(directory: string): number | undefined {
  try {
    const pid = Number(/PID: (\d+)/.exec(readFileSync(join(directory, "status"), "utf8"))?.[1]);
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
