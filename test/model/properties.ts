// What must hold in every reachable state of the model (CONSENSUS.md §12): agreement, and what each honest node owes on the way there.
import type { Node, State } from './model.ts';
import { blockAt, compareRank, isBelow, NONE } from './model.ts';
import type { Scope } from './scope.ts';
import { leaderOf } from './scope.ts';

export type Violation =
  | 'fork'
  | 'votes of a term on two chains'
  | 'vote after Timeout'
  | 'two Timeouts of a term'
  | 'cursor regressed'
  | 'c without its QC'
  | 'sent before durable'
  | 'leader signed two blocks';

/** The first property that the step from `before` to `after` broke, or null. */
export function violationOf(scope: Scope, before: State, after: State): Violation | null {
  if (after.committed !== before.committed && !isChain(after, after.committed)) return 'fork';
  if (after.blocks !== before.blocks && !leadersKeepOneChain(scope, after)) return 'leader signed two blocks';
  for (let index = 0; index < after.nodes.length; index++) {
    const [was, is] = [before.nodes[index], after.nodes[index]];
    if (was === undefined || is === undefined || was === is || is.fenced) continue;
    const broken = nodeViolation(after, was, is);
    if (broken !== null) return broken;
  }
  return null;
}

function nodeViolation(state: State, was: Node, is: Node): Violation | null {
  if (is.sent !== was.sent) {
    for (const votes of is.sent.votes) if (!isChain(state, votes)) return 'votes of a term on two chains';
    if (votedAfterTimeout(was, is)) return 'vote after Timeout';
    if (hasTwoTimeouts(is)) return 'two Timeouts of a term';
    if (sentBeforeDurable(state, is)) return 'sent before durable';
  }
  if (is.durable !== was.durable) {
    if (regressed(state, was, is)) return 'cursor regressed';
    if (!commitCursorHolds(state, is)) return 'c without its QC';
  }
  return null;
}

/** A set of blocks lies on one chain when its highest block is above all of them. */
export function isChain(state: State, blocks: number): boolean {
  let top = 0;
  for (let block = 1; block < state.blocks.length; block++) {
    if ((blocks >> block) & 1 && (blockAt(state, block).height > blockAt(state, top).height || top === 0)) top = block;
  }
  return (blocks & ~blockAt(state, top).chain) === 0;
}

/** No leader signs two blocks at one (term, height), also over restarts (D3). */
function leadersKeepOneChain(scope: Scope, state: State): boolean {
  for (let term = 0; term < scope.terms; term++) {
    if (leaderOf(scope, term) === 'byzantine') continue;
    let own = 0;
    state.blocks.forEach((block, at) => {
      if (block.term === term) own |= 1 << at;
    });
    if (!isChain(state, own)) return false;
  }
  return true;
}

const votedAfterTimeout = (was: Node, is: Node): boolean =>
  was.sent.timeouts.some(
    ({ term }) => is.sent.votes[term] !== was.sent.votes[term] || is.sent.commits[term] !== was.sent.commits[term],
  );

const hasTwoTimeouts = (node: Node): boolean =>
  node.sent.timeouts.some((a, at) =>
    node.sent.timeouts.some(
      (b, other) =>
        other < at && a.term === b.term && (a.highQc.term !== b.highQc.term || a.highQc.block !== b.highQc.block),
    ),
  );

/** In its durable term nothing left that the durable record does not know, and nothing at all of later terms. */
function sentBeforeDurable(state: State, { durable, sent }: Node): boolean {
  const outside = (covered: number, cursor: number) =>
    cursor === NONE ? covered : covered & ~blockAt(state, cursor).chain;
  return (
    sent.votes.some((covered, term) => term > durable.term && covered !== 0) ||
    outside(sent.votes[durable.term] ?? 0, durable.n) !== 0 ||
    outside(sent.commits[durable.term] ?? 0, durable.c) !== 0 ||
    sent.timeouts.some(({ term }) => term > durable.term || (term === durable.term && durable.timeout === null))
  );
}

function regressed(state: State, { durable: was }: Node, { durable: is }: Node): boolean {
  if (is.term < was.term || compareRank(state, is.highQc, was.highQc) < 0) return true;
  return is.term === was.term && !(isBelow(state, was.n, is.n) && isBelow(state, was.c, is.c));
}

/** c ⪯ n, and QC(c) of the same term is held: highQC ranks no lower. */
function commitCursorHolds(state: State, { durable: { term, n, c, highQc } }: Node): boolean {
  if (c === NONE) return true;
  const block = blockAt(state, c);
  const certified = state.certificates.some((qc) => qc.block === c && qc.term === block.term);
  return (
    isBelow(state, c, n) && block.term === term && certified && compareRank(state, highQc, { term, block: c }) >= 0
  );
}
