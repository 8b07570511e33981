// Many small byte strings in few buffers. A typed array with a buffer of its own costs about a microsecond and stays a
// burden to the collector for as long as it lives; a view into a shared buffer costs a tenth and is no burden.

import type { Bytes } from './bytes.ts';
import { KiB } from './units.ts';

/** the first buffer is small, as a block may write one value; each next is four times larger */
const firstChunkBytes = 1 * KiB;
/** what a block leaves unused of its last buffer; a quarter of it and more gets a buffer of its own */
const defaultChunkBytes = 64 * KiB;

/** What is taken from one arena shares its memory: a buffer goes when the last piece in it does. */
export class Arena {
  private readonly largestChunkBytes: number;
  private chunk: Bytes | undefined;
  private used = 0;

  /** @param largestChunkBytes what one piece that stays may hold on to */
  constructor(largestChunkBytes = defaultChunkBytes) {
    this.largestChunkBytes = largestChunkBytes;
  }

  /** @returns `length` bytes that nobody else has, all zero */
  take(length: number): Bytes {
    if (this.chunk === undefined || this.used + length > this.chunk.length) {
      if (length > this.largestChunkBytes / 4) return new Uint8Array(length);
      const next = this.chunk === undefined ? firstChunkBytes : Math.min(4 * this.chunk.length, this.largestChunkBytes);
      this.chunk = new Uint8Array(Math.max(next, length));
      this.used = 0;
    }
    const taken = this.chunk.subarray(this.used, this.used + length);
    this.used += length;
    return taken;
  }
}
