import { type FormEvent, useState } from "react";
import { parseTraceIdentifier } from "../state/trace-identifier.ts";
import type { Navigate } from "../state/use-page-state.ts";

/** Takes a span id, a trace id or a traceparent header and opens its view. */
export function IdBox({ navigate }: { navigate: Navigate }) {
  const [text, setText] = useState("");
  const [rejected, setRejected] = useState(false);
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    const id = parseTraceIdentifier(text);
    setRejected(id === undefined);
    if (!id) return;
    setText("");
    navigate({ ...id, view: "span", service: "", type: "", filter: "", search: "" });
  };
  return (
    <form className="id-box" onSubmit={open}>
      <input
        type="text"
        className="mono"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setRejected(false);
        }}
        placeholder="Span or trace id"
        aria-label="Span or trace id"
        aria-invalid={rejected}
        aria-describedby={rejected ? "id-box-hint" : undefined}
        spellCheck={false}
        autoComplete="off"
      />
      {rejected && (
        <span className="id-box-hint" id="id-box-hint" role="alert">
          A span id has 16 hex digits, a trace id 32.
        </span>
      )}
    </form>
  );
}
