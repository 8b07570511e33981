// What two validators tell each other when their link comes up, and what each resends (rule L1); D5's wait and its fences.

import { leaderOf } from '../certificate/committee.ts';
import type { LaneHead, Vote } from '../certificate/types.ts';
import { verifyTimeout, verifyVote } from '../certificate/verify.ts';
import { maxHeaderBytesPerAnswer } from '../limits.ts';
import { offerSnapshot } from './adoption.ts';
import { ancestorAt, signedHeader } from './blocks.ts';
import { learnQc, onCommitCert, onTimeoutCert } from './certify.ts';
import { append, commitHeight, emit, send } from './core.ts';
import type { Block, Core } from './core-types.ts';
import { sendEntry } from './entry.ts';
import { ownBatchesAbove } from './lanes.ts';
import type { Hello, SignedHeader } from './messages.ts';
import { onVote } from './tally.ts';
import { abandon } from './terms.ts';
import { onTimeout } from './timeouts.ts';

export function onLinkUp(core: Core, peer: number): void {
  core.up[peer] = true;
  core.lastSaid.delete(`entry:${peer}`);
  core.lastSaid.delete(`behind:${peer}`);
  send(core, peer, helloFor(core, peer));
}

export function onLinkDown(core: Core, peer: number): void {
  if (!core.up[peer]) return;
  core.up[peer] = false;
  core.offers.delete(peer);
  core.downSince[peer] = core.now;
}

function helloFor(core: Core, peer: number): Hello {
  const { commitCert, signedTimeout } = core;
  return {
    type: 'hello',
    epoch: core.committee.epoch,
    term: core.term,
    commitHeight: commitHeight(core),
    commitRank: commitCert === undefined ? null : { term: commitCert.term, height: commitCert.height },
    vote: core.signedVote ?? null,
    timeout: core.timedOut && signedTimeout?.term === core.term ? signedTimeout : null,
    highQc: core.highQc ?? null,
    entry: core.entry?.certificate ?? null,
    tipHeight: tipHeight(core),
    executed: core.executed,
    lanes: core.lanes.map((lane) => lane.head),
    yourVote: core.seenVotes[peer] ?? null,
    yourTimeout: core.seenTimeouts[peer] ?? null,
    yourBatch: core.seenBatches[peer] as number,
    checkpoint: core.checkpoint?.height ?? 0,
  };
}

/** What a follower hears of a validator: how far it has come, and nothing of what is still undecided. */
export function thinHello(core: Core): Hello {
  const nothing = { vote: null, timeout: null, highQc: null, entry: null, yourVote: null, yourTimeout: null };
  const { epoch, term, commitHeight, commitRank, executed, checkpoint } = helloFor(core, 0);
  const lanes = core.committedTip.cut;
  return {
    ...{ type: 'hello', epoch, term, commitHeight, commitRank, ...nothing },
    ...{ tipHeight: commitHeight, executed, lanes, yourBatch: 0, checkpoint },
  };
}

function tipHeight(core: Core): number {
  let highest = commitHeight(core);
  for (const block of core.openBlocks) if (block.connected) highest = Math.max(highest, block.height);
  return highest;
}

export function onHello(core: Core, hello: Hello, from: number): void {
  if (hello.epoch !== core.committee.epoch || hello.lanes.length !== core.committee.n) {
    emit(core, { type: 'misbehaved', peer: from, reason: 'bad-hello' });
    return;
  }
  // less than an earlier life reported where a crash undid blocks: what it lacks now is what counts for offers (§9)
  core.reportedExecution[from] = hello.executed;
  core.awaitingHellos?.add(from);
  core.again = true;
  if (core.me === undefined) return; // a follower asks, and tells nobody anything
  compareWithMyself(core, hello, from);
  if (hello.entry !== null) {
    if ('tc' in hello.entry) onTimeoutCert(core, hello.entry.tc, from);
    else learnQc(core, hello.entry.qc, from);
  }
  if (hello.highQc !== null) learnQc(core, hello.highQc, from);
  if (hello.vote !== null) onVote(core, hello.vote, hello.executed, from);
  if (hello.timeout !== null) onTimeout(core, hello.timeout, hello.highQc, from);
  if (hello.term < core.term) sendEntry(core, from);
  if (core.commitCert !== undefined && core.commitCert.height > hello.commitHeight) {
    send(core, from, { type: 'commit', certificate: core.commitCert });
  }
  resendProposals(core, hello, from);
  for (const batch of ownBatchesAbove(core, hello.lanes[core.me] as LaneHead))
    send(core, from, { type: 'batch', batch, answer: false });
  offerSnapshot(core, from);
}

