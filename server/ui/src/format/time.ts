/** A moment for people, in their own time zone, for instance `24 Nov 13:05:07`. */
export function formatMoment(timeMs: number): string {
  const date = new Date(timeMs);
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return `${day} ${formatClock(timeMs, true)}`;
}

/** Time of day, for instance `13:05` or `13:05:07`. */
export function formatClock(timeMs: number, seconds: boolean): string {
  return new Date(timeMs).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
  });
}

/** Two moments; the day is written once when it is the same, and the whole once when they are less than a second apart. */
export function formatSpanOfTime(startMs: number, endMs: number): string {
  if (formatMoment(startMs) === formatMoment(endMs)) return formatMoment(startMs);
  const sameDay = new Date(startMs).toDateString() === new Date(endMs).toDateString();
  return `${formatMoment(startMs)} – ${sameDay ? formatClock(endMs, true) : formatMoment(endMs)}`;
}

/** How long ago, for instance `12 s ago` or `3 h ago`. */
export function formatAge(timeMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** The value of a `datetime-local` input, in the reader's time zone. */
export function toLocalInput(timeMs: number): string {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** Reads a `datetime-local` input; undefined when it is empty. */
export function fromLocalInput(text: string): number | undefined {
  const timeMs = new Date(text).getTime();
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
