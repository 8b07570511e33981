// Hashes of the sparse Merkle tree, as an ICS-23 ProofSpec sees them (SmtSpec): leaf = H(0 ‖ H(key) ‖ H(value)),
// inner = H(1 ‖ left ‖ right), an empty subtree is 32 zero bytes, a leaf stands at the shallowest depth where it is alone.

import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, sha256, sha256Hex, sha256Into } from '../../lib/hash.ts';

const leafPrefix = Uint8Array.of(0);
const innerPrefix = Uint8Array.of(1);

export const emptyHash: Bytes = new Uint8Array(32);

/** The place of a key: 256 bits, walked from the highest. */
export function pathOf(stateKey: Bytes): Hash {
  return sha256Hex(stateKey);
}

export function valueHashOf(value: Bytes): Bytes {
  return sha256(value);
}

export function leafHash(path: Bytes, valueHash: Bytes): Bytes {
  return sha256(leafPrefix, path, valueHash);
}

/** @param content path and value hash, 64 bytes in one piece */
export function leafHashOf(content: Bytes): Bytes {
  return sha256(leafPrefix, content);
}

export function innerHash(left: Bytes, right: Bytes): Bytes {
  return sha256(innerPrefix, left, right);
}

/** @param children left and right, 64 bytes in one piece */
export function innerHashInto(target: Bytes, offset: number, children: Bytes): void {
  sha256Into(target, offset, innerPrefix, children);
}
