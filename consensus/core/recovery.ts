// Bringing a core back from its journal (rules D2, D4, D5), and the records that a new segment must repeat (D6).

import { assert } from '../../lib/assert.ts';
import { encode } from '../../lib/codec.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { timeoutCertShape } from '../certificate/shapes.ts';
import type { EntryCert, LaneHead, QuorumCert } from '../certificate/types.ts';
import { maxRepeatedHeaders } from '../limits.ts';
import { certifiedBelow, isAncestor, keepHeader, plant, signedHeader } from './blocks.ts';
import { markVoted, votedTip } from './branches.ts';
import { noteQc, stop, tryCommit } from './certify.ts';
import { append, commitHeight } from './core.ts';
import type { Block, Core, Lane, StopReason } from './core-types.ts';
import { signTimeout, signVote } from './durability.ts';
import { historyRoot, noPeaks } from './history.ts';
import { extendAgain, hold, moveLane, noteSeen } from './lanes.ts';
import type { Base, Batch, JournalRecord } from './messages.ts';
import { onVote } from './tally.ts';
import { enterTerm, resetTerm } from './terms.ts';
import { onTimeout } from './timeouts.ts';

/** What recovery has seen so far. */
export interface Recovery {
  readonly core: Core;
  initialised: boolean;
  started: boolean;
}

/** Begins to rebuild the state from the journal; feed it every record in order, then finish. */
export function beginRecovery(core: Core): Recovery {
  core.recovering = true;
  return { core, initialised: false, started: false };
}

export function recoverRecord(recovery: Recovery, record: JournalRecord): void {
  if (record.type === 'init') recovery.initialised = true;
  else recovery.started = true;
  apply(recovery.core, record);
}

/**
 * D4, D5: the node speaks again, and signs nothing new before it has heard q−1 peers.
 * Call `step` afterwards.
 */
export function finishRecovery({ core, initialised, started }: Recovery): void {
  tryCommit(core, undefined, true);
  core.bootTerm = started ? core.term : -1;
  resetTerm(core);
  core.outputs = [];
  core.forgotten = [];
  core.recovering = false; // with q = 1 the recovered Timeout is a TC, and the term that it opens needs its ENTER (D3)
  if (core.stopped !== undefined) {
    stopAgain(core, core.stopped);
    return;
  }
  core.awaitingHellos = new Set();
  if (core.me === undefined) return;
  // D5: what was committed of the own lane was sealed, though pruning may have taken the records; it goes on above that
  noteSeen(core, { lane: core.me, seq: (core.lanes[core.me] as Lane).committed.seq });
  if (!initialised) core.fenced ??= 'this validator has no safety record: its data was wiped or never initialised';
  // a torn tail may end behind a certificate and before the ENTER that it causes (R2)
  if (core.highQc !== undefined && core.highQc.term > core.term)
    enterTerm(core, core.highQc.term, { qc: core.highQc }, 'certificate');
  speakAgain(core);
  if (!started && core.fenced === undefined)
    core.enterRecord = append(core, { type: 'enter', term: 0, certificate: null });
}

export function recover(core: Core, records: Iterable<JournalRecord>): void {
  const recovery = beginRecovery(core);
  for (const record of records) recoverRecord(recovery, record);
  finishRecovery(recovery);
}

/** E1: said at every start. The record may be the first of it, where the crash came before that was durable. */
function stopAgain(core: Core, reason: StopReason): void {
  core.stopped = undefined;
  stop(core, reason);
}

/** D4: the stored vote and Timeout, the same bytes again, count in the tallies and stand in Hello. */
function speakAgain(core: Core): void {
  if (core.me === undefined || core.fenced !== undefined) return;
  if (core.vote !== undefined) {
    core.signedVote = signVote(core, core.vote);
    onVote(core, core.signedVote, core.executed, core.me);
  }
  if (core.timeout !== undefined) {
    core.signedTimeout = signTimeout(core, core.timeout);
    if (core.timeout.term === core.term) onTimeout(core, core.signedTimeout, core.timeout.qc, core.me);
  }
}

