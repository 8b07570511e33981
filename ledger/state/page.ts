// A page is four levels of the tree: 16 slots, each empty, a leaf, or the top of another page, and the 15 hashes above
// them. Only the slots are stored; reading a page computes the hashes anew, so the page above can tell rot from truth.

import type { Arena } from '../../lib/arena.ts';
import { assert } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, hashFromBytes, hashInto, holdsHash } from '../../lib/hash.ts';
import { innerHashInto, leafHashInto } from './tree-hash.ts';

export const slotCount = 16;
export const levelsPerPage = 4;

export const nodeKinds = { empty: 0, leaf: 1, inner: 2 } as const;

const hashBytes = 32;
/** of a leaf: its path and the hash of its value; what a page stores of it and what its own hash covers */
const contentBytes = 64;

export interface Page {
  /** the digits of all paths below it */
  readonly prefix: string;
  /** a heap: node i has the children 2i and 2i+1; 1 is the top, 16..31 are the slots */
  readonly kinds: Uint8Array;
  /** 32 bytes per node of the heap */
  readonly hashes: Uint8Array;
  /** 64 bytes per slot that is a leaf */
  readonly contents: Uint8Array;
  /** the pages below that are in memory, by slot */
  readonly below: (Page | undefined)[];
  /** the newest sweep of the cache before which it was touched */
  touchedIn: number;
  /** the newest change that it was part of, by the change's number */
  changedBy: number;
  /** whether it has changed since it was given to the store */
  isUnwritten: boolean;
}

/** Memory that a page takes: its hashes and leaves 2 KiB, and its other fields. */
export const pageMemoryBytes = 2_700;

export function emptyPage(prefix: string): Page {
  const nodes = 2 * slotCount;
  const memory = new ArrayBuffer(nodes + nodes * hashBytes + slotCount * contentBytes);
  return {
    prefix,
    kinds: new Uint8Array(memory, 0, nodes),
    hashes: new Uint8Array(memory, nodes, nodes * hashBytes),
    contents: new Uint8Array(memory, nodes + nodes * hashBytes),
    below: new Array<Page | undefined>(slotCount).fill(undefined),
    touchedIn: 0,
    changedBy: 0,
    isUnwritten: false,
  };
}

export function slotOf(path: Hash, depth: number): number {
  const code = path.charCodeAt(depth);
  return code <= 57 ? code - 48 : code - 87;
}

/** @returns the prefix of the page below a slot */
export function prefixBelow(page: Page, slot: number): string {
  return page.below[slot]?.prefix ?? page.prefix + '0123456789abcdef'[slot];
}

export function slotKind(page: Page, slot: number): number {
  return page.kinds[slotCount + slot] as number;
}

/** @returns a view; it changes with the page */
export function nodeHash(page: Page, node: number): Bytes {
  return page.hashes.subarray(node * hashBytes, (node + 1) * hashBytes);
}

/** @returns path and value hash of the leaf in a slot: a view that changes with the page */
export function leafContent(page: Page, slot: number): Bytes {
  return page.contents.subarray(slot * contentBytes, (slot + 1) * contentBytes);
}

export function leafPath(page: Page, slot: number): Hash {
  return hashFromBytes(page.contents.subarray(slot * contentBytes, slot * contentBytes + hashBytes));
}

/** Whether a slot is a leaf with this path. */
export function isLeafAt(page: Page, slot: number, path: Hash): boolean {
  return slotKind(page, slot) === nodeKinds.leaf && holdsHash(page.contents, slot * contentBytes, path);
}

export function clearSlot(page: Page, slot: number): void {
  const node = slotCount + slot;
  page.kinds[node] = nodeKinds.empty;
  page.hashes.fill(0, node * hashBytes, (node + 1) * hashBytes); // the hash of an empty subtree
}

export function setLeaf(page: Page, slot: number, path: Hash, valueHash: Bytes): void {
  hashInto(path, page.contents, slot * contentBytes);
  page.contents.set(valueHash, slot * contentBytes + hashBytes);
  hashLeaf(page, slot);
}

/** The leaf that is in the slot has another value. */
export function setLeafValue(page: Page, slot: number, valueHash: Bytes): void {
  page.contents.set(valueHash, slot * contentBytes + hashBytes);
  hashLeaf(page, slot);
}

