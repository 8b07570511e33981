// What a step of the model does: journal, sync, crash, and the tallies over every signed message that ever left a node.
import { exhaustive, present } from '../../lib/assert.ts';
import {
  type Action,
  type Block,
  blockAt,
  type Certificate,
  higher,
  INITIAL_RECORD,
  type Message,
  NONE,
  type Node,
  nodeAt,
  type SafetyRecord,
  type State,
  siblings,
} from './model.ts';
import { byzantineNodes, leaderOf, quorum, type Scope } from './scope.ts';

export function apply(scope: Scope, state: State, action: Action): State {
  switch (action.kind) {
    case 'propose':
      return propose(scope, state, action.term, action.parent);
    case 'vote':
      return vote(scope, state, action.node, action.block);
    case 'vote-fresh':
      return vote(scope, withBlock(state, action.term, action.parent), action.node, state.blocks.length);
    case 'commit-vote':
      return commitVote(scope, state, action.node, action.block);
    case 'late-commit-vote':
      return lateCommitVote(scope, state, action.node, action.block);
    case 'learn':
      return learn(scope, state, action.node, action.qc);
    case 'timeout':
      return abandon(scope, state, action.node, nodeAt(state, action.node).record.term);
    case 'join':
      return abandon(scope, state, action.node, action.term);
    case 'enter':
      return journal(scope, state, action.node, entered(nodeAt(state, action.node).record, action.term), null);
    case 'sync':
      return sync(scope, state, action.node);
    case 'crash':
      return crash(scope, state, action.node);
    case 'wipe':
      return wipe(scope, state, action.node);
    default:
      return exhaustive(action);
  }
}

function withBlock(state: State, term: number, parent: number): State {
  const under = blockAt(state, parent);
  const block: Block = {
    name: under.name + String.fromCharCode(97 + term * 4 + siblings(state, term, parent)),
    term,
    height: under.height + 1,
    parent,
    chain: under.chain | (1 << state.blocks.length),
  };
  return { ...state, blocks: [...state.blocks, block] };
}

/** D3: a proposal leaves before any sync; it is no vote. */
function propose(scope: Scope, state: State, term: number, parent: number): State {
  const leader = leaderOf(scope, term);
  if (leader === 'byzantine') return withBlock(state, term, parent);
  return withNode(withBlock(state, term, parent), leader, { lead: state.blocks.length });
}

function vote(scope: Scope, state: State, node: number, n: number): State {
  const { record } = nodeAt(state, node);
  return journal(scope, state, node, { ...record, n }, { kind: 'vote', term: record.term, n, c: record.c });
}

/** A c-vote makes its QC part of what the node holds for ever: highQC ≥ c before it leaves (L2 rests on it). */
function commitVote(scope: Scope, state: State, node: number, c: number): State {
  const { record } = nodeAt(state, node);
  const qc = { term: blockAt(state, c).term, block: c };
  const highQc = scope.deleted === 'c without highQC' ? record.highQc : higher(state, record.highQc, qc);
  return journal(scope, state, node, { ...record, c, highQc }, { kind: 'vote', term: record.term, n: record.n, c });
}

function lateCommitVote(scope: Scope, state: State, node: number, c: number): State {
  const { record } = nodeAt(state, node);
  const qc = { term: blockAt(state, c).term, block: c };
  return journal(
    scope,
    state,
    node,
    { ...record, highQc: higher(state, record.highQc, qc) },
    { kind: 'vote', term: qc.term, n: c, c },
  );
}

/** R2: a QC of a later term takes the node there. D2: a Timeout is never signed again with a newer QC. */
function learn(scope: Scope, state: State, node: number, qc: Certificate): State {
  const { record } = nodeAt(state, node);
  const raised = { ...(qc.term > record.term ? entered(record, qc.term) : record), highQc: qc };
  if (scope.deleted === 'D2 one Timeout' && raised.timeout !== null) {
    return journal(scope, state, node, { ...raised, timeout: qc }, { kind: 'timeout', term: raised.term, highQc: qc });
  }
  return journal(scope, state, node, raised, null);
}

/** abandon(), also after join has adopted a later term. */
function abandon(scope: Scope, state: State, node: number, term: number): State {
  const { record } = nodeAt(state, node);
  const here = term > record.term ? entered(record, term) : record;
  return journal(scope, state, node, { ...here, timeout: here.highQc }, { kind: 'timeout', term, highQc: here.highQc });
}

const entered = (record: SafetyRecord, term: number): SafetyRecord => ({
  ...record,
  term,
  timeout: null,
  n: NONE,
  c: NONE,
});

