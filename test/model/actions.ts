// What may happen next in the model: the guards of every step, each with its rule. A deleted rule opens its guard.
import { type Action, blockAt, compareRank, GENESIS, isBelow, NONE, type Node, type State, siblings } from './model.ts';
import { byzantineNodes, leaderOf, quorum, type Scope } from './scope.ts';

/** All that can happen next. In the last term of a scope nobody times out. */
export function actions(scope: Scope, state: State): Action[] {
  const found: Action[] = [];
  const parentsOfTerm: number[][] = [];
  const justified = (term: number) => {
    parentsOfTerm[term] ??= justifiedParents(scope, state, term);
    return parentsOfTerm[term];
  };
  state.nodes.forEach((node, index) => {
    if (node.fenced) return;
    addWorldActions(scope, found, node, index);
    if (scope.journal > 0 && node.pending.length >= scope.journal) return;
    addProposals(scope, state, found, node, index, justified);
    addVotes(scope, state, found, node, index, justified);
    addCommitVotes(scope, state, found, node, index);
    addTermChanges(scope, state, found, node, index);
  });
  return found;
}

/** A prefix sync is a row of `sync`; a crash restarts at once, for being down is the same as not being chosen. */
function addWorldActions(scope: Scope, found: Action[], node: Node, index: number): void {
  if (node.pending.length > 0) found.push({ kind: 'sync', node: index });
  if (scope.crashes && (node.pending.length > 0 || node.lead !== NONE)) found.push({ kind: 'crash', node: index });
  if (scope.wipes) found.push({ kind: 'wipe', node: index });
}

function addProposals(
  scope: Scope,
  state: State,
  found: Action[],
  node: Node,
  index: number,
  justified: (term: number) => number[],
): void {
  const { term, timeout } = node.record;
  if (leaderOf(scope, term) !== index || timeout !== null || !hasRoom(scope, state, term)) return;
  if (node.durable.term < term) return; // D3: ENTER(term) is durable
  if (term <= node.bootTerm && scope.deleted !== 'D3 boot term') return; // D3: never again in a term it recovered
  if (node.lead !== NONE) found.push({ kind: 'propose', term, parent: node.lead });
  else for (const parent of justified(term)) found.push({ kind: 'propose', term, parent });
}

/** n extends my cursor, in my term, before my Timeout (V3). A Byzantine leader's block appears with the first vote for it. */
function addVotes(
  scope: Scope,
  state: State,
  found: Action[],
  node: Node,
  index: number,
  justified: (term: number) => number[],
): void {
  const { term, timeout, n } = node.record;
  if (timeout !== null && scope.deleted !== 'V3 vote after Timeout') return;
  const mayFollow = (block: number) => scope.deleted === 'V4 one chain per term' || isBelow(state, n, block);
  state.blocks.forEach((block, at) => {
    if (block.term === term && at !== n && mayFollow(at)) found.push({ kind: 'vote', node: index, block: at });
  });
  if (leaderOf(scope, term) !== 'byzantine' || !hasRoom(scope, state, term)) return;
  state.blocks.forEach((block, at) => {
    if (block.term === term && mayFollow(at)) addFresh(scope, state, found, index, term, at);
  });
  if (n === NONE || scope.deleted === 'V4 one chain per term')
    for (const parent of justified(term)) addFresh(scope, state, found, index, term, parent);
}

function addFresh(scope: Scope, state: State, found: Action[], node: number, term: number, parent: number): void {
  if (siblings(state, term, parent) < scope.forks) found.push({ kind: 'vote-fresh', node, term, parent });
}

function hasRoom(scope: Scope, state: State, term: number): boolean {
  if (state.blocks.length > scope.blocks) return false;
  let count = 0;
  for (const block of state.blocks) if (block.term === term) count++;
  return count < scope.blocksPerTerm;
}

