// Where a state stands, and the roots of its newest heights, as the store keeps them.

import type { HeightRoots } from '../../consensus/application.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { decode, type Encodable, encode } from '../../lib/codec.ts';
import { type Hash, hashFromBytes, hashToBytes, zeroHash } from '../../lib/hash.ts';

export interface StateHead {
  readonly height: number;
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
  /** timeMs of the last block */
  readonly timeMs: number;
}

const formatVersion = 1;

export const emptyHead: StateHead = { height: 0, stateRoot: zeroHash, outboxRoot: zeroHash, timeMs: 0 };

export function encodeHead(head: StateHead): Bytes {
  return encode([formatVersion, head.height, hashToBytes(head.stateRoot), hashToBytes(head.outboxRoot), head.timeMs]);
}

export function decodeHead(bytes: Bytes): StateHead | undefined {
  const decoded = decode(bytes);
  if (!decoded.ok || !Array.isArray(decoded.value)) return undefined;
  const [format, height, stateRoot, outboxRoot, timeMs] = decoded.value as readonly Encodable[];
  if (format !== formatVersion || typeof height !== 'number' || typeof timeMs !== 'number') return undefined;
  if (!(stateRoot instanceof Uint8Array) || !(outboxRoot instanceof Uint8Array)) return undefined;
  return { height, stateRoot: hashFromBytes(stateRoot), outboxRoot: hashFromBytes(outboxRoot), timeMs };
}

export function encodeRoots(roots: HeightRoots): Bytes {
  return encode([roots.height, hashToBytes(roots.stateRoot), hashToBytes(roots.outboxRoot)]);
}

export function decodeRoots(bytes: Bytes): HeightRoots | undefined {
  const decoded = decode(bytes);
  if (!decoded.ok || !Array.isArray(decoded.value)) return undefined;
  const [height, stateRoot, outboxRoot] = decoded.value as readonly Encodable[];
  if (typeof height !== 'number') return undefined;
  if (!(stateRoot instanceof Uint8Array) || !(outboxRoot instanceof Uint8Array)) return undefined;
  return { height, stateRoot: hashFromBytes(stateRoot), outboxRoot: hashFromBytes(outboxRoot) };
}