/** @param content of a leaf, 64 bytes at `offset` of `from` */
function copyLeaf(page: Page, slot: number, from: Bytes, offset: number): void {
  const at = slot * contentBytes;
  for (let i = 0; i < contentBytes; i++) page.contents[at + i] = from[offset + i] as number;
  hashLeaf(page, slot);
}

function hashLeaf(page: Page, slot: number): void {
  page.kinds[slotCount + slot] = nodeKinds.leaf;
  leafHashInto(page.hashes, (slotCount + slot) * hashBytes, page.contents, slot * contentBytes);
}

/** The page below has its top in this slot. */
export function setInner(page: Page, slot: number, below: Page): void {
  copyInner(page, slot, below.hashes, hashBytes);
}

function copyInner(page: Page, slot: number, from: Bytes, offset: number): void {
  const node = slotCount + slot;
  page.kinds[node] = nodeKinds.inner;
  for (let i = 0; i < hashBytes; i++) page.hashes[node * hashBytes + i] = from[offset + i] as number;
}

/** The only leaf of the page below moves up into this slot. */
export function adoptLeaf(page: Page, slot: number, below: Page): void {
  const lone = below.kinds.indexOf(nodeKinds.leaf, slotCount) - slotCount;
  assert(lone >= 0, 'a page whose top is a leaf has that leaf');
  copyLeaf(page, slot, below.contents, lone * contentBytes);
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
function combine({ kinds, hashes }: Page, node: number): void {
  const left = kinds[2 * node] as number;
  const right = kinds[2 * node + 1] as number;
  if (left + right <= nodeKinds.leaf) {
    kinds[node] = left + right;
    const lone = right === nodeKinds.leaf ? 2 * node + 1 : 2 * node;
    hashes.copyWithin(node * hashBytes, lone * hashBytes, (lone + 1) * hashBytes);
    return;
  }
  kinds[node] = nodeKinds.inner;
  innerHashInto(hashes, node * hashBytes, 2 * node * hashBytes);
}

/** Two bits of kind per slot (4 bytes), then 32 bytes for an inner slot and 64 (path, value hash) for a leaf. */
export function encodePage({ kinds, hashes, contents }: Page, arena: Arena): Bytes {
  let length = 4;
  let inner = 0;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = kinds[slotCount + slot] as number;
    length += slotBytes(kind);
    if (kind === nodeKinds.inner) inner++;
  }
  const bytes = arena.take(length);
  if (inner === slotCount) {
    bytes.fill(0xaa, 0, 4); // nodeKinds.inner sixteen times
    bytes.set(hashes.subarray(slotCount * hashBytes), 4);
    return bytes;
  }
  let offset = 4;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = kinds[slotCount + slot] as number;
    bytes[slot >> 2] = (bytes[slot >> 2] as number) | (kind << (2 * (slot & 3)));
    const size = slotBytes(kind);
    const from = kind === nodeKinds.leaf ? contents : hashes;
    const at = kind === nodeKinds.leaf ? slot * contentBytes : (slotCount + slot) * hashBytes;
    for (let i = 0; i < size; i++) bytes[offset + i] = from[at + i] as number;
    offset += size;
  }
  return bytes;
}

const slotBytes = (kind: number): number => {
  if (kind === nodeKinds.empty) return 0;
  return kind === nodeKinds.leaf ? contentBytes : hashBytes;
};

/** @returns undefined when the bytes are no page */
export function decodePage(prefix: string, bytes: Bytes): Page | undefined {
  if (bytes.length < 4) return undefined;
  const page = emptyPage(prefix);
  let offset = 4;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = ((bytes[slot >> 2] as number) >> (2 * (slot & 3))) & 3;
    if (kind > nodeKinds.inner || offset + slotBytes(kind) > bytes.length) return undefined;
    if (kind === nodeKinds.inner) copyInner(page, slot, bytes, offset);
    if (kind === nodeKinds.leaf) copyLeaf(page, slot, bytes, offset);
    offset += slotBytes(kind);
  }
  if (offset !== bytes.length) return undefined;
  refresh(page, 0xffff);
  return page;
}
