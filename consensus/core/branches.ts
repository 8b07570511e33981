// Which headers above the commit stay (rule D2, §11): the chains of known certificates, and every branch that this node has
// ever voted for and that has not lost.
//
// A leader can keep a certificate of x to itself and show it terms later; from then on every TC may name x, and without its
// header no term can begin. Who holds it then? Any q voters of x and any q signers of TC(t) have an honest node h in common
// (2q ≥ n+f+1). h voted for x before it signed Timeout(t), since it votes nothing in a term after its Timeout (V3) and terms
// only grow. So it is enough that h has kept x, with all below it, and answers who asks (L5). Beyond the header, a chain that
// extends x may be committed by voters who needed no data of certified blocks (V2): then x's batches are there as well,
// because what blocks above the commit name is not dropped (L4). A block above the commit that does not extend it has lost:
// the certificate of a later TC extends what is committed (§12, L2).

import type { Hash } from '../../lib/hash.ts';
import { maxVotedHeaders } from '../limits.ts';
import { forgetBlock, hasLost } from './blocks.ts';
import { commitHeight } from './core.ts';
import type { Block, Core } from './core-types.ts';

/**
 * Everything committed is executed and nothing stands above it: what a new segment repeats is all that recovery needs, but
 * for batches that still wait. A chain that has stopped is not at rest: its journal is what explains it (E1).
 */
export function isAtRest(core: Core): boolean {
  const { stopped, pendingCommit, executed } = core;
  if (stopped !== undefined || pendingCommit !== undefined || executed < commitHeight(core)) return false;
  return oldestOpenHeader(core) === Number.POSITIVE_INFINITY;
}

/** A vote accepts its tip and all ancestors, which are held when it is cast. */
export function markVoted(core: Core, tipId: Hash): void {
  let at = core.blocks.get(tipId);
  for (; at !== undefined && at.height > commitHeight(core) && !at.voted; at = at.parent) at.voted = true;
}

/**
 * The block of this node's newest vote. It is held until it is committed and old, or the next term's vote takes its place: so
 * one that is not held any more was committed, and one at or below the commit that is held and not on its chain has lost.
 */
export function votedTip({ vote, blocks }: Core): Block | undefined {
  return vote === undefined ? undefined : blocks.get(vote.tipId);
}

/**
 * The tip that the next commit may make lose. It is journalled once more then: pruning may take its first record, and after a
 * crash the node would go on along the committed chain.
 */
export function standingTip(core: Core): Block | undefined {
  const tip = votedTip(core);
  return tip === undefined || hasLost(core, tip) ? undefined : tip;
}

/** Above the commit what extends it, and what may, because its ancestors are not known. The rest has lost. */
function standingBlocks(core: Core): readonly Block[] {
  const standing = [...core.blocks.values()].filter((block) => !block.connected && block.height > commitHeight(core));
  const pending = [...core.committedTip.children];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    if (block.connected) standing.push(block);
    pending.push(...block.children);
  }
  return standing;
}

/** The blocks on the chains of known QCs, of this node's newest vote and of its own proposals, down to the commit. */
function liveBlocks(core: Core): ReadonlySet<Block> {
  const live = new Set<Block>();
  const tips = [...core.qcs.keys(), core.vote?.tipId, core.tip?.id];
  for (const id of tips) {
    let at = id === undefined ? undefined : core.blocks.get(id);
    for (; at !== undefined && at.height > commitHeight(core) && !live.has(at); at = at.parent) live.add(at);
  }
  return live;
}

/**
 * When a term begins: of terms before the last two only live blocks stay and those that were voted for. At the bound the
 * votes of the oldest terms go, from their tips down: a higher certificate outranks them first, and no branch loses its foot.
 */
export function forgetDeadBranches(core: Core): void {
  const live = liveBlocks(core);
  const old = [...core.blocks.values()].filter(
    (block) => block.height > commitHeight(core) && block.term < core.term - 1 && !live.has(block),
  );
  const voted = standingBlocks(core).filter((block) => block.voted && block.term < core.term - 1 && !live.has(block));
  voted.sort((a, b) => b.term - a.term || a.height - b.height);
  const kept = new Set(voted.slice(0, maxVotedHeaders));
  for (const block of old) if (!kept.has(block)) forgetBlock(core, block);
}

/**
 * The record of the oldest header above the commit that a vote stands on or may stand on tomorrow: recovery must find it, so
 * the journal is kept from there. Infinity where there is none.
 */
export function oldestOpenHeader(core: Core): number {
  return standingBlocks(core).reduce((oldest, { record }) => Math.min(oldest, record), Number.POSITIVE_INFINITY);
}
