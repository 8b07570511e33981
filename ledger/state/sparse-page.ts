// A page with a few leaves and nothing below it, as most pages of any tree are. It is in memory as it is in the store, with
// the hash of each leaf behind: a tenth of the memory. A change makes new bytes, so whoever keeps how the page was before
// (history.ts) or writes it (unwritten.ts) copies nothing.
//   bytes: two bits of kind per slot (4 bytes), path and value hash of each leaf (64), then the hash of each leaf (32)

import type { Arena } from '../../lib/arena.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { compareToHash, digitOf, hashInto } from '../../lib/hash.ts';
import { innerHashInto, leafHashInto } from './tree-hash.ts';
import type { TreeUpdate } from './tree-update.ts';

/** With more, hashing their common nodes anew at each change costs more than the memory is worth. */
export const maxSparseLeaves = 6;

const kindBytes = 4;
const contentBytes = 64;
const hashBytes = 32;
const leafBytes = contentBytes + hashBytes;

/** A page without leaves, from which others are made. */
export const noLeaves: Bytes = new Uint8Array(kindBytes);

export const leafCount = (bytes: Bytes): number => (bytes.length - kindBytes) / leafBytes;

/** @returns what the store holds of the page: a view */
export const storedForm = (bytes: Bytes): Bytes => bytes.subarray(0, contentAt(leafCount(bytes)));

/** Where path and value hash of a leaf are, and behind the last one the hashes. */
export const contentAt = (leaf: number): number => kindBytes + leaf * contentBytes;
const hashAt = (bytes: Bytes, leaf: number): number => contentAt(leafCount(bytes)) + leaf * hashBytes;

/** @param depth how many digits the prefix of the page has */
function slotOfLeaf(bytes: Bytes, leaf: number, depth: number): number {
  const twoDigits = bytes[contentAt(leaf) + (depth >> 1)] as number;
  return (depth & 1) === 0 ? twoDigits >> 4 : twoDigits & 15;
}

/**
 * The page after the updates from `low` up to `high`, sorted by path. It may have one leaf or none, and is then not worth
 * being a page. @returns undefined when it is not sparse any more
 */
export function changeSparse(
  before: Bytes,
  depth: number,
  updates: readonly TreeUpdate[],
  low: number,
  high: number,
  arena: Arena,
): Bytes | undefined {
  const sources = merge(before, updates, low, high);
  if (sources.length > maxSparseLeaves) return undefined;
  const slotOf = (source: number): number =>
    source >= 0 ? slotOfLeaf(before, source, depth) : digitOf((updates[~source] as TreeUpdate).path, depth);
  for (let i = 1; i < sources.length; i++) {
    if (slotOf(sources[i - 1] as number) === slotOf(sources[i] as number)) return undefined;
  }
  const after = arena.take(kindBytes + sources.length * leafBytes);
  for (const [leaf, source] of sources.entries()) {
    const slot = slotOf(source);
    after[slot >> 2] = (after[slot >> 2] as number) | (1 << (2 * (slot & 3)));
    if (source >= 0) keepLeaf(after, leaf, before, source);
    else placeLeaf(after, leaf, updates[~source] as TreeUpdate);
  }
  return after;
}

/** Where the leaves come from, in their order: the place of one that stays, or the complement of an update's index. */
function merge(before: Bytes, updates: readonly TreeUpdate[], low: number, high: number): number[] {
  const sources: number[] = [];
  const count = leafCount(before);
  let resident = 0;
  for (let i = low; i < high; i++) {
    const { path, valueHash } = updates[i] as TreeUpdate;
    let order = 1;
    for (; resident < count; resident++) {
      order = compareToHash(before, contentAt(resident), path);
      if (order >= 0) break;
      sources.push(resident);
    }
    if (order === 0) resident++;
    if (valueHash !== null) sources.push(~i);
  }
  for (; resident < count; resident++) sources.push(resident);
  return sources;
}

function keepLeaf(after: Bytes, leaf: number, before: Bytes, source: number): void {
  copy(after, contentAt(leaf), before, contentAt(source), contentBytes);
  copy(after, hashAt(after, leaf), before, hashAt(before, source), hashBytes);
}

function placeLeaf(after: Bytes, leaf: number, { path, valueHash }: TreeUpdate): void {
  hashInto(path, after, contentAt(leaf));
  copy(after, contentAt(leaf) + hashBytes, valueHash as Bytes, 0, hashBytes);
  leafHashInto(after, hashAt(after, leaf), contentAt(leaf));
}

/** For lengths at which a view costs more than the copy. */
function copy(to: Bytes, at: number, from: Bytes, start: number, length: number): void {
  for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
}

/** The same page out of leaves that stand at `contents` of a page in full. @param slots of the leaves, ascending */
export function condensed(
  memory: Bytes,
  slots: readonly number[],
  contentOf: (slot: number) => number,
  arena: Arena,
): Bytes {
  const bytes = arena.take(kindBytes + slots.length * leafBytes);
  for (const [leaf, slot] of slots.entries()) {
    bytes[slot >> 2] = (bytes[slot >> 2] as number) | (1 << (2 * (slot & 3)));
    copy(bytes, contentAt(leaf), memory, contentOf(slot), contentBytes);
    leafHashInto(bytes, hashAt(bytes, leaf), contentAt(leaf));
  }
  return bytes;
}

/** The top first, then for each level below it two neighbours. */
const scratch = new Uint8Array(hashBytes + 5 * 2 * hashBytes);

/** @returns the hash of a page with two leaves and more: 32 bytes, until the next call */
export function sparseTop(bytes: Bytes, depth: number): Bytes {
  hashRange(bytes, depth, 0, leafCount(bytes), 0, 0);
  return scratch;
}

/** Of the leaves from `low` up to `high`, which share the highest `level` bits of their slots, into the scratch. */
function hashRange(bytes: Bytes, depth: number, low: number, high: number, level: number, into: number): void {
  if (high === low) return void scratch.fill(0, into, into + hashBytes); // the hash of an empty subtree
  if (high === low + 1) return copy(scratch, into, bytes, hashAt(bytes, low), hashBytes);
  const half = 8 >> level;
  let middle = low;
  while (middle < high && (slotOfLeaf(bytes, middle, depth) & half) === 0) middle++;
  const left = hashBytes + level * 2 * hashBytes;
  hashRange(bytes, depth, low, middle, level + 1, left);
  hashRange(bytes, depth, middle, high, level + 1, left + hashBytes);
  innerHashInto(scratch, into, left);
}
