import { useMemo, useRef, useState } from "react";
import { type FrameTable, ROOT_FRAME } from "../flame/frame-table.ts";
import { searchFor } from "../flame/search.ts";
import { useElementSize } from "../state/use-element-size.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { FunctionRow } from "./function-row.tsx";
import { formatSort, parseSort, type SortColumn, sortFunctions, toggleSort } from "./sort.ts";
import { summarizeFunctions } from "./summarize.ts";
import { visibleRows } from "./visible-rows.ts";

/** Height of a row in CSS pixels, as in the style sheet. */
const ROW_HEIGHT = 24;

const COLUMNS: readonly { readonly column: SortColumn; readonly label: string }[] = [
  { column: "name", label: "Function" },
  { column: "self", label: "Self" },
  { column: "total", label: "Total" },
];

/** All functions of a profile, sortable; only the rows on the screen exist. A click marks the function's frames. */
export function FunctionTable(props: {
  readonly table: FrameTable;
  readonly unit: string;
  readonly search: string;
  readonly matches: Uint8Array | undefined;
  readonly sort: string;
  readonly navigate: Navigate;
}) {
  const { table, unit, search, matches, sort, navigate } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { height } = useElementSize(scroller);
  const [scrollTop, setScrollTop] = useState(0);
  const order = parseSort(sort);
  // One function marked by a click is shown among the others; a search leaves only what matches.
  const marking = search.startsWith("=");
  const functions = useMemo(() => summarizeFunctions(table), [table]);
  const rows = useMemo(() => {
    const shown =
      matches && !marking ? functions.filter((each) => matches[each.name] === 1) : functions;
    return sortFunctions(shown, parseSort(sort));
  }, [functions, matches, marking, sort]);
  const { first, last } = visibleRows(rows.length, ROW_HEIGHT, scrollTop, height);
  const whole = table.total[ROOT_FRAME]!;
  const mark = (label: string) => {
    const text = searchFor(label);
    navigate({ search: search === text ? "" : text });
  };

  return (
    <section
      ref={scroller}
      className="functions"
      aria-label="Functions"
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map(({ column, label }) => (
              <th
                key={column}
                scope="col"
                className={`function-${column}`}
                aria-sort={
                  order.column === column ? (order.descending ? "descending" : "ascending") : "none"
                }
              >
                <button
                  type="button"
                  onClick={() => navigate({ sort: formatSort(toggleSort(order, column)) })}
                >
                  {label}
                  <span className="sort-mark" aria-hidden="true">
                    {order.column === column ? (order.descending ? "▾" : "▴") : ""}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={first * ROW_HEIGHT} />
          {rows.slice(first, last).map((each, index) => (
            <FunctionRow
              key={each.name}
              row={each}
              rowIndex={first + index + 2}
              unit={unit}
              whole={whole}
              marked={marking && matches?.[each.name] === 1}
              onMark={() => mark(each.label)}
            />
          ))}
          <Spacer height={(rows.length - last) * ROW_HEIGHT} />
        </tbody>
      </table>
      {rows.length === 0 && <p className="function-none">No function matches.</p>}
    </section>
  );
}

/** Stands for the rows that are off the screen. */
function Spacer({ height }: { height: number }) {
  return height === 0 ? null : (
    <tr>
      <td colSpan={COLUMNS.length} style={{ height, padding: 0 }} />
    </tr>
  );
}
