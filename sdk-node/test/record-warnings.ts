import type { Logger } from "../src/logger.ts";

/** A logger that says nothing, and the warnings it got. */
export function recordWarnings(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = [];
  const logger: Logger = {
    error: () => {},
    warn: (message) => warnings.push(message),
    info: () => {},
    debug: () => {},
  };
  return { logger, warnings };
}
