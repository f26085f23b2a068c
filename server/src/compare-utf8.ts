/** Orders strings as their UTF-8 bytes are. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all single units, but are smaller numbers than U+E000 to U+FFFF.
    const highX = x >= 0xd800 && x < 0xe000;
    const highY = y >= 0xd800 && y < 0xe000;
    return highX === highY ? x - y : highX ? 1 : -1;
  }
  return a.length - b.length;
}
