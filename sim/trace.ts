// The fingerprint of a run: every delivered message, disk operation and timer goes in, in order. Two runs of one seed
// must give one fingerprint, so anything that the seed does not decide shows itself here.

import { type Bytes, bigEndian, concatBytes } from '../lib/bytes.ts';
import { crc32 } from '../lib/crc32.ts';
import { type Hash, taggedHash } from '../lib/hash.ts';

/** What an entry of the trace is about. */
export const traced = {
  timer: 1,
  message: 2,
  connection: 3,
  diskWrite: 4,
  diskSync: 5,
  diskRead: 6,
  diskName: 7,
  storeBatch: 8,
  fault: 9,
} as const;

type Traced = (typeof traced)[keyof typeof traced];

/** Bytes up to this length are traced whole, of longer ones so much of each end. */
const wholeBytes = 16_384;
const endBytes = 4_096;

/**
 * Two 32-bit lanes of FNV-1a over words, with different primes; SHA-256 at the end. An FNV step costs a nanosecond, a
 * SHA-256 block three hundred, and nobody attacks this fingerprint.
 */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0xcbf29ce4;
  #entries = 0;

  add(kind: Traced, who: number, atUs: number, detail: number): void {
    this.#entries++;
    this.#mix((kind << 24) ^ who);
    this.#mix(atUs | 0);
    this.#mix((atUs / 0x100000000) | 0);
    this.#mix(detail | 0);
  }

  /** Of long bytes (a segment's zeroes, a full batch) the ends and the length stand for the rest. */
  addBytes(kind: Traced, who: number, atUs: number, parts: readonly Bytes[]): void {
    let checksum = 0;
    for (const part of parts) {
      if (part.length <= wholeBytes) checksum = crc32(part, checksum);
      else checksum = crc32(part.subarray(-endBytes), crc32(part.subarray(0, endBytes), checksum ^ part.length));
    }
    this.add(kind, who, atUs, checksum);
  }

  /** may be read at any time; the trace goes on */
  digest(): Hash {
    return taggedHash(
      'sim-trace',
      concatBytes([bigEndian(this.#low >>> 0, 4), bigEndian(this.#high >>> 0, 4), bigEndian(this.#entries, 8)]),
    );
  }

  #mix(word: number): void {
    let low = Math.imul(this.#low ^ word, 0x01000193);
    low ^= low >>> 15;
    let high = Math.imul(this.#high ^ word ^ low, 0x85ebca6b);
    high ^= high >>> 13;
    this.#low = low;
    this.#high = high;
  }
}
