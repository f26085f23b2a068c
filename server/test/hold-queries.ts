import type { Engine } from "../src/store/engine.ts";

/** An engine whose statements begin when they may. */
export interface HeldQueries {
  readonly engine: Engine;
  /** What the statements so far may be ended with. */
  readonly signals: readonly (AbortSignal | undefined)[];
  /** Lets all statements begin. */
  readonly open: () => void;
}

/** The same engine, except that its reading statements wait until they are let begin. */
export function holdQueries(engine: Engine): HeldQueries {
  const signals: (AbortSignal | undefined)[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const held: Engine = {
    scratchDirectory: engine.scratchDirectory,
    spareDirectory: engine.spareDirectory,
    query: async (sql, options) => {
      signals.push(options?.signal);
      await gate;
      return await engine.query(sql, options);
    },
    command: (sql) => engine.command(sql),
    background: (sql, signal) => engine.background(sql, signal),
    insertFiles: (inserts) => engine.insertFiles(inserts),
    watch: (table, listener) => engine.watch(table, listener),
    close: () => engine.close(),
  };
  return { engine: held, signals, open };
}
