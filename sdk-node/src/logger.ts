/** Where the profiler reports; any logger with these four methods fits (console, pino, winston). */
export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** Says nothing but warnings and errors, through `process.emitWarning`, so that `--no-warnings` silences it too. */
export const quietLogger: Logger = {
  error: emitWarning,
  warn: emitWarning,
  info: () => {},
  debug: () => {},
};

/** Reports to a {@link Logger}: each distinct problem once as a warning, its repetitions as debug messages. */
export class Reporter {
  private logger: Logger;
  private readonly seen = new Set<string>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  use(logger: Logger): void {
    this.logger = logger;
  }

  /** Warns once for each `problem`, a short constant name of what is wrong. Never throws. */
  warnOnce(problem: string, message: string): void {
    const again = this.seen.has(problem);
    this.seen.add(problem);
    this.write(again ? "debug" : "warn", message);
  }

  /** Runs `action` for what it returns; what it throws is the `problem`. Never throws. */
  attempt<T>(problem: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.warnOnce(problem, `${problem.replace("-", " ")} failed: ${errorText(error)}`);
      return undefined;
    }
  }

  info(message: string): void {
    this.write("info", message);
  }

  debug(message: string): void {
    this.write("debug", message);
  }

  private write(level: keyof Logger, message: string): void {
    try {
      this.logger[level](`pyrospan: ${message}`);
    } catch {
      // A logger that throws must not take the application down, and there is nowhere left to say so.
    }
  }
}

/**
 * The text of anything thrown. Of several errors in one, as where a name has more than one address and none answers,
 * it is that of the first: their sum has no text of its own.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0]);
  return (error as NodeJS.ErrnoException).code ?? error.name;
}

function emitWarning(message: string): void {
  process.emitWarning(message, "PyrospanWarning");
}
