// What the cuts of blocks name: along a lane's `prev` chain the batches that are held, those that are missing, and the
// order of execution (§8). Nothing here changes a lane.

import type { Hash } from '../../lib/hash.ts';
import type { Cut, LaneHead } from '../certificate/types.ts';
import { maxBatchesPerLane } from '../limits.ts';
import type { Block, Core } from './core-types.ts';
import type { Batch } from './messages.ts';

/** A lane's chain does not lead down to the cut that it must extend. */
export const brokenChain: unique symbol = Symbol('broken chain');

/**
 * Digests of batches between the parent's cut and the block's that are not held; only the highest missing one of a lane
 * can be named.
 */
export function missingBatches(core: Core, block: Block, parent: Block): readonly Hash[] | typeof brokenChain {
  const missing: Hash[] = [];
  for (let lane = 0; lane < block.cut.length; lane++) {
    const gap = walkLane(core, lane, block.cut[lane] as LaneHead, parent.cut[lane] as LaneHead, undefined);
    if (gap === undefined) continue;
    if (gap === brokenChain) return brokenChain;
    missing.push(gap);
  }
  return missing;
}

/** Walks a lane's `prev` chain from `top` down to `bottom`. @returns the digest that is missing, if any */
export function walkLane(
  core: Core,
  lane: number,
  top: LaneHead,
  bottom: LaneHead,
  visit: ((batch: Batch) => void) | undefined,
): Hash | typeof brokenChain | undefined {
  let { seq, digest } = top;
  while (seq > bottom.seq) {
    const batch = core.batches.get(digest);
    if (batch === undefined) return digest;
    if (batch.lane !== lane || batch.seq !== seq) return brokenChain;
    visit?.(batch);
    digest = batch.prev;
    seq -= 1;
  }
  return digest === bottom.digest ? undefined : brokenChain;
}

/** The batches of a block in the order of execution (§8), all of which are held. */
export function orderedBatches(core: Core, block: Block, parent: Block): readonly Batch[] {
  const n = core.committee.n;
  const perLane = block.cut.map((head, lane) => {
    const batches: Batch[] = [];
    walkLane(core, lane, head, parent.cut[lane] as LaneHead, (batch) => batches.unshift(batch));
    return batches;
  });
  const ordered: Batch[] = [];
  for (let round = 0; round < maxBatchesPerLane; round++) {
    for (let i = 0; i < n; i++) {
      const batch = perLane[(block.height + i) % n]?.[round];
      if (batch !== undefined) ordered.push(batch);
    }
  }
  return ordered;
}

/** What is held of a block that needs no execution any more. */
export function heldBatches(core: Core, block: Block, parent: Block): readonly Batch[] {
  const held: Batch[] = [];
  for (let lane = 0; lane < block.cut.length; lane++) {
    walkLane(core, lane, block.cut[lane] as LaneHead, parent.cut[lane] as LaneHead, (batch) => held.push(batch));
  }
  return held;
}

/** Entries of the held batches between two cuts. */
export function entriesBetween(core: Core, bottom: Cut, top: Cut): number {
  let entries = 0;
  for (const [lane, head] of top.entries()) {
    walkLane(core, lane, head, bottom[lane] as LaneHead, ({ count }) => {
      entries += count;
    });
  }
  return entries;
}

export const ordersSomething = (block: Block, parent: Block): boolean =>
  block.cut.some((head, lane) => head.seq > (parent.cut[lane] as LaneHead).seq);

/** What is held of a lane's batches that the descendants of a block order. */
export function namedAbove(core: Core, index: number, block: Block): ReadonlySet<Batch> {
  const named = new Set<Batch>();
  const pending = [block];
  for (let at = pending.pop(); at !== undefined; at = pending.pop())
    for (const child of at.children) {
      const top = child.cut[index];
      if (top === undefined) continue; // not well-formed
      walkLane(core, index, top, at.cut[index] as LaneHead, (batch) => named.add(batch));
      pending.push(child);
    }
  return named;
}
