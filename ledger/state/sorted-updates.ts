// From a block's changes to the tree's updates, in the order of their paths.

import { workUs } from '../limits.ts';
import { inSlices } from '../slices.ts';
import type { StateChange } from './state.ts';
import { valueHashOf } from './tree-hash.ts';
import type { TreeUpdate } from './tree-update.ts';

/** Sorted in 256 buckets, so that no sort is a long one. */
export function* sortedUpdates(changes: readonly StateChange[], sorted: TreeUpdate[]): Generator<void> {
  const buckets = Array.from({ length: 256 }, (): TreeUpdate[] => []);
  yield* inSlices(changes, (change) => {
    buckets[Number.parseInt(change.path.slice(0, 2), 16)]?.push(toUpdate(change));
    return workUs.change;
  });
  yield* inSlices(buckets, (bucket) => {
    for (const update of bucket.sort(byPath)) sorted.push(update);
    return bucket.length;
  });
}

function toUpdate(change: StateChange): TreeUpdate {
  return { path: change.path, valueHash: change.value === undefined ? null : valueHashOf(change.value) };
}

const byPath = (a: TreeUpdate, b: TreeUpdate): number => (a.path < b.path ? -1 : 1);
