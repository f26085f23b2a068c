/** What a reader pasted into the box for ids. */
export interface TraceIdentifier {
  /** 16 hex characters, or empty. */
  readonly span: string;
  /** 32 hex characters, or empty. */
  readonly trace: string;
}

/**
 * Reads a span id, a trace id, or a `traceparent` header, in any case and with blanks around; undefined for
 * anything else. UUID dashes in a trace id are taken out.
 */
export function parseTraceIdentifier(text: string): TraceIdentifier | undefined {
  const id = text.trim().toLowerCase();
  const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(id);
  if (traceparent) return { trace: traceparent[1]!, span: traceparent[2]! };
  const digits = id.replaceAll("-", "");
  if (/^[0-9a-f]{16}$/.test(digits)) return { span: digits, trace: "" };
  if (/^[0-9a-f]{32}$/.test(digits)) return { span: "", trace: digits };
  return undefined;
}

/** Whether a text is a span id, or empty: none is asked for. */
export function isSpanId(text: string): boolean {
  return /^([0-9a-f]{16})?$/.test(text);
}

/** Whether a text is a trace id, or empty: none is asked for. */
export function isTraceId(text: string): boolean {
  return /^([0-9a-f]{32})?$/.test(text);
}
