// Writes a sorted batch of leaves into the tree: every page is visited once, and every hash above the changed slots is
// computed once. The pages must be in memory; who calls has loaded them.

import type { Arena } from '../../lib/arena.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { digitOf, type Hash } from '../../lib/hash.ts';
import { sliceBudgetUs, workUs } from '../limits.ts';
import { Pace } from '../slices.ts';
import {
  adoptLeaf,
  clearSlot,
  condense,
  isLeafAt,
  leafContent,
  leafPath,
  nodeKind,
  nodeKinds,
  type Page,
  refresh,
  setInner,
  setLeaf,
  setLeafValue,
  slotKind,
  spread,
} from './page.ts';
import { changeSparse, leafCount } from './sparse-page.ts';

/** `valueHash: null` removes what is at the path. */
export interface TreeUpdate {
  readonly path: Hash;
  readonly valueHash: Bytes | null;
}

/** Where pages come from and how their change is noticed. */
export interface PageDesk {
  /** the page below an inner slot, about to change */
  change(above: Page, slot: number): Page;
  /** a sparse page without leaves */
  create(above: Page, slot: number): Page;
  remove(above: Page, slot: number): void;
  /** of the sparse pages that change */
  readonly arena: Arena;
  /** pages take so many bytes more */
  grew(bytes: number): void;
}

const updatesPerSlice = Math.floor(sliceBudgetUs / workUs.treeUpdate);

/** @param updates sorted by path, each path once, all below the page. Yields between slices. */
export function* updatePage(
  desk: PageDesk,
  page: Page,
  updates: readonly TreeUpdate[],
  pace = new Pace(),
): Generator<void> {
  if (updates.length <= updatesPerSlice) {
    updateAtOnce(desk, page, updates, 0, updates.length);
    if (pace.spend(updates.length * workUs.treeUpdate)) yield;
    return;
  }
  let touched = 0;
  for (let low = 0; low < updates.length; ) {
    const slot = digitOf((updates[low] as TreeUpdate).path, page.prefix.length);
    const high = endOfSlot(updates, low, updates.length, page.prefix.length);
    const below = openSlot(desk, page, slot, updates, low, high);
    if (below !== undefined) {
      yield* updatePage(desk, below.page, below.updates.slice(below.low, below.high), pace);
      adopt(desk, page, slot, below.page);
    }
    touched |= 1 << slot;
    low = high;
  }
  refresh(page, touched);
}

function updateAtOnce(desk: PageDesk, page: Page, updates: readonly TreeUpdate[], from: number, to: number): void {
  let touched = 0;
  for (let low = from; low < to; ) {
    const slot = digitOf((updates[low] as TreeUpdate).path, page.prefix.length);
    const high = endOfSlot(updates, low, to, page.prefix.length);
    const below = openSlot(desk, page, slot, updates, low, high);
    if (below !== undefined) {
      updateAtOnce(desk, below.page, below.updates, below.low, below.high);
      adopt(desk, page, slot, below.page);
    }
    touched |= 1 << slot;
    low = high;
  }
  refresh(page, touched);
}

function endOfSlot(updates: readonly TreeUpdate[], low: number, to: number, depth: number): number {
  const digit = (updates[low] as TreeUpdate).path.charCodeAt(depth);
  let high = low + 1;
  while (high < to && (updates[high] as TreeUpdate).path.charCodeAt(depth) === digit) high++;
  return high;
}

interface Below {
  readonly page: Page;
  readonly updates: readonly TreeUpdate[];
  readonly low: number;
  readonly high: number;
}

/** Settles a slot that ends up with at most one leaf; else says which page below takes which updates. */
function openSlot(
  desk: PageDesk,
  page: Page,
  slot: number,
  updates: readonly TreeUpdate[],
  low: number,
  high: number,
): Below | undefined {
  const kind = slotKind(page, slot);
  if (kind === nodeKinds.inner)
    return openPage(desk, page, slot, { page: desk.change(page, slot), updates, low, high });
  const only = updates[low] as TreeUpdate;
  if (high === low + 1) {
    const isSame = isLeafAt(page, slot, only.path);
    if (isSame && only.valueHash !== null) {
      setLeafValue(page, slot, only.valueHash);
      return undefined;
    }
    if (isSame || kind === nodeKinds.empty) {
      place(page, slot, only);
      return undefined;
    }
  }
  const leaves = withResident(kind === nodeKinds.leaf ? residentOf(page, slot) : undefined, updates, low, high);
  const [first, second] = leaves;
  if (second !== undefined) {
    return openPage(desk, page, slot, { page: desk.create(page, slot), updates: leaves, low: 0, high: leaves.length });
  }
  if (first === undefined) clearSlot(page, slot);
  else place(page, slot, first);
  return undefined;
}

/** Settles a page that is and stays sparse; any other takes the updates in full. */
function openPage(desk: PageDesk, above: Page, slot: number, below: Below): Below | undefined {
  const { page, updates, low, high } = below;
  if (page.isSparse) {
    const changed = changeSparse(page.memory, page.prefix.length, updates, low, high, desk.arena);
    if (changed !== undefined) {
      desk.grew(changed.length - page.memory.length);
      page.memory = changed;
      adoptSparse(desk, above, slot, page);
      return undefined;
    }
    desk.grew(spread(page));
  }
  return below;
}

function adoptSparse(desk: PageDesk, above: Page, slot: number, page: Page): void {
  const count = leafCount(page.memory);
  if (count > 1) return setInner(above, slot, page);
  if (count === 1) adoptLeaf(above, slot, page);
  else clearSlot(above, slot);
  desk.remove(above, slot);
}

function place(page: Page, slot: number, { path, valueHash }: TreeUpdate): void {
  if (valueHash === null) clearSlot(page, slot);
  else setLeaf(page, slot, path, valueHash);
}

const residentOf = (page: Page, slot: number): TreeUpdate => ({
  path: leafPath(page, slot),
  valueHash: leafContent(page, slot).slice(32),
});

/** The leaves that the slot holds afterwards, in order: the updates, and the one that is there unless it is updated. */
function withResident(
  resident: TreeUpdate | undefined,
  updates: readonly TreeUpdate[],
  low: number,
  high: number,
): readonly TreeUpdate[] {
  const leaves: TreeUpdate[] = [];
  let waiting = resident;
  for (let i = low; i < high; i++) {
    const update = updates[i] as TreeUpdate;
    if (waiting !== undefined && waiting.path <= update.path) {
      if (waiting.path !== update.path) leaves.push(waiting);
      waiting = undefined;
    }
    if (update.valueHash !== null) leaves.push(update);
  }
  if (waiting !== undefined) leaves.push(waiting);
  return leaves;
}

/** Takes the page below into its slot; a page with at most one leaf is not worth being one. */
function adopt(desk: PageDesk, page: Page, slot: number, below: Page): void {
  switch (nodeKind(below, 1)) {
    case nodeKinds.inner:
      setInner(page, slot, below);
      return desk.grew(condense(below, desk.arena));
    case nodeKinds.leaf:
      adoptLeaf(page, slot, below);
      break;
    default:
      clearSlot(page, slot);
  }
  desk.remove(page, slot);
}
