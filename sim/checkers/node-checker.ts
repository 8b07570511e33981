// The invariants of CONSENSUS §12 that one validator must keep by itself, over all its lives: one chain of votes per term,
// cursors that never regress, nothing voted after a Timeout, nothing attested that is not durable, no block signed twice.

import { type Header, outranks, type Rank, type Timeout, type Vote } from '../../consensus/certificate/index.ts';
import { present } from '../../lib/assert.ts';
import { equalBytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { BlockTree } from './block-tree.ts';
import { DurableRecords } from './durable-records.ts';
import type { ChainProbe, Released } from './probe.ts';
import { type ChainUnderTest, short, type Verdict } from './verdict.ts';

type Recovered = Parameters<NonNullable<ChainProbe['recovered']>>[0];

export class NodeChecker {
  readonly records: DurableRecords;
  readonly index: number;
  #chain: ChainUnderTest;
  #tree: BlockTree;
  #verdict: Verdict;
  #votes = new Map<number, Vote>();
  /** those whose tip the commit had not passed when it was last looked at */
  #openVotes = new Map<number, Vote>();
  #timeouts = new Map<number, Timeout>();
  #proposals = new Map<string, string>();
  #newestVote: Vote | undefined;
  #newestTimeout: Timeout | undefined;
  #ownSeq = 0;
  #bootTerm = -1;
  #highest: Rank | undefined;

  constructor(index: number, chain: ChainUnderTest, tree: BlockTree, verdict: Verdict) {
    this.index = index;
    this.#chain = chain;
    this.#tree = tree;
    this.#verdict = verdict;
    this.records = new DurableRecords(tree, chain.committee.q);
  }

  /** its process or its chain starts anew; recovery will tell what was durable */
  began(): void {
    this.records.forget();
    this.#highest = undefined;
  }

  /** Restart reproduces what had left: D1, D2, D4. */
  recovered(state: Recovered): void {
    this.#bootTerm = state.bootTerm;
    this.#highest = state.highest;
    if (state.fenced) return this.#violated('an intact validator is not fenced', 'fenced at recovery');
    this.#recoveredVote(state);
    const timeout = this.#newestTimeout;
    if (timeout !== undefined) {
      if (state.term < timeout.term || (state.term === timeout.term && !state.timedOut))
        this.#violated('restart reproduces what left', `forgot its Timeout of term ${timeout.term}`);
      const kept = state.timeout;
      if (kept?.term === timeout.term && !equalBytes(kept.signature, timeout.signature))
        this.#violated('restart reproduces the same bytes', `its Timeout of term ${timeout.term}`);
      if (outranks(timeout.highest, state.highest))
        this.#violated('restart reproduces what left', 'the certificate that its Timeout names is gone');
    }
    if (state.ownSeq < this.#ownSeq)
      this.#violated('restart reproduces what left', `lane ends at ${state.ownSeq}, batch ${this.#ownSeq} had left`);
  }

  #recoveredVote(state: Recovered): void {
    const sent = this.#newestVote;
    if (sent === undefined) return;
    const kept = state.vote;
    const behind =
      kept === null ||
      kept.term < sent.term ||
      (kept.term === sent.term && (kept.tipHeight < sent.tipHeight || below(kept.commit, sent.commit)));
    if (behind)
      this.#violated(
        'restart reproduces what left',
        `forgot its vote for height ${sent.tipHeight} of term ${sent.term}`,
      );
    else if (kept.term === sent.term && kept.tipHeight === sent.tipHeight && kept.commit === sent.commit)
      if (!equalBytes(kept.signature, sent.signature))
        this.#violated(
          'restart reproduces the same bytes',
          `its vote for height ${sent.tipHeight} of term ${sent.term}`,
        );
    if (state.bootTerm < sent.term)
      this.#violated('restart reproduces what left', 'boots in a term below its own vote');
  }

  released({ after, durable }: Released): void {
    if (after > durable) this.#violated('every sent frame is durable', `position ${after} left at ${durable}`);
  }

  /** @param isCommitted by this validator */
  voted(vote: Vote, released: Released, isCommitted: (header: Header) => boolean): void {
    this.released(released);
    const where = `term ${vote.term}, n ${vote.tipHeight}, c ${vote.commit ?? 'nil'}`;
    if (this.#timeouts.has(vote.term)) this.#violated('nothing voted after Timeout', where);
    const newest = this.#newestVote;
    if (newest !== undefined && vote.term < newest.term) this.#violated('terms never regress', where);
    if (vote.commit !== null && vote.commit > vote.tipHeight) this.#violated('c ≤ n', where);
    if (this.#tree.get(vote.tipId)?.order.term !== vote.term) this.#violated('votes name blocks of their term', where);
    const before = this.#votes.get(vote.term);
    if (before !== undefined) {
      if (vote.tipHeight < before.tipHeight || below(vote.commit, before.commit))
        this.#violated('cursors never regress', `${where} after n ${before.tipHeight}, c ${before.commit ?? 'nil'}`);
      if (!this.#tree.extends(vote.tipId, before.tipId))
        this.#violated('one chain of votes per term', `${short(before.tipId)} then ${short(vote.tipId)} in ${where}`);
    }
    if (this.records.uncertifiedIn(vote, isCommitted) > this.#chain.committee.window)
      this.#violated('a vote stays within the window', where);
    const missing = this.records.missingFor(vote, released);
    if (missing !== undefined) this.#violated('a vote attests what is durable', `${where}: ${missing}`);
    this.#votes.set(vote.term, vote);
    this.#openVotes.set(vote.term, vote);
    this.#newestVote = vote;
  }

  /** The blocks above a committed one that its votes accept; those of votes that lost are none of them. */
  votedAbove(committed: Hash, height: number): readonly Header[] {
    const voted: Header[] = [];
    for (const [term, { tipId, tipHeight }] of this.#openVotes) {
      if (tipHeight <= height) this.#openVotes.delete(term);
      else if (this.#tree.extends(tipId, committed)) voted.push(...this.#between(tipId, committed));
    }
    return voted;
  }

  #between(top: Hash, bottom: Hash): readonly Header[] {
    const headers: Header[] = [];
    for (let id = top; id !== bottom; ) {
      const header = present(this.#tree.get(id), 'the way down to the committed block is in the tree');
      headers.push(header);
      id = header.parent;
    }
    return headers;
  }

  timedOut(timeout: Timeout, released: Released): void {
    this.released(released);
    const before = this.#timeouts.get(timeout.term);
    if (before !== undefined && (before.highest.id !== timeout.highest.id || outranks(before.highest, timeout.highest)))
      this.#violated('one Timeout per term', `two for term ${timeout.term}`);
    const vote = this.#votes.get(timeout.term);
    if (
      vote !== undefined &&
      vote.commit !== null &&
      outranks({ term: vote.term, height: vote.commit }, timeout.highest)
    )
      this.#violated('a Timeout names the highest certificate', `below c ${vote.commit} of term ${vote.term}`);
    this.#timeouts.set(timeout.term, timeout);
    if (this.#newestTimeout === undefined || timeout.term >= this.#newestTimeout.term) this.#newestTimeout = timeout;
  }

  batchLeft(seq: number, released: Released): void {
    this.released(released);
    this.#ownSeq = Math.max(this.#ownSeq, seq);
  }

  proposed(header: Header): void {
    this.#tree.add(header);
    const { term, height } = header.order;
    if (term <= this.#bootTerm) this.#violated('no proposals in the term of recovery', `term ${term}`);
    const place = `${term}:${height}`;
    const before = this.#proposals.get(place);
    if (before !== undefined && before !== header.id)
      this.#violated('no leader signs two blocks at one place', `${short(before)} and ${short(header.id)} at ${place}`);
    this.#proposals.set(place, header.id);
  }

  highest(rank: Rank): void {
    if (this.#highest !== undefined && outranks(this.#highest, rank))
      this.#violated('the highest certificate never regresses', `to term ${rank.term}, height ${rank.height}`);
    this.#highest = rank;
  }

  #violated(invariant: string, detail: string): void {
    this.#verdict.violated(invariant, `${this.#chain.name}, validator ${this.index + 1}: ${detail}`);
  }
}

/** nil is below every height */
function below(a: number | null, b: number | null): boolean {
  return b !== null && (a === null || a < b);
}