function apply(core: Core, record: JournalRecord): void {
  switch (record.type) {
    case 'init':
      break;
    case 'base':
      startFrom(core, record.base);
      tryCommit(core, undefined, true);
      break;
    case 'batch':
      applyBatch(core, record.batch, record.fetched);
      break;
    case 'header':
      trustEntry(core, record.signed.entry);
      keepHeader(core, record.signed, true, undefined);
      break;
    case 'qc':
      noteQc(core, record.qc);
      break;
    case 'enter':
      core.term = record.term;
      core.timedOut = false;
      if (record.certificate !== null) applyEntry(core, record.term, record.certificate);
      break;
    case 'vote':
      core.vote = record.vote;
      markVoted(core, record.vote.tipId);
      break;
    case 'timeout':
      core.term = record.timeout.term;
      core.timedOut = true;
      core.timeout = record.timeout;
      break;
    case 'commit':
      noteQc(core, record.certificate);
      core.pendingCommit = record.certificate;
      tryCommit(core, undefined, true);
      break;
    case 'checkpoint':
      core.checkpoint = record.certificate;
      core.checkpointSigned = Math.max(core.checkpointSigned, record.certificate.height);
      break;
    case 'fenced':
      core.fenced = record.reason;
      break;
    case 'stopped':
      core.stopped = record.reason;
      break;
  }
}

function applyEntry(core: Core, term: number, certificate: EntryCert): void {
  core.entry = { term, certificate };
  const opening = 'tc' in certificate ? certificate.tc.qc : certificate.qc;
  if (opening !== null) noteQc(core, opening); // the own chain's, though a higher one may be known (Q2)
}

/** An entry in one's own journal was verified before it was written. */
function trustEntry(core: Core, entry: Block['entry']): void {
  if (entry !== null) core.verifiedTcs.set(sha256Hex(encode(timeoutCertShape.write(entry))), true);
}

/** A forged batch of the own lane may stand before or between those that this node has sealed: it is no part of its chain. */
function applyBatch(core: Core, batch: Batch, fetched: boolean): void {
  if (!fetched) noteSeen(core, batch);
  const lane = core.lanes[batch.lane] as Lane;
  // what was fetched for a block that was already committed stands behind its COMMIT
  const executed = core.toExecute[0]?.parent?.cut[batch.lane] ?? lane.committed;
  if (core.batches.has(batch.digest) || batch.seq <= executed.seq) return;
  hold(core, batch);
  if (!fetched) extendAgain(core, batch);
}

/** Installs a committed block whose ancestors are not held. */
export function startFrom(core: Core, base: Base): void {
  const { header } = base.signed;
  if (header.order.height <= commitHeight(core)) return;
  assert(historyRoot(base.past) === header.state.historyRoot, 'a base holds the history that its header commits to');
  keepHeader(core, base.signed, true, undefined);
  const block = core.blocks.get(header.id) as Block;
  plant(core, block, base.past); // records of its children may stand before the base that a newer segment begins with
  core.committedTip = block;
  core.commitCert = base.commitCert ?? undefined;
  core.lastOrdered = base.lastOrdered;
  const { execHeight, stateRoot, outboxRoot } = block; // certified, so as good as executed (E1)
  if (!core.roots.has(execHeight)) core.roots.set(execHeight, { stateRoot, outboxRoot });
  if (base.commitCert !== null) noteQc(core, base.commitCert);
  for (let index = 0; index < core.lanes.length; index++) {
    const { committed } = core.lanes[index] as Lane;
    if ((block.cut[index] as LaneHead).seq > committed.seq) moveLane(core, index, block, committed);
  }
  // L4, after an adoption: the chain in between is not to be had, so what may be lost is appended again; a copy has no effect
  for (const redo of core.redo) redo.at = redo.before;
}

