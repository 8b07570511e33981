// Handing committed blocks to the application and learning their roots (§5). Execution follows commit and never holds it up.

import { blocksFetchedAhead } from '../limits.ts';
import { divergesFrom } from './blocks.ts';
import { stop } from './certify.ts';
import { emit } from './core.ts';
import type { Block, Core, Roots } from './core-types.ts';
import { brokenChain, missingBatches, orderedBatches } from './cuts.ts';
import { wantBatch } from './fetch.ts';
import { releaseBatches } from './lanes.ts';

/** Requests every committed block whose batches are held, in order. */
export function executeCommitted(core: Core): void {
  if (core.frozen) return;
  for (let block = core.toExecute[0]; block !== undefined; block = core.toExecute[0]) {
    if (block.height !== core.requested + 1) return; // a snapshot was adopted and is not restored yet: what lies between is not held
    const parent = block.parent as Block;
    const missing = missingBatches(core, block, parent);
    if (missing === brokenChain) {
      stop(core, { code: 'forked', height: block.height, block: block.id });
      return;
    }
    if (missing.length > 0) {
      wantAhead(core);
      return;
    }
    core.toExecute.shift();
    core.requested = block.height;
    const batches = orderedBatches(core, block, parent);
    core.executing.push({ height: block.height, batches });
    emit(core, { type: 'execute', block, batches });
  }
}

/** A node that is behind asks for the batches of several blocks at once (§9). */
function wantAhead(core: Core): void {
  for (const block of core.toExecute.slice(0, blocksFetchedAhead)) {
    const missing = missingBatches(core, block, block.parent as Block);
    if (missing === brokenChain) return;
    for (const digest of missing) wantBatch(core, digest, { from: undefined, proven: true });
  }
}

export function onExecuted(core: Core, height: number, roots: Roots): void {
  if (height !== core.executed + 1) return;
  core.executed = height;
  core.roots.set(height, roots);
  if (core.me !== undefined) core.reportedExecution[core.me] = height;
  const done = core.executing.shift();
  if (done !== undefined) releaseBatches(core, done.batches);
  const top = core.highQc === undefined ? undefined : core.blocks.get(core.highQc.id);
  // execHeight never decreases along a chain, so the claims at this height stand together
  for (let at = top; at !== undefined && at.execHeight >= height; at = at.parent) {
    if (at.execHeight === height && divergesFrom(core, at)) {
      stop(core, { code: 'diverged', height, block: at.id, ours: roots.stateRoot, theirs: at.stateRoot });
    }
  }
  core.again = true;
}
