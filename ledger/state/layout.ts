// Where a ledger keeps what in its store: one prefix per chain, one letter per kind.

import { type Bytes, bigEndian, concatBytes, fromUtf8 } from '../../lib/bytes.ts';
import { type Hash, hashToBytes } from '../../lib/hash.ts';

const letter = (text: string): Bytes => fromUtf8(text);
const letters = {
  roots: letter('h'),
  meta: letter('m'),
  page: letter('p'),
  value: letter('v'),
  receipts: letter('r'),
  located: letter('l'),
};

/** A row beside the state: in memory by its id, in the store by its key. */
export interface RecordName {
  readonly id: string;
  readonly key: Bytes;
}

export class Layout {
  private readonly prefix: Bytes;

  constructor(prefix: Bytes) {
    this.prefix = prefix;
  }

  /** height, roots and times of the last block applied */
  meta(): Bytes {
    return concatBytes([this.prefix, letters.meta]);
  }

  /** roots after one height */
  roots(height: number): Bytes {
    return concatBytes([this.prefix, letters.roots, bigEndian(height, 8)]);
  }

  page(prefix: string): Bytes {
    return concatBytes([this.prefix, letters.page, fromUtf8(prefix)]);
  }

  value(stateKey: Bytes): Bytes {
    return concatBytes([this.prefix, letters.value, stateKey]);
  }

  /** the state key inside a key of `value` */
  stateKeyOf(storeKey: Bytes): Bytes {
    return storeKey.subarray(this.prefix.length + 1);
  }

  allValues(): { readonly from: Bytes; readonly to: Bytes } {
    return { from: concatBytes([this.prefix, letters.value]), to: concatBytes([this.prefix, letter('w')]) };
  }

  /** receipts of a block, in chunks */
  receipts(height: number, chunk: number): RecordName {
    const key = concatBytes([this.prefix, letters.receipts, bigEndian(height, 8), bigEndian(chunk, 4)]);
    return { id: `${height}/${chunk}`, key };
  }

  /** command hash → height and index of its receipt */
  located(hash: Hash): RecordName {
    return { id: hash, key: concatBytes([this.prefix, letters.located, hashToBytes(hash)]) };
  }

  /** everything of this ledger: letters are h to v */
  all(): { readonly from: Bytes; readonly to: Bytes } {
    return { from: concatBytes([this.prefix, letter('a')]), to: concatBytes([this.prefix, letter('z')]) };
  }
}
