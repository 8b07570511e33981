// SHA-256, the one hash of the protocol. Digests are 64 lower-case hex digits in memory and 32 bytes on the wire:
// as keys of maps, strings are several times faster than byte arrays.

import { sha256 as portableSha256 } from '@noble/hashes/sha2.js';
import { assert } from './assert.ts';
import { type Bytes, fromHex, fromUtf8, toHex } from './bytes.ts';
import type { Brand } from './units.ts';

export type Hash = Brand<string, 'Hash'>;

/** An implementation of SHA-256. All give the same bytes; a native one is only faster. */
export interface Sha256 {
  digest(parts: readonly Bytes[]): Bytes;
  digestHex(parts: readonly Bytes[]): string;
  /** writes the digest at `offset`, without a buffer of its own */
  digestInto?(parts: readonly Bytes[], target: Bytes, offset: number): void;
}

const portable: Sha256 = {
  digest(parts) {
    const hasher = portableSha256.create();
    for (const part of parts) hasher.update(part);
    return hasher.digest();
  },
  digestHex: (parts) => toHex(portable.digest(parts)),
};

let implementation = portable;

/** Installs a faster implementation; the result of every function here stays the same. */
export function accelerateSha256(native: Sha256): void {
  const probe = [fromUtf8('a'), fromUtf8('bc')];
  assert(native.digestHex(probe) === portable.digestHex(probe), 'a native SHA-256 agrees with the portable one');
  implementation = native;
}

export function sha256(...parts: readonly Bytes[]): Bytes {
  return implementation.digest(parts);
}

/** Writes the digest of the parts to `target` at `offset`. */
export function sha256Into(target: Bytes, offset: number, ...parts: readonly Bytes[]): void {
  if (implementation.digestInto === undefined) target.set(implementation.digest(parts), offset);
  else implementation.digestInto(parts, target, offset);
}

export function sha256Hex(...parts: readonly Bytes[]): Hash {
  return implementation.digestHex(parts) as Hash;
}

const tagBytes = new Map<string, Bytes>();

/** H(tag ‖ 0 ‖ parts…): hashes of different kinds of things never collide. */
export function taggedHash(tag: string, ...parts: readonly Bytes[]): Hash {
  let prefix = tagBytes.get(tag);
  if (prefix === undefined) {
    prefix = fromUtf8(`${tag}\0`);
    tagBytes.set(tag, prefix);
  }
  return implementation.digestHex([prefix, ...parts]) as Hash;
}

export function hashToBytes(hash: Hash): Bytes {
  const bytes = fromHex(hash);
  assert(bytes !== undefined && bytes.length === 32, 'a Hash is 64 hex digits');
  return bytes;
}

/** Writes the 32 bytes of a hash to `target` at `offset`. */
export function hashInto(hash: Hash, target: Bytes, offset: number): void {
  for (let i = 0; i < 32; i++) target[offset + i] = digitOf(hash, 2 * i) * 16 + digitOf(hash, 2 * i + 1);
}

/** Whether the 32 bytes of `bytes` at `offset` are this hash. */
export function holdsHash(bytes: Bytes, offset: number, hash: Hash): boolean {
  return compareToHash(bytes, offset, hash) === 0;
}

/** Negative where the 32 bytes of `bytes` at `offset` come before the hash, 0 where they are it. */
export function compareToHash(bytes: Bytes, offset: number, hash: Hash): number {
  for (let i = 0; i < 32; i++) {
    const difference = (bytes[offset + i] as number) - (digitOf(hash, 2 * i) * 16 + digitOf(hash, 2 * i + 1));
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @returns one of the 64 digits of a hash as a number */
export function digitOf(hash: Hash, at: number): number {
  const code = hash.charCodeAt(at);
  return code <= 57 ? code - 48 : code - 87;
}

export function hashFromBytes(bytes: Bytes): Hash {
  assert(bytes.length === 32, 'a SHA-256 digest has 32 bytes');
  return toHex(bytes) as Hash;
}

/** @returns the hash, or undefined when `text` is not 64 lower-case hex digits */
export function parseHash(text: string): Hash | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? (text as Hash) : undefined;
}

export const zeroHash = '0'.repeat(64) as Hash;