/** Every change of the safety record is a journal entry; with `scope.journal` 0 each one is synced at once. */
function journal(scope: Scope, state: State, index: number, record: SafetyRecord, message: Message | null): State {
  const node = nodeAt(state, index);
  const lead = record.term === node.record.term ? node.lead : NONE;
  const written = withNode(state, index, { record, lead, pending: [...node.pending, { record, message }] });
  if (scope.journal === 0) return sync(scope, written, index);
  if (scope.deleted === 'D1 send before sync') return release(scope, written, index, message);
  return scope.deleted === 'D1 own tally' ? tally(scope, written) : written;
}

/** The oldest pending entry becomes durable, and what waited for it leaves (D1). */
function sync(scope: Scope, state: State, index: number): State {
  const node = nodeAt(state, index);
  const entry = present(node.pending[0], 'something to sync');
  const synced = withNode(state, index, { durable: entry.record, pending: node.pending.slice(1) });
  return release(scope, synced, index, entry.message);
}

function crash(scope: Scope, state: State, index: number): State {
  const { durable } = nodeAt(state, index);
  return withNode(state, index, { record: durable, pending: [], bootTerm: durable.term, lead: NONE });
}

/** The disk is lost, or an old copy restored. D5: such a node starts fenced. */
function wipe(scope: Scope, state: State, index: number): State {
  const empty = { record: INITIAL_RECORD, durable: INITIAL_RECORD, pending: [], lead: NONE };
  return withNode(state, index, { ...empty, bootTerm: 0, fenced: scope.deleted !== 'D5 amnesia' });
}

function release(scope: Scope, state: State, index: number, message: Message | null): State {
  if (message === null) return state;
  const { sent } = nodeAt(state, index);
  if (message.kind === 'timeout') {
    const { term, highQc } = message;
    return withNode(state, index, { sent: { ...sent, timeouts: [...sent.timeouts, { term, highQc }] } });
  }
  const votes = covering(state, sent.votes, message.term, message.n);
  const commits = covering(state, sent.commits, message.term, message.c);
  return tally(scope, withNode(state, index, { sent: { ...sent, votes, commits } }));
}

/** A vote is cumulative: it covers everything at or below its cursor. */
function covering(state: State, covered: readonly number[], term: number, block: number): readonly number[] {
  if (block === NONE) return covered;
  return covered.with(term, (covered[term] ?? 0) | blockAt(state, block).chain);
}

/**
 * onVote: forms every QC and commit that the votes outside allow. What was formed once stays: somebody may have it.
 *
 * Q1 binds a QC's term to its block's. Without it, the votes of a term also certify, in that term's name, the older blocks below.
 */
function tally(scope: Scope, state: State): State {
  const needed = quorum(scope) - byzantineNodes(scope);
  const counters = scope.deleted === 'D1 own tally' ? state.nodes.map((_, index) => index) : [NONE];
  const certificates = [...state.certificates];
  let committed = state.committed;
  for (const counter of counters) {
    for (let term = 0; term < scope.terms; term++) {
      const votes = coveredByAtLeast(state, needed, counter, term, 'votes');
      const commits = coveredByAtLeast(state, needed, counter, term, 'commits');
      for (let block = 1; block < state.blocks.length; block++) {
        const blockTerm = blockAt(state, block).term;
        if ((commits >> block) & 1) committed |= 1 << block;
        if (!((votes >> block) & 1) || (blockTerm !== term && scope.deleted !== 'Q1 term of the block')) continue;
        if (!certificates.some((qc) => qc.term === term && qc.block === block)) certificates.push({ term, block });
      }
    }
  }
  return { ...state, certificates, committed };
}

/** The blocks that `needed` nodes' votes of `term` cover; `counter` adds its own undurable ones, where D1 is deleted. */
function coveredByAtLeast(
  state: State,
  needed: number,
  counter: number,
  term: number,
  cursor: 'votes' | 'commits',
): number {
  const masks = state.nodes.map((node, index) => {
    const sent = node.sent[cursor][term] ?? 0;
    const own = node.record[cursor === 'votes' ? 'n' : 'c'];
    return index === counter && node.record.term === term && own !== NONE ? sent | blockAt(state, own).chain : sent;
  });
  let covered = 0;
  for (let block = 1; block < state.blocks.length; block++) {
    let count = 0;
    for (const mask of masks) count += (mask >> block) & 1;
    if (count >= needed) covered |= 1 << block;
  }
  return covered;
}

/** Written out: this is the hot spot of every exploration, and a spread of a partial object costs four times as much. */
function withNode(state: State, index: number, change: Partial<Node>): State {
  const node = nodeAt(state, index);
  const changed: Node = {
    record: change.record ?? node.record,
    durable: change.durable ?? node.durable,
    pending: change.pending ?? node.pending,
    sent: change.sent ?? node.sent,
    fenced: change.fenced ?? node.fenced,
    bootTerm: change.bootTerm ?? node.bootTerm,
    lead: change.lead ?? node.lead,
    memo: { text: null },
  };
  const nodes = state.nodes.slice();
  nodes[index] = changed;
  return { blocks: state.blocks, nodes, certificates: state.certificates, committed: state.committed };
}