/** L1: the leader resends its blocks of the term above the peer's tip, lowest first, at most W. */
function resendProposals(core: Core, hello: Hello, to: number): void {
  if (core.tip === undefined || leaderOf(core.committee, core.term) !== core.me) return;
  const above = Math.max(hello.commitHeight, hello.term === core.term ? hello.tipHeight : 0);
  const blocks: Block[] = [];
  for (
    let at: Block | undefined = core.tip;
    at !== undefined && at.term === core.term && at.height > above;
    at = at.parent
  )
    blocks.push(at);
  let chainQc = core.termQc ?? null;
  for (const block of blocks.slice(-core.committee.window).reverse()) {
    send(core, to, { type: 'proposal', ...signedHeader(block), chainQc }, core.enterRecord);
    chainQc = null;
  }
}

/** D5: a peer returns something that this key has signed and this journal does not hold: the journal is old. */
function compareWithMyself(core: Core, { yourVote, yourTimeout, yourBatch }: Hello, from: number): void {
  if (core.me === undefined) return;
  if (yourVote !== null && isMine(core, yourVote) && isBeyond(core, yourVote) && verifyVote(core.committee, yourVote)) {
    fence(
      core,
      `validator ${from} holds a later vote of this key: term ${yourVote.term}, height ${yourVote.tipHeight}`,
    );
  }
  if (
    yourTimeout !== null &&
    isMine(core, yourTimeout) &&
    yourTimeout.term > (core.timeout?.term ?? -1) &&
    verifyTimeout(core.committee, yourTimeout)
  ) {
    fence(core, `validator ${from} holds a later Timeout of this key: term ${yourTimeout.term}`);
  }
  const sealed = core.seenBatches[core.me] as number;
  if (yourBatch <= sealed) return;
  core.laneReports.set(from, yourBatch);
  const later = [...core.laneReports.values()].filter((seq) => seq > sealed).length;
  if (later > core.committee.f) fence(core, `${later} validators hold later batches of this key: up to ${yourBatch}`);
}

const isMine = (core: Core, signed: { readonly voter: number }): boolean => signed.voter === core.me;

function isBeyond(core: Core, vote: Vote): boolean {
  const mine = core.vote;
  if (mine === undefined || vote.term > mine.term) return true;
  if (vote.term !== mine.term) return false;
  const contradicts = vote.tipHeight === mine.tipHeight && vote.tipId !== mine.tipId;
  return contradicts || vote.tipHeight > mine.tipHeight || (vote.commit ?? -1) > (mine.commit ?? -1);
}

export function fence(core: Core, reason: string): void {
  if (core.fenced !== undefined) return;
  core.fenced = reason;
  append(core, { type: 'fenced', reason });
  emit(core, { type: 'fenced', reason });
}

/**
 * D5: nothing new is signed before the Hellos of q−1 peers have been processed. D4: then a recovered leader, which never
 * proposes again in the term that it recovered, ends it. The recovered vote has been counted by now. A follower, which
 * signs nothing, knows with the first Hello how far it is behind.
 */
export function signOnceHeard(core: Core): void {
  const needed = core.me === undefined ? 1 : core.committee.q - 1;
  if (core.awaitingHellos === undefined || core.awaitingHellos.size < needed) return;
  core.awaitingHellos = undefined;
  core.again = true;
  if (core.term <= core.bootTerm && leaderOf(core.committee, core.term) === core.me) abandon(core, 'restarted-leader');
}

export function onGetHeaders(core: Core, request: HeaderRequest, from: number): void {
  const headers = heldHeaders(core, request);
  if (headers.length > 0) send(core, from, { type: 'headers', id: request.id, headers });
  else emit(core, { type: 'serve-headers', to: from, id: request.id, above: request.above, count: request.count });
}

interface HeaderRequest {
  readonly id: Block['id'];
  readonly above: number;
  readonly count: number;
}

/** What one answer holds of a chain of headers in memory, downwards; older ones are in the archive. */
export function heldHeaders(core: Core, { id, above, count }: HeaderRequest): readonly SignedHeader[] {
  const headers: SignedHeader[] = [];
  for (
    let at = core.blocks.get(id);
    at?.header !== undefined && headers.length < count && at.height > above;
    at = at.parent
  )
    headers.push(signedHeader(at));
  return fittingHeaders(headers);
}

/** As many of a chain's headers as one control message holds: at n = 100 a hundred lanes and an entry make 30 KiB each. */
export function fittingHeaders(headers: readonly SignedHeader[]): readonly SignedHeader[] {
  let bytes = 0;
  const end = headers.findIndex((signed, index) => {
    bytes += sizeOf(signed);
    return bytes > maxHeaderBytesPerAnswer && index > 0;
  });
  return end < 0 ? headers : headers.slice(0, end);
}

/** An upper estimate: 96 bytes around each signature cover the other fields of a vote or Timeout. */
function sizeOf({ header, signature, entry }: SignedHeader): number {
  const signed = [...(entry?.timeouts ?? []), ...(entry?.qc?.votes ?? [])];
  const inEntry = signed.reduce((sum, each) => sum + each.signature.length + 96, 34 * (entry?.qc?.links.length ?? 0));
  return header.orderBytes.length + header.stateBytes.length + signature.length + 256 + inEntry;
}
