// A page is four levels of the tree: 16 slots, each empty, a leaf, or the top of another page, and the 15 hashes above
// them. Only the slots are stored; reading a page computes the hashes anew, so the page above can tell rot from truth.
// Most functions here speak of a page in full; one with a few leaves is better kept sparse (sparse-page.ts).

import type { Arena } from '../../lib/arena.ts';
import { assert, present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, hashFromBytes, hashInto, holdsHash } from '../../lib/hash.ts';
import {
  condensed,
  maxSparseLeaves,
  noLeaves,
  contentAt as sparseContentAt,
  sparseTop,
  storedForm,
} from './sparse-page.ts';
import { innerHashInto, leafHashInto } from './tree-hash.ts';

export const slotCount = 16;
export const levelsPerPage = 4;

export const nodeKinds = { empty: 0, leaf: 1, inner: 2 } as const;

const hashBytes = 32;
/** of a leaf: its path and the hash of its value; what a page stores of it and what its own hash covers */
const contentBytes = 64;

const nodeCount = 2 * slotCount;
const hashAt = (node: number): number => nodeCount + node * hashBytes;
const contentAt = (slot: number): number => nodeCount * (1 + hashBytes) + slot * contentBytes;
const memoryBytes = contentAt(slotCount);

export interface Page {
  /** the digits of all paths below it */
  readonly prefix: string;
  /**
   * In full, one piece of memory, since a page is seldom in the processor's cache. A heap of 32 nodes, where node i has the
   * children 2i and 2i+1, 1 is the top and 16..31 are the slots: a byte of kind per node, then 32 bytes of hash per node,
   * then 64 bytes of content per slot that is a leaf. Sparse, see sparse-page.ts.
   */
  memory: Bytes;
  isSparse: boolean;
  /** the pages below that are in memory, by slot; undefined where none ever was */
  below: (Page | undefined)[] | undefined;
  /** the newest sweep of the cache before which it was touched */
  touchedIn: number;
  /** the newest change that it was part of, by the change's number */
  changedBy: number;
  /** whether it has changed since it was given to the store */
  isUnwritten: boolean;
}

/** The object, its view and its share of the containers. */
const objectBytes = 300;

export const pageBytes = ({ memory }: Page): number => objectBytes + memory.length;

export function emptyPage(prefix: string): Page {
  return {
    prefix,
    memory: new Uint8Array(memoryBytes),
    isSparse: false,
    below: undefined,
    touchedIn: 0,
    changedBy: 0,
    isUnwritten: false,
  };
}

/** A page without leaves, kept sparse. */
export function sparsePage(prefix: string): Page {
  return {
    prefix,
    memory: noLeaves,
    isSparse: true,
    below: undefined,
    touchedIn: 0,
    changedBy: 0,
    isUnwritten: false,
  };
}

/** From here on the page is kept in full. @returns by how many bytes it has grown */
export function spread(page: Page): number {
  const before = page.memory.length;
  page.memory = inFull(page).memory;
  page.isSparse = false;
  return page.memory.length - before;
}

/** @returns the page itself, or a copy in full */
export function inFull(page: Page): Page {
  if (!page.isSparse) return page;
  return present(decodePage(page.prefix, storedForm(page.memory)), 'a sparse page has the form of the store');
}

/** From here on the page, which is in full, is kept sparse if it can be. @returns by how many bytes it has grown */
export function condense(page: Page, arena: Arena): number {
  const slots: number[] = [];
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = slotKind(page, slot);
    if (kind === nodeKinds.inner) return 0;
    if (kind === nodeKinds.leaf) slots.push(slot);
  }
  if (slots.length > maxSparseLeaves) return 0;
  page.memory = condensed(page.memory, slots, contentAt, arena);
  page.isSparse = true;
  return page.memory.length - memoryBytes;
}

/** @returns the prefix of the page below a slot */
export function prefixBelow(page: Page, slot: number): string {
  return page.below?.[slot]?.prefix ?? page.prefix + '0123456789abcdef'[slot];
}

export function nodeKind(page: Page, node: number): number {
  return page.memory[node] as number;
}

export function slotKind(page: Page, slot: number): number {
  return nodeKind(page, slotCount + slot);
}

/** @returns a view; it changes with the page */
export function nodeHash(page: Page, node: number): Bytes {
  return page.memory.subarray(hashAt(node), hashAt(node + 1));
}

/** @returns path and value hash of the leaf in a slot: a view that changes with the page */
export function leafContent(page: Page, slot: number): Bytes {
  return page.memory.subarray(contentAt(slot), contentAt(slot + 1));
}

