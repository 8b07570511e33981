// Cuts a block's batches into entries. A batch is opaque to consensus, so a Byzantine owner may send one that does not
// add up: what cannot be cut out becomes an entry without bytes, and a receipt that says so. All nodes cut alike.

import type { OrderedBatch } from '../consensus/application.ts';
import { type Bytes, concatBytes, plainBytes } from '../lib/bytes.ts';
import { maxBundleBytes } from './limits.ts';

/** before each entry */
export const lengthBytes = 4;

/** @returns exactly `batch.count` entries; undefined for those that the bytes do not hold */
export function entriesOf(batch: OrderedBatch): readonly (Bytes | undefined)[] {
  const reader = new PieceReader(batch.bytes);
  const entries: (Bytes | undefined)[] = [];
  let broken = false;
  for (let i = 0; i < batch.count; i++) {
    const entry: Bytes | undefined = broken ? undefined : readEntry(reader);
    broken ||= entry === undefined;
    entries.push(entry);
  }
  return entries;
}

function readEntry(reader: PieceReader): Bytes | undefined {
  const head = reader.take(lengthBytes);
  if (head === undefined) return undefined;
  const [a, b, c, d] = head as unknown as [number, number, number, number];
  const length = a + b * 0x100 + c * 0x10000 + d * 0x1000000;
  return length > maxBundleBytes ? undefined : reader.take(length);
}

/** Bytes in several pieces read as one; copies only what a piece's border splits. */
class PieceReader {
  private readonly pieces: readonly Bytes[];
  private piece = 0;
  private offset = 0;

  constructor(pieces: readonly Bytes[]) {
    this.pieces = pieces.map(plainBytes);
  }

  take(length: number): Bytes | undefined {
    const current = this.pieces[this.piece];
    if (current !== undefined && this.offset + length <= current.length) {
      const taken = current.subarray(this.offset, this.offset + length);
      this.offset += length;
      return taken;
    }
    return this.takeAcross(length);
  }

  private takeAcross(length: number): Bytes | undefined {
    const parts: Bytes[] = [];
    let missing = length;
    while (missing > 0) {
      const current = this.pieces[this.piece];
      if (current === undefined) return undefined;
      const part = current.subarray(this.offset, this.offset + missing);
      parts.push(part);
      missing -= part.length;
      this.offset += part.length;
      if (this.offset === current.length && missing > 0) {
        this.piece++;
        this.offset = 0;
      }
    }
    return concatBytes(parts);
  }
}
