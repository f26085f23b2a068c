import type { SearchResult } from "../flame/search.ts";
import { formatCount, formatPercent, formatValue } from "../format/value.ts";
import { SEARCH_FIELD_ID } from "./use-slash-for-search.ts";

/** The search for functions, and what share of the profile matches. */
export function SearchField(props: {
  readonly text: string;
  readonly result: SearchResult | undefined;
  /** Value of the whole profile. */
  readonly whole: number;
  readonly unit: string;
  readonly onChange: (text: string) => void;
}) {
  const { text, result, whole, unit, onChange } = props;
  return (
    <div className="search">
      <input
        id={SEARCH_FIELD_ID}
        type="search"
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          if (text === "") event.currentTarget.blur();
          else onChange("");
        }}
        placeholder="Search functions   /"
        aria-label="Search functions"
        title="Part of a name, =name for one function, or /expression/"
        spellCheck={false}
        autoComplete="off"
      />
      <output className="search-result">
        {result && (
          <>
            <strong>{formatPercent(result.total, whole)}</strong> matched ·{" "}
            {formatValue(result.total, unit)} · {formatCount(result.functions)}{" "}
            {result.functions === 1 ? "function" : "functions"}
          </>
        )}
      </output>
    </div>
  );
}
