import { type Engine, EngineError } from "./store/engine.ts";

/** What is told of the engine's statements. */
export interface StatementObserver {
  statementStarted(): void;
  /** `result` is `done` or the code of the error. */
  statementEnded(result: string, seconds: number): void;
}

/** The same engine, its reading statements counted. */
export function observeEngine(engine: Engine, observer: StatementObserver): Engine {
  return {
    scratchDirectory: engine.scratchDirectory,
    spareDirectory: engine.spareDirectory,
    query: async (sql, options) => {
      const startedAt = performance.now();
      let result = "failed";
      observer.statementStarted();
      try {
        const bytes = await engine.query(sql, options);
        result = "done";
        return bytes;
      } catch (error) {
        if (error instanceof EngineError) result = error.code;
        throw error;
      } finally {
        observer.statementEnded(result, (performance.now() - startedAt) / 1000);
      }
    },
    command: (sql) => engine.command(sql),
    background: (sql, signal) => engine.background(sql, signal),
    insertFiles: (inserts) => engine.insertFiles(inserts),
    watch: (table, listener) => engine.watch(table, listener),
    close: () => engine.close(),
  };
}
