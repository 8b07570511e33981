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

const leafInput = new Uint8Array(65);

/** Hashes a leaf's path and value hash, 64 bytes of `memory` from `content`, into its 32 bytes at `offset`. */
export function leafHashInto(memory: Bytes, offset: number, content: number): void {
  for (let i = 0; i < 64; i++) leafInput[i + 1] = memory[content + i] as number;
  sha256Into(memory, offset, leafInput);
}

export function innerHash(left: Bytes, right: Bytes): Bytes {
  return sha256(innerPrefix, left, right);
}

const innerInput = new Uint8Array(65);
innerInput[0] = 1;

/** Hashes two neighbours, 32 bytes each of `memory` from `left`, into its 32 bytes at `offset`. */
export function innerHashInto(memory: Bytes, offset: number, left: number): void {
  for (let i = 0; i < 64; i++) innerInput[i + 1] = memory[left + i] as number;
  sha256Into(memory, offset, innerInput);
}
