// The abstract model of CONSENSUS.md §3, §4 and §6: what nodes journal, sync, sign and may justify, without bytes, data, clocks or links.
// A state is immutable; `actions` lists what may happen next, `apply` does it. Byzantine nodes have no state: they count +f in every quorum,
// so they vote for anything at any time; terms they lead have as many blocks as somebody is willing to vote for.
import { exhaustive, present } from '../../lib/assert.ts';
import type { Scope } from './scope.ts';
import { byzantineNodes, honestNodes, leaderOf, quorum } from './scope.ts';

export const GENESIS = 0;
/** No block: a node that has not voted in its term, or a leader that has not proposed. */
export const NONE = -1;

/** Blocks are indexes into `State.blocks`; sets of them are bit masks, so a scope has at most 31. */
export interface Block {
  /** its path from the genesis, one letter per block: equal trees get equal names in whatever order they grew */
  readonly name: string;
  readonly term: number;
  readonly height: number;
  readonly parent: number;
  /** the block and all its ancestors */
  readonly chain: number;
}

/** A QC. Its rank is (term, height of block). By Q1 its term is the block's. */
export interface Certificate {
  readonly term: number;
  readonly block: number;
}

/** What D2 persists. */
export interface SafetyRecord {
  readonly term: number;
  /** the QC that my Timeout of this term names, or null while I have not timed out */
  readonly timeout: Certificate | null;
  readonly n: number;
  readonly c: number;
  readonly highQc: Certificate;
}

export type Message =
  | { readonly kind: 'vote'; readonly term: number; readonly n: number; readonly c: number }
  | { readonly kind: 'timeout'; readonly term: number; readonly highQc: Certificate };

/** One journal record: the safety record after it, and the signed message that its sync lets out. */
interface Entry {
  readonly record: SafetyRecord;
  readonly message: Message | null;
}

/** Everything signed that ever left a node, for the adversary to keep and deliver as it likes. */
interface Sent {
  /** by term of the vote: every block at or below a vote's n, and at or below its c */
  readonly votes: readonly number[];
  readonly commits: readonly number[];
  readonly timeouts: readonly { readonly term: number; readonly highQc: Certificate }[];
}

export interface Node {
  readonly record: SafetyRecord;
  readonly durable: SafetyRecord;
  /** journalled, not yet synced; a crash loses it */
  readonly pending: readonly Entry[];
  readonly sent: Sent;
  /** D5: it lost its safety record and signs nothing any more */
  readonly fenced: boolean;
  readonly bootTerm: number;
  /** the newest block that it proposed in its term since it started */
  readonly lead: number;
  /** its canonical text, made by explore.ts at first need: a node stays the same object until it acts */
  readonly memo: { text: string | null };
}

export interface State {
  readonly blocks: readonly Block[];
  readonly nodes: readonly Node[];
  /** every QC that somebody can have */
  readonly certificates: readonly Certificate[];
  /** every block that some node has seen committed */
  readonly committed: number;
}

export type Action =
  | { readonly kind: 'propose'; readonly term: number; readonly parent: number }
  | { readonly kind: 'vote'; readonly node: number; readonly block: number }
  | { readonly kind: 'vote-fresh'; readonly node: number; readonly term: number; readonly parent: number }
  | { readonly kind: 'commit-vote'; readonly node: number; readonly block: number }
  | { readonly kind: 'late-commit-vote'; readonly node: number; readonly block: number }
  | { readonly kind: 'learn'; readonly node: number; readonly qc: Certificate }
  | { readonly kind: 'timeout' | 'sync' | 'crash' | 'wipe'; readonly node: number }
  | { readonly kind: 'enter' | 'join'; readonly node: number; readonly term: number };

const GENESIS_QC: Certificate = { term: -1, block: GENESIS };
const INITIAL_RECORD: SafetyRecord = { term: 0, timeout: null, n: NONE, c: NONE, highQc: GENESIS_QC };

export function initialState(scope: Scope): State {
  const noBlocks = new Array<number>(scope.terms).fill(0);
  const node: Node = {
    record: INITIAL_RECORD,
    durable: INITIAL_RECORD,
    pending: [],
    sent: { votes: noBlocks, commits: noBlocks, timeouts: [] },
    fenced: false,
    bootTerm: -1,
    lead: NONE,
    memo: { text: null },
  };
  return {
    blocks: [{ name: '', term: -1, height: 0, parent: NONE, chain: 1 }],
    nodes: new Array<Node>(honestNodes(scope)).fill(node),
    certificates: [GENESIS_QC],
    committed: 0,
  };
}

export const blockAt = (state: State, block: number): Block => present(state.blocks[block], 'a block of the tree');
export const nodeAt = (state: State, node: number): Node => present(state.nodes[node], 'an honest node');

/** Whether `ancestor` is `block` or below it; NONE is below everything. */
export const isBelow = (state: State, ancestor: number, block: number): boolean =>
  ancestor === NONE || (block !== NONE && ((blockAt(state, block).chain >> ancestor) & 1) === 1);

export function compareRank(state: State, a: Certificate, b: Certificate): number {
  return a.term - b.term || blockAt(state, a.block).height - blockAt(state, b.block).height;
}

const higher = (state: State, a: Certificate, b: Certificate): Certificate => (compareRank(state, a, b) >= 0 ? a : b);

// ---------------------------------------------------------------------------------------------- what may happen

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

const siblings = (state: State, term: number, parent: number): number => {
  let count = 0;
  for (const block of state.blocks) if (block.term === term && block.parent === parent) count++;
  return count;
};

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

// ------------------------------------------------------------------------------------------------ what it does

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
