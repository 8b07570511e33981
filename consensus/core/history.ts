// A Merkle mountain range over the ids of all blocks of a chain (§9): a header commits the whole past in one hash, and an
// old block is proved with O(log n) hashes. Peaks are immutable, so every block of a tree may hold its own.

import { bigEndian } from '../../lib/bytes.ts';
import { type Hash, hashToBytes, taggedHash, zeroHash } from '../../lib/hash.ts';

export interface Peak {
  /** a peak of height h covers 2^h ids */
  readonly height: number;
  readonly hash: Hash;
}

/** From the highest peak to the lowest. */
export type Peaks = readonly Peak[];

export const noPeaks: Peaks = [];

export function appendToHistory(peaks: Peaks, id: Hash): Peaks {
  const result = [...peaks];
  let carried: Peak = { height: 0, hash: taggedHash('mmr-leaf', hashToBytes(id)) };
  for (let last = result.at(-1); last !== undefined && last.height === carried.height; last = result.at(-1)) {
    result.pop();
    carried = { height: carried.height + 1, hash: node(last.hash, carried.hash) };
  }
  result.push(carried);
  return result;
}

export function historyRoot(peaks: Peaks): Hash {
  let root = zeroHash;
  for (const peak of peaks)
    root = taggedHash('mmr-bag', hashToBytes(root), bigEndian(peak.height, 1), hashToBytes(peak.hash));
  return root;
}

function node(left: Hash, right: Hash): Hash {
  return taggedHash('mmr-node', hashToBytes(left), hashToBytes(right));
}
