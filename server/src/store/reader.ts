import type { Session } from "chdb";
import { runSql } from "./session.ts";
import type { Statement } from "./statement.ts";

/** A connection that runs statements one at a time. */
export class Reader {
  readonly session: Session;
  private maxMemoryBytes = 0;
  /** A statement failed or was ended here since {@link clear}. */
  private hasLeftovers = false;

  constructor(session: Session) {
    this.session = session;
  }

  /** Runs a statement and settles it. Never rejects. */
  async run(statement: Statement): Promise<void> {
    try {
      await this.clear();
      if (this.maxMemoryBytes !== statement.maxMemoryBytes) {
        await runSql(this.session, `SET max_memory_usage = ${statement.maxMemoryBytes}`);
        this.maxMemoryBytes = statement.maxMemoryBytes;
      }
      if (statement.ending !== undefined) {
        statement.reject();
        return;
      }
      statement.resolve(await runSql(this.session, statement.sql));
    } catch (error) {
      this.hasLeftovers = true;
      statement.reject(error);
      // When it cannot be cleared now, the next statement tries again and fails in its place.
      await this.clear().catch(() => undefined);
    }
  }

  /**
   * Takes away what a statement had written when it failed or was ended: chdb 3.4.0 puts it in front of the answer to
   * the connection's next statement.
   */
  private async clear(): Promise<void> {
    if (!this.hasLeftovers) return;
    await runSql(this.session, "SELECT 1");
    this.hasLeftovers = false;
  }
}
