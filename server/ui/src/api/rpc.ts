/** The server refused or failed, or could not be reached at all. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  /** The server's own code, for instance `invalid_argument`, or `unreachable`. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/**
 * Calls a unary method of the server that the page came from, Connect with JSON. `method` is for instance
 * `querier.v1.QuerierService/Series`. Throws {@link RpcError}; an abort is rethrown as it is.
 */
export async function callRpc(
  method: string,
  request: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
      signal,
    });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new RpcError("unreachable", 0, "The server does not answer.");
  }
  const body = parseJson(text);
  if (response.ok && body !== undefined) return body;
  if (response.ok) {
    throw new RpcError("unknown", response.status, "The answer is not JSON.");
  }
  const { code, message } = (body ?? {}) as { code?: unknown; message?: unknown };
  throw new RpcError(
    typeof code === "string" ? code : "unknown",
    response.status,
    typeof message === "string" && message !== "" ? message : text.trim() || response.statusText,
  );
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