/** D2: the highest QC, that of my own chain, and the one that my Timeout names. */
function neededQcs(core: Core): ReadonlySet<QuorumCert> {
  const needed = new Set<QuorumCert>();
  const tip = votedTip(core);
  const own = tip === undefined ? undefined : core.qcs.get(certifiedBelow(core, tip).id);
  for (const qc of [own, core.highQc, core.timeout?.qc]) if (qc !== undefined && qc !== null) needed.add(qc);
  return needed;
}

/** The newest committed block that is executed; where a snapshot was adopted and is not restored yet, the one that it stands at. */
function executedTip(core: Core): Block {
  let at = core.committedTip;
  while (at.height > core.executed && at.parent !== undefined) at = at.parent;
  return at;
}

/**
 * What is committed above the base, and what this node has voted for beyond: at most W blocks above the highest certified
 * one, which is at most W above the commit, and those that a leader lets wait for execution. Of a node that is further behind
 * none: it fetches them again.
 */
function headersAbove(core: Core, base: Block): readonly Block[] {
  const tip = votedTip(core);
  const blocks: Block[] = [];
  for (let at = tip !== undefined && isAncestor(core.committedTip, tip) ? tip : core.committedTip; at !== base; ) {
    blocks.push(at);
    at = at.parent as Block;
  }
  return blocks.length > maxRepeatedHeaders(core.committee.window) ? [] : blocks.reverse();
}

/**
 * D6: what a new segment begins with, so that older ones may be pruned. The base is what is executed: a block that it skipped
 * would never be. The headers from there on are repeated in front of it, because what they order must not be dropped when the
 * base moves the lanes. Branches of older terms are not repeated: there may be thousands of headers, and the journal is kept
 * from the oldest on (`oldestOpenHeader`).
 */
export function liveRecords(core: Core): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  // a follower has none: under a validator's key its data would be no safety record (D5)
  if (core.me !== undefined && (core.fenced === undefined || core.vote !== undefined)) records.push({ type: 'init' });
  const executed = executedTip(core);
  const above = headersAbove(core, executed);
  for (const block of above) records.push({ type: 'header', signed: signedHeader(block) });
  // the base must not run ahead of the commits in older segments either
  const certificate = core.unrecordedCommit ?? (executed === core.committedTip ? undefined : core.commitCert);
  if (certificate !== undefined) records.push({ type: 'commit', certificate });
  if (executed.header !== undefined) {
    const base: Base = {
      signed: signedHeader(executed),
      past: executed.past ?? noPeaks,
      lastOrdered: Math.min(core.lastOrdered, executed.height),
      commitCert: executed === core.committedTip ? (core.commitCert ?? null) : null,
    };
    records.push({ type: 'base', base });
  }
  for (const qc of neededQcs(core)) records.push({ type: 'qc', qc });
  // a Timeout of an earlier term stays: a peer may return it, and it must not seem later than what this journal holds (D5)
  if (core.timeout !== undefined && !core.timedOut) records.push({ type: 'timeout', timeout: core.timeout });
  if (core.entry !== undefined)
    records.push({ type: 'enter', term: core.entry.term, certificate: core.entry.certificate });
  if (core.entry?.term !== core.term) records.push({ type: 'enter', term: core.term, certificate: null });
  // without its header a tip would pass for committed (vote.ts); no commit stands between the two, so no sweep takes it
  const tip = votedTip(core);
  if (tip !== undefined && !above.includes(tip) && !isAncestor(tip, executed))
    records.push({ type: 'header', signed: signedHeader(tip) });
  if (core.vote !== undefined) records.push({ type: 'vote', vote: core.vote });
  if (core.timeout !== undefined && core.timedOut) records.push({ type: 'timeout', timeout: core.timeout });
  if (core.checkpoint !== undefined) records.push({ type: 'checkpoint', certificate: core.checkpoint });
  if (core.fenced !== undefined) records.push({ type: 'fenced', reason: core.fenced });
  if (core.stopped !== undefined) records.push({ type: 'stopped', reason: core.stopped });
  return records;
}
