// A page is four levels of the tree: 16 slots, each empty, a leaf, or the top of another page, and the 15 hashes above
// them. Only the slots are stored; reading a page computes the hashes anew, so the page above can tell rot from truth.

import { assert } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, hashFromBytes, hashToBytes } from '../../lib/hash.ts';
import { emptyHash, innerHashInto, leafHashOf } from './tree-hash.ts';

export const slotCount = 16;
export const levelsPerPage = 4;

export const nodeKinds = { empty: 0, leaf: 1, inner: 2 } as const;

export interface Leaf {
  readonly path: Hash;
  /** path and value hash, 64 bytes: what a page stores and what the leaf's hash covers */
  readonly content: Bytes;
  readonly hash: Bytes;
}

export interface Page {
  /** the digits of all paths below it */
  readonly prefix: string;
  /** a heap: node i has the children 2i and 2i+1; 1 is the top, 16..31 are the slots */
  readonly kinds: Uint8Array;
  /** 32 bytes per node of the heap */
  readonly hashes: Uint8Array;
  readonly leaves: (Leaf | undefined)[];
  /** as it stood after the last block, undefined where it did not exist */
  stored: Bytes | undefined;
}

/** Memory that a page takes: its arrays 1.5 KiB, its stored form and some 400 bytes for each of a few leaves. */
export const pageMemoryBytes = 3_500;

export function emptyPage(prefix: string): Page {
  return {
    prefix,
    kinds: new Uint8Array(2 * slotCount),
    hashes: new Uint8Array(2 * slotCount * 32),
    leaves: new Array<Leaf | undefined>(slotCount).fill(undefined),
    stored: undefined,
  };
}

export function slotOf(path: Hash, depth: number): number {
  const code = path.charCodeAt(depth);
  return code <= 57 ? code - 48 : code - 87;
}

export function digitOf(slot: number): string {
  return '0123456789abcdef'[slot] as string;
}

export function slotKind(page: Page, slot: number): number {
  return page.kinds[slotCount + slot] as number;
}

export function nodeHash(page: Page, node: number): Bytes {
  return page.hashes.subarray(node * 32, node * 32 + 32);
}

export function clearSlot(page: Page, slot: number): void {
  setNode(page, slotCount + slot, nodeKinds.empty, emptyHash);
  page.leaves[slot] = undefined;
}

export function setLeaf(page: Page, slot: number, leaf: Leaf): void {
  setNode(page, slotCount + slot, nodeKinds.leaf, leaf.hash);
  page.leaves[slot] = leaf;
}

export function setInner(page: Page, slot: number, hash: Bytes): void {
  setNode(page, slotCount + slot, nodeKinds.inner, hash);
  page.leaves[slot] = undefined;
}

function setNode(page: Page, node: number, kind: number, hash: Bytes): void {
  page.kinds[node] = kind;
  page.hashes.set(hash, node * 32);
}

/** @param touched bit i: slot i has changed. Computes the nodes above them, each once. */
export function refresh(page: Page, touched: number): void {
  let level = touched;
  for (let first = slotCount; first > 1; first >>= 1) {
    let above = 0;
    for (let pair = 0; pair < first; pair += 2) {
      if (((level >> pair) & 3) === 0) continue;
      combine(page, (first + pair) >> 1);
      above |= 1 << (pair >> 1);
    }
    level = above;
  }
}

/** A node of two empty halves is empty; a leaf that is alone moves up; all else is hashed. */
function combine(page: Page, node: number): void {
  const left = page.kinds[2 * node] as number;
  const right = page.kinds[2 * node + 1] as number;
  if (left + right <= nodeKinds.leaf) {
    page.kinds[node] = left + right;
    const lone = right === nodeKinds.leaf ? 2 * node + 1 : 2 * node;
    page.hashes.copyWithin(node * 32, lone * 32, lone * 32 + 32);
    return;
  }
  page.kinds[node] = nodeKinds.inner;
  innerHashInto(page.hashes, node * 32, page.hashes.subarray(2 * node * 32, 2 * node * 32 + 64));
}

/** The only leaf of a page whose top is a leaf. */
export function loneLeaf(page: Page): Leaf {
  const leaf = page.leaves.find((each) => each !== undefined);
  assert(leaf !== undefined, 'a page whose top is a leaf has that leaf');
  return leaf;
}

/** Two bits of kind per slot (4 bytes), then 32 bytes for an inner slot and 64 (path, value hash) for a leaf. */
export function encodePage(page: Page): Bytes {
  let length = 4;
  for (let slot = 0; slot < slotCount; slot++) length += slotBytes(slotKind(page, slot));
  const bytes = new Uint8Array(length);
  let offset = 4;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = slotKind(page, slot);
    bytes[slot >> 2] = (bytes[slot >> 2] as number) | (kind << (2 * (slot & 3)));
    const leaf = page.leaves[slot];
    if (leaf !== undefined) {
      bytes.set(leaf.content, offset);
    } else if (kind === nodeKinds.inner) {
      bytes.set(nodeHash(page, slotCount + slot), offset);
    }
    offset += slotBytes(kind);
  }
  return bytes;
}

const slotBytes = (kind: number): number => kind * (kind === nodeKinds.leaf ? 64 : 16);

/** @returns undefined when the bytes are no page with this prefix */
export function decodePage(prefix: string, bytes: Bytes): Page | undefined {
  if (bytes.length < 4) return undefined;
  const page = emptyPage(prefix);
  let offset = 4;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = ((bytes[slot >> 2] as number) >> (2 * (slot & 3))) & 3;
    if (kind > nodeKinds.inner || offset + slotBytes(kind) > bytes.length) return undefined;
    if (kind === nodeKinds.inner) setInner(page, slot, bytes.subarray(offset, offset + 32));
    if (kind === nodeKinds.leaf) setLeaf(page, slot, readLeaf(bytes, offset));
    offset += slotBytes(kind);
  }
  if (offset !== bytes.length) return undefined;
  refresh(page, 0xffff);
  page.stored = bytes;
  return page;
}

function readLeaf(bytes: Bytes, offset: number): Leaf {
  const content = bytes.slice(offset, offset + 64);
  return { path: hashFromBytes(content.subarray(0, 32)), content, hash: leafHashOf(content) };
}

export function leafOf(path: Hash, valueHash: Bytes): Leaf {
  const content = new Uint8Array(64);
  content.set(hashToBytes(path));
  content.set(valueHash, 32);
  return { path, content, hash: leafHashOf(content) };
}
