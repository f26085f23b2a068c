import { type Label, withLabels } from "./labels.ts";

const NAME = "__session_id__";

/**
 * Reduces the session id of a series to one of `max` numbers, or removes the label when `max` is 0 or the id is not
 * the 16 hexadecimal digits of a little-endian 64-bit number.
 */
export function reduceSessionId(labels: readonly Label[], max: number): readonly Label[] {
  const id = labels.find(([name]) => name === NAME)?.[1];
  if (id === undefined) return labels;
  if (max <= 0 || !/^[0-9a-f]{16}$/i.test(id)) return labels.filter(([name]) => name !== NAME);
  const bytes = Buffer.from(id, "hex");
  // The original takes the remainder of a signed number, so half of the ids give a negative one.
  bytes.writeBigInt64LE(bytes.readBigInt64LE() % BigInt(max));
  return withLabels(labels, { [NAME]: bytes.toString("hex") });
}