/** c ⪯ n, of my term, with a QC of that term, before my Timeout (§4 tick, V3). */
function addCommitVotes(scope: Scope, state: State, found: Action[], node: Node, index: number): void {
  const { term, timeout, n, c } = node.record;
  for (let block = 1; block < state.blocks.length; block++) {
    const blockTerm = blockAt(state, block).term;
    const certified = scope.deleted === 'c without QC' || hasCertificate(state, block);
    if (!certified) continue;
    const termFits = blockTerm === term || (scope.deleted === 'V3 c of an older term' && blockTerm < term);
    const stillOpen = timeout === null || scope.deleted === 'V3 commit after Timeout';
    const advances = block !== c && isBelow(state, c, block) && isBelow(state, block, n);
    if (termFits && stillOpen && advances) found.push({ kind: 'commit-vote', node: index, block });
    if (scope.deleted === 'V3 vote in an older term' && mayCommitLate(node, blockTerm, block)) {
      found.push({ kind: 'late-commit-vote', node: index, block });
    }
  }
}

/** The deleted rule's vote: in a term that it left without a Timeout, for a block that it had voted for there. */
function mayCommitLate(node: Node, term: number, block: number): boolean {
  const voted = ((node.sent.votes[term] ?? 0) >> block) & 1;
  const committed = ((node.sent.commits[term] ?? 0) >> block) & 1;
  return (
    term < node.record.term && voted === 1 && committed === 0 && !node.sent.timeouts.some((sent) => sent.term === term)
  );
}

const hasCertificate = (state: State, block: number): boolean =>
  state.certificates.some((qc) => qc.block === block && qc.term === blockAt(state, block).term);

function addTermChanges(scope: Scope, state: State, found: Action[], node: Node, index: number): void {
  const { term, timeout, highQc } = node.record;
  const last = scope.terms - 1; // nobody abandons it, so nobody needs a higher QC there
  for (const qc of state.certificates) {
    if (term < last && compareRank(state, qc, highQc) > 0) found.push({ kind: 'learn', node: index, qc });
  }
  if (timeout === null && term < last) found.push({ kind: 'timeout', node: index });
  for (let next = term + 1; next <= last; next++) {
    if (timeoutsOf(state, next - 1) + byzantineNodes(scope) >= quorum(scope))
      found.push({ kind: 'enter', node: index, term: next }); // TC
  }
  for (let joined = term + (timeout === null ? 0 : 1); joined < last; joined++) {
    // join: f Byzantine Timeouts and one honest one, of this term or a later one
    const heard = state.nodes.some((peer) => peer.sent.timeouts.some((sent) => sent.term >= joined));
    if (heard && byzantineNodes(scope) > 0) found.push({ kind: 'join', node: index, term: joined });
  }
}

const timeoutsOf = (state: State, term: number): number =>
  state.nodes.filter((node) => node.sent.timeouts.some((sent) => sent.term === term)).length;

/**
 * Every block on which a first block of `term` may stand: the QC of some TC(term − 1) (Q3, §4).
 *
 * A TC has q Timeouts, at least q − f of them honest, none above its QC. The QC is one of theirs, or any existing one in a Byzantine Timeout.
 */
function justifiedParents(scope: Scope, state: State, term: number): number[] {
  if (term === 0) return [GENESIS];
  const parents = new Set<number>();
  for (const qc of state.certificates) {
    if (qc.term >= term) continue; // Q3: its term ≤ τ
    let notAbove = 0;
    let named = byzantineNodes(scope) > 0;
    for (const node of state.nodes) {
      const mine = node.sent.timeouts.filter((sent) => sent.term === term - 1);
      if (mine.some((sent) => scope.deleted === 'Q3 highest QC' || compareRank(state, sent.highQc, qc) <= 0))
        notAbove++;
      named ||= mine.some((sent) => sent.highQc.block === qc.block);
    }
    if (named && notAbove + byzantineNodes(scope) >= quorum(scope)) parents.add(qc.block);
  }
  return [...parents];
}
