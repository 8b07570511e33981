// This node's own vote (§4 tick): the highest block that it may vote for and the highest block that it may commit.

import { certifiedBelow, hasLost, isAncestor, verdict } from './blocks.ts';
import { markVoted, votedTip } from './branches.ts';
import { append, commitHeight, maySign } from './core.ts';
import type { Block, Core } from './core-types.ts';
import type { VoteRecord } from './messages.ts';

/** Once per turn, after everything received has been handled. V3: nothing is voted in a term after its Timeout. */
export function voteIfAdvanced(core: Core): void {
  const current = core.vote?.term === core.term ? core.vote : undefined;
  const start = current === undefined ? startOfTerm(core) : tipVoted(core, current);
  const tip = advance(core, start);
  if (tip === undefined) return;
  core.chainQcHeight = certifiedBelow(core, tip).height;
  if (core.timedOut || !maySign(core)) return;
  // with q = 1 this vote is the certificate for its own tip: one record, one sync (D6)
  let commit = core.committee.q === 1 ? tip.height : certifiedOfTerm(core, tip);
  if (current !== undefined && current.commit !== null && (commit ?? -1) < current.commit) commit = current.commit;
  const advanced = current === undefined || tip.height > current.tipHeight || (commit ?? -1) > (current.commit ?? -1);
  if (!advanced) return;
  core.vote = { term: core.term, tipHeight: tip.height, tipId: tip.id, commit };
  markVoted(core, tip.id);
  const after = append(core, { type: 'vote', vote: core.vote });
  core.held.push({ after, vote: core.vote });
  core.again = true;
}

/**
 * Where this term's votes continue. A tip that is not held any more was committed long ago: the committed chain goes on from
 * there, also for a node that could not sign for so long. No other chain is ever voted for in a term.
 */
function tipVoted(core: Core, { tipHeight }: VoteRecord): Block | undefined {
  const tip = votedTip(core);
  if (tip !== undefined || tipHeight > commitHeight(core)) return tip;
  return core.committedTip.term === core.term ? core.committedTip : undefined;
}

/** A certified block, which proves its whole chain (V1, V2), or the first valid block of the term. */
function startOfTerm(core: Core): Block | undefined {
  const certified = certifiedTip(core);
  if (certified !== undefined) return certified;
  for (const block of core.openBlocks) {
    if (block.parent === undefined || block.parent.term === core.term) continue;
    if (verdict(core, block) === 'valid') return block;
  }
  return undefined;
}

function certifiedTip(core: Core): Block | undefined {
  const block = core.termQc === undefined ? undefined : core.blocks.get(core.termQc.id);
  return block?.connected ? block : undefined;
}

/**
 * Climbs from the n-cursor: over certified blocks at once, then over valid ones within W of the highest certified. A chain
 * that has lost ends where it was voted for: nothing on it will be certified, so it has no window that could move on.
 */
function advance(core: Core, start: Block | undefined): Block | undefined {
  if (start === undefined) return undefined;
  const certified = certifiedTip(core);
  let tip =
    certified !== undefined && certified.height > start.height && isAncestor(start, certified) ? certified : start;
  const reach = certifiedBelow(core, tip).height + core.committee.window;
  for (;;) {
    const next = tip.children.find(
      (child) =>
        child.term === core.term && child.height <= reach && !hasLost(core, child) && verdict(core, child) === 'valid',
    );
    if (next === undefined) return tip;
    tip = next;
  }
}

/** V3: c never refers to a QC of an older term. */
function certifiedOfTerm(core: Core, tip: Block): number | null {
  for (let at: Block | undefined = tip; at !== undefined && at.term === core.term; at = at.parent) {
    if (core.qcs.has(at.id)) return at.height;
  }
  return null;
}
