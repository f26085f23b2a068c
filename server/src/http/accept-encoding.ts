/** True when a list of encodings has gzip, and not only to say that it is unwanted (`gzip;q=0`). */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  if (header === undefined) return false;
  return String(header)
    .split(",")
    .some((entry) => {
      const [name, ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
      return name === "gzip" && !parameters.some((text) => /^q=0(\.0*)?$/.test(text));
    });
}