export function leafPath(page: Page, slot: number): Hash {
  return hashFromBytes(page.memory.subarray(contentAt(slot), contentAt(slot) + hashBytes));
}

/** Whether a slot is a leaf with this path. */
export function isLeafAt(page: Page, slot: number, path: Hash): boolean {
  return slotKind(page, slot) === nodeKinds.leaf && holdsHash(page.memory, contentAt(slot), path);
}

export function clearSlot(page: Page, slot: number): void {
  const node = slotCount + slot;
  page.memory[node] = nodeKinds.empty;
  page.memory.fill(0, hashAt(node), hashAt(node + 1)); // the hash of an empty subtree
}

export function setLeaf(page: Page, slot: number, path: Hash, valueHash: Bytes): void {
  hashInto(path, page.memory, contentAt(slot));
  page.memory.set(valueHash, contentAt(slot) + hashBytes);
  hashLeaf(page, slot);
}

/** The leaf that is in the slot has another value. */
export function setLeafValue(page: Page, slot: number, valueHash: Bytes): void {
  page.memory.set(valueHash, contentAt(slot) + hashBytes);
  hashLeaf(page, slot);
}

/** @param content of a leaf, 64 bytes at `offset` of `from` */
function copyLeaf(page: Page, slot: number, from: Bytes, offset: number): void {
  const at = contentAt(slot);
  for (let i = 0; i < contentBytes; i++) page.memory[at + i] = from[offset + i] as number;
  hashLeaf(page, slot);
}

function hashLeaf(page: Page, slot: number): void {
  page.memory[slotCount + slot] = nodeKinds.leaf;
  leafHashInto(page.memory, hashAt(slotCount + slot), contentAt(slot));
}

/** The page below has its top in this slot. */
export function setInner(page: Page, slot: number, below: Page): void {
  if (below.isSparse) copyInner(page, slot, sparseTop(below.memory, below.prefix.length), 0);
  else copyInner(page, slot, below.memory, hashAt(1));
}

function copyInner(page: Page, slot: number, from: Bytes, offset: number): void {
  const node = slotCount + slot;
  page.memory[node] = nodeKinds.inner;
  for (let i = 0; i < hashBytes; i++) page.memory[hashAt(node) + i] = from[offset + i] as number;
}

/** The only leaf of the page below moves up into this slot. */
export function adoptLeaf(page: Page, slot: number, below: Page): void {
  if (below.isSparse) return copyLeaf(page, slot, below.memory, sparseContentAt(0));
  const lone = below.memory.indexOf(nodeKinds.leaf, slotCount) - slotCount;
  assert(lone >= 0 && lone < slotCount, 'a page whose top is a leaf has that leaf');
  copyLeaf(page, slot, below.memory, contentAt(lone));
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
function combine({ memory }: Page, node: number): void {
  const left = memory[2 * node] as number;
  const right = memory[2 * node + 1] as number;
  if (left + right <= nodeKinds.leaf) {
    memory[node] = left + right;
    const lone = right === nodeKinds.leaf ? 2 * node + 1 : 2 * node;
    for (let i = 0; i < hashBytes; i++) memory[hashAt(node) + i] = memory[hashAt(lone) + i] as number;
    return;
  }
  memory[node] = nodeKinds.inner;
  innerHashInto(memory, hashAt(node), hashAt(2 * node));
}

/** @returns what the store holds of the page; of a sparse one a view, which nobody changes */
export function encodePage(page: Page, arena: Arena): Bytes {
  return page.isSparse ? storedForm(page.memory) : encodeFull(page, arena);
}

/** Two bits of kind per slot (4 bytes), then 32 bytes for an inner slot and 64 (path, value hash) for a leaf. */
function encodeFull({ memory }: Page, arena: Arena): Bytes {
  let length = 4;
  let inner = 0;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = memory[slotCount + slot] as number;
    length += slotBytes(kind);
    if (kind === nodeKinds.inner) inner++;
  }
  const bytes = arena.take(length);
  if (inner === slotCount) {
    bytes.fill(0xaa, 0, 4); // nodeKinds.inner sixteen times
    bytes.set(memory.subarray(hashAt(slotCount), hashAt(nodeCount)), 4);
    return bytes;
  }
  let offset = 4;
  for (let slot = 0; slot < slotCount; slot++) {
    const kind = memory[slotCount + slot] as number;
    bytes[slot >> 2] = (bytes[slot >> 2] as number) | (kind << (2 * (slot & 3)));
    const size = slotBytes(kind);
    const at = kind === nodeKinds.leaf ? contentAt(slot) : hashAt(slotCount + slot);
    for (let i = 0; i < size; i++) bytes[offset + i] = memory[at + i] as number;
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
