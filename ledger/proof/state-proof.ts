// Proofs against a state root, for whoever trusts a root and nothing else: clients verify with this file alone.
// A proof is canonical msgpack [depth, bitmap, siblings, other]: the siblings from the root downwards, empty ones left out
// (bit 0 in the bitmap, highest bit first); `other` is the leaf that stands where an absent key would, or nil.

import { type Bytes, concatBytes, equalBytes } from '../../lib/bytes.ts';
import { type CodecLimits, decode, type Encodable, encode } from '../../lib/codec.ts';
import { type Hash, hashToBytes, sha256 } from '../../lib/hash.ts';
import { maxProofBytes } from '../limits.ts';
import { emptyHash, innerHash, leafHash, valueHashOf } from '../state/tree-hash.ts';

export interface StateProof {
  /** from the root downwards; `emptyHash` where there is nothing */
  readonly siblings: readonly Bytes[];
  /** proofs of absence only: the leaf that took the place, or null where the place is empty */
  readonly other: { readonly path: Bytes; readonly valueHash: Bytes } | null;
}

const treeDepth = 256;
const codecLimits: CodecLimits = { maxBytes: maxProofBytes, maxDepth: 3, maxItems: 8 };

/**
 * @param value the value that the state holds at `stateKey`, or undefined for "there is none"
 * @returns whether the root allows no other answer
 */
export function verifyStateProof(root: Hash, stateKey: Bytes, value: Bytes | undefined, proof: Bytes): boolean {
  const decoded = decodeProof(proof);
  if (decoded === undefined) return false;
  const path = sha256(stateKey);
  const start = value === undefined ? absentStart(path, decoded) : presentStart(path, value, decoded);
  if (start === undefined) return false;
  let node = start;
  for (let depth = decoded.siblings.length - 1; depth >= 0; depth--) {
    const sibling = decoded.siblings[depth] as Bytes;
    if (node === emptyHash && equalBytes(sibling, emptyHash)) return false; // two empty halves are one empty tree
    node = bitOf(path, depth) === 0 ? innerHash(node, sibling) : innerHash(sibling, node);
  }
  return equalBytes(node, hashToBytes(root));
}

function presentStart(path: Bytes, value: Bytes, proof: StateProof): Bytes | undefined {
  return proof.other === null ? leafHash(path, valueHashOf(value)) : undefined;
}

function absentStart(path: Bytes, proof: StateProof): Bytes | undefined {
  const { other, siblings } = proof;
  if (other === null) return emptyHash;
  if (equalBytes(other.path, path)) return undefined;
  for (let depth = 0; depth < siblings.length; depth++) {
    if (bitOf(other.path, depth) !== bitOf(path, depth)) return undefined;
  }
  return leafHash(other.path, other.valueHash);
}

/** @returns 0 (left) or 1 (right) at this depth; bit 0 is the highest of the first byte */
export function bitOf(path: Bytes, depth: number): number {
  return ((path[depth >> 3] as number) >> (7 - (depth & 7))) & 1;
}

export function encodeProof(proof: StateProof): Bytes {
  const bitmap = new Uint8Array(Math.ceil(proof.siblings.length / 8));
  const present: Bytes[] = [];
  proof.siblings.forEach((sibling, depth) => {
    if (equalBytes(sibling, emptyHash)) return;
    bitmap[depth >> 3] = (bitmap[depth >> 3] as number) | (1 << (7 - (depth & 7)));
    present.push(sibling);
  });
  const other = proof.other === null ? null : [proof.other.path, proof.other.valueHash];
  return encode([proof.siblings.length, bitmap, concatBytes(present), other]);
}

/** @returns undefined when the bytes are not the one encoding of a proof */
export function decodeProof(bytes: Bytes): StateProof | undefined {
  const decoded = decode(bytes, codecLimits);
  if (!decoded.ok || !Array.isArray(decoded.value) || decoded.value.length !== 4) return undefined;
  const [depth, bitmap, present, other] = decoded.value as readonly Encodable[];
  if (typeof depth !== 'number' || depth > treeDepth) return undefined;
  if (!(bitmap instanceof Uint8Array) || bitmap.length !== Math.ceil(depth / 8)) return undefined;
  if (!(present instanceof Uint8Array)) return undefined;
  const siblings = readSiblings(depth, bitmap, present);
  const otherLeaf = readOther(other);
  return siblings === undefined || otherLeaf === undefined ? undefined : { siblings, other: otherLeaf };
}

function readSiblings(depth: number, bitmap: Bytes, present: Bytes): readonly Bytes[] | undefined {
  const siblings: Bytes[] = [];
  let offset = 0;
  for (let i = 0; i < bitmap.length * 8; i++) {
    const isPresent = bitOf(bitmap, i) === 1;
    if (i >= depth) {
      if (isPresent) return undefined;
      continue;
    }
    if (!isPresent) {
      siblings.push(emptyHash);
      continue;
    }
    const sibling = present.subarray(offset, offset + 32);
    if (sibling.length !== 32 || equalBytes(sibling, emptyHash)) return undefined;
    siblings.push(sibling);
    offset += 32;
  }
  return offset === present.length ? siblings : undefined;
}

function readOther(encoded: Encodable | undefined): StateProof['other'] | undefined {
  if (encoded === null) return null;
  if (!Array.isArray(encoded) || encoded.length !== 2) return undefined;
  const [path, valueHash] = encoded as readonly Encodable[];
  if (!(path instanceof Uint8Array) || path.length !== 32) return undefined;
  if (!(valueHash instanceof Uint8Array) || valueHash.length !== 32) return undefined;
  return { path, valueHash };
}
