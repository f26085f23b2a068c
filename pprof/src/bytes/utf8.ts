// Without ignoreBOM a decoder eats a U+FEFF at the start of a string.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether the bytes are valid UTF-8 (no overlong forms, surrogates or code points above U+10FFFF). */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
