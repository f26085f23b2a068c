/** A size in decimal units, as the original writes it: `4.2 MB`. */
export function siBytes(bytes: number): string {
  return withUnit(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"]);
}

/** A size in binary units, as the original writes it: `4.0 MiB`. */
export function iecBytes(bytes: number): string {
  return withUnit(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]);
}

function withUnit(bytes: number, base: number, units: readonly string[]): string {
  if (bytes < 10) return `${Math.floor(bytes)} B`;
  const exponent = Math.min(Math.floor(Math.log(bytes) / Math.log(base) + 1e-12), units.length - 1);
  const value = Math.floor((bytes / base ** exponent) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[exponent]}`;
}
