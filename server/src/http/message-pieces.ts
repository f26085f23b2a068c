import { type BodyBudget, BodyError } from "./body-budget.ts";

/** What a message in memory may take. */
export interface MessageLimits {
  /** Most bytes of the message; 0 = no limit of its own. */
  readonly maxBytes: number;
  /** Bytes around the message that do not count. Default 0. */
  readonly framingBytes?: number;
  readonly budget: BodyBudget;
  /** What the request holds of the budget beside this message. Default 0. */
  readonly besideBytes?: number;
  /** Told of the bytes of each piece that is kept. */
  readonly onReceived?: ((bytes: number) => void) | undefined;
}

/** A message in memory. Call `release` when its bytes are no longer held. */
export interface Body {
  readonly bytes: Uint8Array;
  release(): void;
}

/** Most bytes that are read past a limit, only to be thrown away. */
export const DRAIN_BYTES: number = 16 * 1024 * 1024;

/**
 * A message that comes in pieces, kept as far as its own limit and the memory for all bodies allow. Once it is
 * refused nothing of it is held any more, and further pieces are only counted.
 */
export class MessagePieces {
  private readonly limits: MessageLimits;
  private readonly framingBytes: number;
  /** The message's own limit, or all memory for bodies where that is less: a larger one would never fit. */
  private readonly maxBytes: number;
  private chunks: Uint8Array[] = [];
  private held = 0;
  private size = 0;
  private refusal: { readonly code: "too_large" | "busy"; readonly atBytes: number } | undefined;

  constructor(limits: MessageLimits) {
    this.limits = limits;
    this.framingBytes = limits.framingBytes ?? 0;
    const own = limits.maxBytes === 0 ? Number.POSITIVE_INFINITY : limits.maxBytes;
    const all = limits.budget.limit - (limits.besideBytes ?? 0);
    this.maxBytes = Math.min(own + this.framingBytes, all);
  }

  get isRefused(): boolean {
    return this.refusal !== undefined;
  }

  /** Refused for what other requests hold, not for its size. */
  get isBusy(): boolean {
    return this.refusal?.code === "busy";
  }

  /** Bytes so far, those of a refused message too. */
  get receivedBytes(): number {
    return this.size;
  }

  /** Refuses at once what is announced to be too large. */
  announce(bytes: number): void {
    if (bytes > this.maxBytes) this.refuse("too_large");
  }

  add(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.isRefused) return;
    if (this.size > this.maxBytes) {
      this.refuse("too_large");
    } else if (!this.limits.budget.take(chunk.length)) {
      this.refuse("busy");
    } else {
      this.held += chunk.length;
      this.chunks.push(chunk);
      this.limits.onReceived?.(chunk.length);
    }
  }

  /** True when a refused message of so many bytes is not worth reading to its end. */
  isLong(bytes: number = this.size): boolean {
    return this.refusal !== undefined && bytes - this.refusal.atBytes > DRAIN_BYTES;
  }

  /** Why the message was refused, with the largest size of it that is known. */
  error(size: number = this.size): BodyError {
    const bytes = Math.max(size, this.size) - this.framingBytes;
    if (this.isBusy) {
      const message = "too many bytes of request bodies are in memory, try again later";
      return new BodyError("busy", message, bytes);
    }
    const { maxBytes, budget } = this.limits;
    const limit =
      this.maxBytes === maxBytes + this.framingBytes
        ? `configured max ${maxBytes}`
        : `server.max-body-memory-mb, ${budget.limit} bytes, has room for`;
    return new BodyError("too_large", `message size ${bytes} is larger than ${limit}`, bytes);
  }

  /** The whole message, which holds its bytes from now on. */
  finish(): Body {
    const [first, ...others] = this.chunks;
    const isOnePiece = first !== undefined && others.length === 0;
    const bytes = isOnePiece ? first : Buffer.concat(this.chunks, this.size);
    this.chunks = [];
    return { bytes, release: () => this.release() };
  }

  /** Lets go of everything. */
  release(): void {
    this.limits.budget.give(this.held);
    this.held = 0;
    this.chunks = [];
  }

  private refuse(code: "too_large" | "busy"): void {
    this.refusal = { code, atBytes: this.size };
    this.release();
  }
}
