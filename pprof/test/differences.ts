import type { Profile } from "../src/index.ts";

/** Names of the columns and fields in which two profiles differ. Where strings lie in their buffers does not count. */
export function differences(left: Profile, right: Profile): string[] {
  const found: string[] = [];
  compare("", { ...left, strings: texts(left) }, { ...right, strings: texts(right) }, found);
  return found;
}

function texts({ strings }: Profile): string[] {
  return Array.from({ length: strings.length }, (_, i) =>
    Buffer.from(strings.bytes(i)).toString("latin1"),
  );
}

function compare(path: string, left: unknown, right: unknown, found: string[]): void {
  if (ArrayBuffer.isView(left) && ArrayBuffer.isView(right)) {
    const bytes = (view: ArrayBufferView) =>
      Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    if (left.constructor !== right.constructor || !bytes(left).equals(bytes(right)))
      found.push(path);
  } else if (isObject(left) && isObject(right)) {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      compare(path === "" ? key : `${path}.${key}`, left[key], right[key], found);
    }
  } else if (left !== right) found.push(path);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
