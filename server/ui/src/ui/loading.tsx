/** Stands where nothing has been loaded yet. Invisible at first, so that quick answers do not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <output className="loading" aria-busy="true">
      Loading {what} …
    </output>
  );
}
