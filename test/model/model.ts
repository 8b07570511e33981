// The abstract model of CONSENSUS.md §3, §4 and §6: what nodes journal, sync, sign and may justify, without bytes, data, clocks or links.
// Byzantine nodes have no state: they count +f in every quorum, so they vote for anything at any time; terms they lead have as many
// blocks as somebody is willing to vote for. A state is immutable: actions.ts lists what may happen next, apply.ts does it.
import { present } from '../../lib/assert.ts';
import { honestNodes, type Scope } from './scope.ts';

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
export interface Entry {
  readonly record: SafetyRecord;
  readonly message: Message | null;
}

/** Everything signed that ever left a node, for the adversary to keep and deliver as it likes. */
export interface Sent {
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
export const INITIAL_RECORD: SafetyRecord = { term: 0, timeout: null, n: NONE, c: NONE, highQc: GENESIS_QC };

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

export const higher = (state: State, a: Certificate, b: Certificate): Certificate =>
  compareRank(state, a, b) >= 0 ? a : b;

/** How many blocks of `term` stand on `parent`. */
export const siblings = (state: State, term: number, parent: number): number => {
  let count = 0;
  for (const block of state.blocks) if (block.term === term && block.parent === parent) count++;
  return count;
};
