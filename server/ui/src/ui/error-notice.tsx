import { RpcError } from "../api/rpc.ts";

/** Says what went wrong, in the server's words where it has some, with its code and a way to try again. */
export function ErrorNotice({ error, retry }: { error: unknown; retry: () => void }) {
  const rpc = error instanceof RpcError ? error : undefined;
  return (
    <div className="notice notice-error" role="alert">
      <h2>{titleOf(rpc)}</h2>
      <p className="notice-message">{error instanceof Error ? error.message : String(error)}</p>
      {rpc && (
        <p className="notice-code">
          <code>{rpc.code}</code>
          {rpc.status > 0 && <> · HTTP {rpc.status}</>}
        </p>
      )}
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

function titleOf(error: RpcError | undefined): string {
  if (!error) return "The answer cannot be shown";
  if (error.status === 0) return "Server unreachable";
  if (error.status < 500) return "The server refused this query";
  return "The server failed";
}
