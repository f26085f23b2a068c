import { useMemo, useRef } from "react";
import { type ProfileQuery, selectSeries } from "../api/querier.ts";
import { formatClock, formatSpanOfTime } from "../format/time.ts";
import { formatValue } from "../format/value.ts";
import { parseProfileType } from "../profile/profile-type.ts";
import type { TimeRange } from "../state/time-range.ts";
import { useElementSize } from "../state/use-element-size.ts";
import { useQuery } from "../state/use-query.ts";
import { axisTicks, barRange, bucketRange, chooseBuckets, fillBuckets } from "./buckets.ts";
import { useBrush } from "./use-brush.ts";

const CHART_HEIGHT = 56;

/** Sums over time as bars. Dragging over them selects a time range. */
export function Timeline(props: {
  readonly query: ProfileQuery;
  /** Changes when the same range is to be loaded again. */
  readonly loadedAt: number;
  readonly onSelect: (range: TimeRange) => void;
}) {
  const { query, loadedAt, onSelect } = props;
  const { range } = query;
  const chart = useRef<HTMLDivElement>(null);
  const { width } = useElementSize(chart);
  const buckets = useMemo(() => chooseBuckets(range), [range]);
  const series = useQuery(
    `series ${query.type} ${query.selector} ${buckets.firstTime} ${buckets.stepMs} ${buckets.count} ${loadedAt}`,
    async (signal) => ({
      buckets,
      values: fillBuckets(
        buckets,
        await selectSeries({ ...query, range: bucketRange(buckets) }, buckets.stepMs, signal),
      ),
    }),
  );
  const brush = useBrush(chart, range, onSelect);
  const { sampleUnit } = parseProfileType(query.type);

  const shown = series.data;
  const values = shown?.values ?? new Float64Array(0);
  const max = values.reduce((most, value) => Math.max(most, value), 0);
  const scale = width / Math.max(1, range.end - range.start);
  const toX = (time: number) => (time - range.start) * scale;
  const bars = shown
    ? [...values].map((value, index) => ({ value, ...barRange(shown.buckets, index) }))
    : [];
  const pointed =
    brush.pointer === undefined
      ? undefined
      : bars.find((bar) => brush.pointer! > bar.start && brush.pointer! <= bar.end);
  const zone = new Date(range.start).getTimezoneOffset() * 60_000;
  const ticks = axisTicks(range, zone);
  const seconds = range.end - range.start < 10 * 60_000;

  return (
    <section className="timeline" aria-label="Time line" aria-busy={series.loading}>
      <div className="timeline-info">
        {series.error ? (
          <span>The time line could not be loaded.</span>
        ) : brush.selection ? (
          <span>{formatSpanOfTime(brush.selection.start, brush.selection.end)}</span>
        ) : pointed ? (
          <span>
            {formatSpanOfTime(pointed.start, pointed.end)} ·{" "}
            <strong>{formatValue(pointed.value, sampleUnit)}</strong>
          </span>
        ) : (
          <span>
            {formatSpanOfTime(range.start, range.end)} · bars of{" "}
            {formatValue(buckets.stepMs, "milliseconds")}, the highest{" "}
            {formatValue(max, sampleUnit)}
          </span>
        )}
        <span>drag to select a time range</span>
      </div>
      <div ref={chart} className="timeline-chart" {...brush.handlers}>
        <svg width={width} height={CHART_HEIGHT} aria-hidden="true">
          {bars.map((bar) => {
            if (bar.value === 0) return null;
            const height = Math.max(1, (bar.value / max) * (CHART_HEIGHT - 4));
            const x = Math.max(0, toX(bar.start));
            const barWidth = Math.min(width, toX(bar.end)) - x;
            return (
              <rect
                key={bar.start}
                className={bar === pointed ? "bar bar-pointed" : "bar"}
                x={x + 0.5}
                y={CHART_HEIGHT - height}
                width={Math.max(1, barWidth - 1)}
                height={height}
              />
            );
          })}
          {brush.selection && (
            <rect
              className="brush"
              x={toX(brush.selection.start)}
              y={0}
              width={Math.max(1, (brush.selection.end - brush.selection.start) * scale)}
              height={CHART_HEIGHT}
            />
          )}
        </svg>
        <div className="timeline-axis" aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} style={{ left: toX(tick) }}>
              {formatClock(tick, seconds)}
            </span>
          ))}
        </div>
      </div>
    </section>
  );
}
