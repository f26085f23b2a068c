import { useState } from "react";

/** More label matchers. Takes effect with Enter or when left, so that half a matcher is never sent. */
export function FilterBox(props: {
  readonly filter: string;
  readonly onChange: (filter: string) => void;
}) {
  const { filter, onChange } = props;
  const [text, setText] = useState(filter);
  const [before, setBefore] = useState(filter);
  if (before !== filter) {
    setBefore(filter);
    setText(filter);
  }
  const apply = () => {
    if (text.trim() !== filter) onChange(text.trim());
  };
  return (
    <label className="field field-wide">
      <span>Labels</span>
      <input
        type="text"
        className="mono"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key === "Enter") apply();
          else if (event.key === "Escape") setText(filter);
        }}
        placeholder='span_name="GET /cart", region=~"eu-.*"'
        spellCheck={false}
        autoComplete="off"
      />
    </label>
  );
}
