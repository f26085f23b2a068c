import { HIGH, LOW, uint64Of } from "../bytes/int64.ts";
import { NONE } from "../profile.ts";

/**
 * Turns the 64-bit ids of one table into row indices.
 *
 * Ids are small in practice, so references are kept as 32-bit tokens while decoding: an id below 2^31 is its own
 * token, any other id gets a negative one. Memory follows the number of rows and references, never the size of an id.
 */
export class IdResolver {
  /** Only made once an id of 2^31 or more turns up. */
  private huge: Map<bigint, number> | undefined;

  /** The token of an id given as two halves. */
  token(low: number, high: number): number {
    if (high === 0 && low >= 0) return low;
    const id = uint64Of(low, high);
    this.huge ??= new Map();
    let token = this.huge.get(id);
    if (token === undefined) {
      token = -1 - this.huge.size;
      this.huge.set(id, token);
    }
    return token;
  }

  /**
   * The way from tokens to rows, given the id column as words. Of several rows with one id the last is meant; id 0
   * means none.
   */
  resolve(idWords: Int32Array): ResolvedIds {
    const length = idWords.length / 2;
    if (isCountingUp(idWords)) return new ResolvedIds(length, undefined, undefined, 0, 0);
    const direct = new Int32Array(4 * length + 64).fill(NONE);
    const sparse = new Map<number, number>();
    let zeros = 0;
    let duplicates = 0;
    for (let row = 0; row < length; row++) {
      const token = this.token(idWords[2 * row + LOW]!, idWords[2 * row + HIGH]!);
      if (token === 0) {
        zeros++;
        continue;
      }
      if (token > 0 && token < direct.length) {
        if (direct[token] !== NONE) duplicates++;
        direct[token] = row;
      } else {
        if (sparse.has(token)) duplicates++;
        sparse.set(token, row);
      }
    }
    return new ResolvedIds(length, direct, sparse, zeros, duplicates);
  }
}

/** See {@link IdResolver.resolve}. */
export class ResolvedIds {
  /** Rows with id 0. */
  readonly zeros: number;
  /** Rows whose id an earlier row has. */
  readonly duplicates: number;
  private readonly length: number;
  /** Undefined when ids count up from 1, as most writers number them; then row = id - 1. */
  private readonly direct: Int32Array | undefined;
  private readonly sparse: Map<number, number> | undefined;

  constructor(
    length: number,
    direct: Int32Array | undefined,
    sparse: Map<number, number> | undefined,
    zeros: number,
    duplicates: number,
  ) {
    this.length = length;
    this.direct = direct;
    this.sparse = sparse;
    this.zeros = zeros;
    this.duplicates = duplicates;
  }

  /** Row of a token, {@link NONE} when no row has this id. */
  row(token: number): number {
    const { direct } = this;
    if (direct === undefined) return token > 0 && token <= this.length ? token - 1 : NONE;
    if (token >= 0 && token < direct.length) return direct[token]!;
    return this.sparse?.get(token) ?? NONE;
  }

  /** Turns a column of tokens into rows. Returns how many became {@link NONE}. */
  replaceTokens(column: Int32Array): number {
    let unknown = 0;
    const { direct, length } = this;
    if (direct === undefined) {
      for (let i = 0; i < column.length; i++) {
        const row = column[i]! - 1;
        if (row >= 0 && row < length) column[i] = row;
        else {
          column[i] = NONE;
          unknown++;
        }
      }
      return unknown;
    }
    for (let i = 0; i < column.length; i++) {
      const row = this.row(column[i]!);
      if (row === NONE) unknown++;
      column[i] = row;
    }
    return unknown;
  }
}

/** Whether the ids are 1, 2, 3 and so on. */
export function isCountingUp(idWords: Int32Array): boolean {
  for (let row = 0; row < idWords.length / 2; row++) {
    if (idWords[2 * row + LOW] !== row + 1 || idWords[2 * row + HIGH] !== 0) return false;
  }
  return true;
}
