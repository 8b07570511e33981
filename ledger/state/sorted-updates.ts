// From a block's changes to the tree's updates, in the order of their paths.

import { digitOf } from '../../lib/hash.ts';
import { workUs } from '../limits.ts';
import { inSlices } from '../slices.ts';
import type { StateChange } from './state.ts';
import { valueHashOf } from './tree-hash.ts';
import type { TreeUpdate } from './tree-update.ts';

/** Sorted in 256 buckets, so that no sort is a long one. */
export function* sortedUpdates(changes: readonly StateChange[], sorted: TreeUpdate[]): Generator<void> {
  const buckets = Array.from({ length: 256 }, (): TreeUpdate[] => []);
  yield* inSlices(changes, (change) => {
    const { path } = change.held;
    buckets[16 * digitOf(path, 0) + digitOf(path, 1)]?.push(toUpdate(change));
    return workUs.change;
  });
  yield* inSlices(buckets, (bucket) => {
    for (const update of bucket.sort(byPath)) sorted.push(update);
    return bucket.length;
  });
}

function toUpdate({ held, value }: StateChange): TreeUpdate {
  return { path: held.path, valueHash: value === undefined ? null : valueHashOf(value) };
}

const byPath = (a: TreeUpdate, b: TreeUpdate): number => (a.path < b.path ? -1 : 1);
