import { useState } from "react";

/** Copies a text, for instance an id. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // No permission, or a page that is not served securely: the text beside the button can still be selected.
    }
  };
  return (
    <button
      type="button"
      className="copy"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => void copy()}
      onBlur={() => setCopied(false)}
    >
      {copied ? "copied" : "copy"}
    </button>
  );
}
