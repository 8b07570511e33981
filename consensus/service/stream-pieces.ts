// What one client's stream waits for: pieces of batches, each the accepted entries of one frame, found by the digest of
// their batch. Nothing here costs per entry: a piece is its numbers, and a block looks up its own batches only.

import type { Hash } from '../../lib/hash.ts';
import { maxNumbersPerFrame } from '../../net/gateway/limits.ts';
import type { Notice } from '../../net/gateway/protocol.ts';
import type { BatchOutcome } from '../application.ts';

export interface Piece {
  readonly frame: number;
  /** index within the batch of the first accepted entry; the others follow it */
  readonly offset: number;
  /** pairs (first, count) of indices within the frame */
  readonly accepted: readonly number[];
}

export type Exceptions = BatchOutcome['exceptions'];

/** A bound on what a client makes a node remember. */
const weightOf = (piece: Piece): number => 8 + piece.accepted.length;

export class Pieces {
  readonly #byDigest = new Map<Hash, Piece[]>();
  weight = 0;

  add(digest: Hash, piece: Piece): void {
    const known = this.#byDigest.get(digest);
    if (known === undefined) this.#byDigest.set(digest, [piece]);
    else known.push(piece);
    this.weight += weightOf(piece);
  }

  take(digest: Hash): readonly Piece[] {
    const pieces = this.#byDigest.get(digest);
    if (pieces === undefined) return [];
    this.#byDigest.delete(digest);
    for (const piece of pieces) this.weight -= weightOf(piece);
    return pieces;
  }

  /** L4: the content stands in another batch now, at the same offsets */
  move(lost: Hash, digest: Hash): void {
    for (const piece of this.take(lost)) this.add(digest, piece);
  }

  has(digest: Hash): boolean {
    return this.#byDigest.has(digest);
  }

  get digests(): readonly Hash[] {
    return [...this.#byDigest.keys()];
  }
}

/** Notices of one block: one, unless it would be too long. A range and its exceptions stay together. */
export class Notices {
  readonly #height: number;
  readonly #timeMs: number;
  #ranges: number[] = [];
  #exceptions: number[] = [];
  readonly #full: Notice[] = [];

  constructor(height: number, timeMs: number) {
    this.#height = height;
    this.#timeMs = timeMs;
  }

  /** @param exceptions of the piece's batch, by index within the batch, ascending */
  add({ frame, offset, accepted }: Piece, exceptions: Exceptions): void {
    let at = offset;
    for (let i = 0; i + 1 < accepted.length; i += 2) {
      const first = accepted[i] as number;
      const count = accepted[i + 1] as number;
      this.#addRange({ frame, first, count }, exceptions, at);
      at += count;
    }
  }

  end(): readonly Notice[] {
    this.#flush();
    return this.#full;
  }

  #addRange(
    range: { readonly frame: number; readonly first: number; readonly count: number },
    exceptions: Exceptions,
    at: number,
  ): void {
    const { frame, first, count } = range;
    const from = firstFrom(exceptions, at);
    const to = firstFrom(exceptions, at + count);
    const room = maxNumbersPerFrame - 3;
    if (this.#ranges.length > room || this.#exceptions.length + 3 * (to - from) > maxNumbersPerFrame) this.#flush();
    this.#ranges.push(frame, first, count);
    for (let i = from; i < to; i++) {
      const { index, code } = exceptions[i] as Exceptions[number];
      this.#exceptions.push(frame, first + index - at, code);
    }
  }

  #flush(): void {
    if (this.#ranges.length === 0) return;
    this.#full.push({
      type: 'notice',
      height: this.#height,
      timeMs: this.#timeMs,
      ranges: this.#ranges,
      exceptions: this.#exceptions,
    });
    this.#ranges = [];
    this.#exceptions = [];
  }
}

/** The place of the first exception at or after `index`, by halving. */
function firstFrom(exceptions: Exceptions, index: number): number {
  let low = 0;
  let high = exceptions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((exceptions[middle] as Exceptions[number]).index < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An answer's `accepted`: all of `count` but the refused, as pairs (first, count). */
export function acceptedRanges(count: number, refused: readonly { readonly index: number }[]): readonly number[] {
  if (refused.length === 0) return [0, count];
  const ranges: number[] = [];
  let from = 0;
  for (const { index } of refused) {
    if (index > from) ranges.push(from, index - from);
    from = index + 1;
  }
  if (count > from) ranges.push(from, count - from);
  return ranges;
}
