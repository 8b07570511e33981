// What certificates do: a QC raises the highest certified block and may open a term (R2); a CommitCert commits its block
// and all ancestors (§4, rules Q1 and Q2).

import { milliseconds } from '../../lib/units.ts';
import { outranks, type QuorumCert, type TimeoutCert } from '../certificate/types.ts';
import { verifyQuorumCert } from '../certificate/verify.ts';
import { commitsPerTurn, forgetEvery, keptCommittedBlocks, recordCommitAfter } from '../limits.ts';
import { divergesFrom, forgetBlock, hasLost, signedHeader, verifiedTimeoutCert } from './blocks.ts';
import { standingTip } from './branches.ts';
import { append, commitHeight, emit, timerBefore } from './core.ts';
import type { Block, Core, StopReason } from './core-types.ts';
import { heldBatches, ordersSomething } from './cuts.ts';
import { wantHeader } from './fetch.ts';
import { commitCut, releaseBatches } from './lanes.ts';
import { enterTerm } from './terms.ts';

/** A QC that this node formed (`from` is itself) or received. Q2: what is known or does not outrank is not verified again. */
export function learnQc(core: Core, qc: QuorumCert, from: number | undefined): void {
  if (core.qcs.has(qc.id) || qc.height <= commitHeight(core)) return;
  if (core.highQc !== undefined && !outranks(qc, core.highQc)) return;
  if (from !== core.me && !verifyQuorumCert(core.committee, qc, 'accept')) {
    if (from !== undefined) emit(core, { type: 'misbehaved', peer: from, reason: 'bad-certificate' });
    return;
  }
  acceptQc(core, qc, from);
}

function acceptQc(core: Core, qc: QuorumCert, from: number | undefined): void {
  noteQc(core, qc);
  append(core, { type: 'qc', qc });
  if (qc.term > core.term) enterTerm(core, qc.term, { qc }, 'certificate'); // R2
  if (!core.blocks.has(qc.id)) wantHeader(core, qc.id, { from, proven: true, height: qc.height });
  core.again = true;
}

/** Takes a verified certificate into the books without journalling it: recovery and certificates inside others use it. */
export function noteQc(core: Core, qc: QuorumCert): void {
  if (core.qcs.has(qc.id)) return;
  core.qcs.set(qc.id, qc);
  if (core.highQc === undefined || outranks(qc, core.highQc)) core.highQc = qc;
  if (qc.term === core.term && (core.termQc === undefined || outranks(qc, core.termQc))) core.termQc = qc;
  const block = core.blocks.get(qc.id);
  if (block === undefined) return;
  if (divergesFrom(core, block)) stopDiverged(core, block);
  if (block.verdict === 'invalid') reconsider(core, block);
}

/** V1: a block at or below a verified QC is valid whatever the earlier verdict, and its descendants are judged anew. */
function reconsider(core: Core, block: Block): void {
  block.verdict = 'valid';
  const pending = [...block.children];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (at.verdict === 'invalid') at.verdict = 'unknown';
    pending.push(...at.children);
  }
  core.again = true;
}

/** The certificate inside a TC is on the new chain even when a higher one is known (Q2). */
export function onTimeoutCert(core: Core, tc: TimeoutCert, from: number | undefined): void {
  if (tc.term < core.term || !verifiedTimeoutCert(core, tc)) return;
  noteEntryQc(core, tc, from);
  if (tc.term >= core.term) enterTerm(core, tc.term + 1, { tc }, 'timeouts');
}

export function noteEntryQc(core: Core, tc: TimeoutCert, from: number | undefined): void {
  const { qc } = tc;
  if (qc === null || core.qcs.has(qc.id) || qc.height <= commitHeight(core)) return;
  acceptQc(core, qc, from);
}

export function onCommitCert(core: Core, certificate: QuorumCert, from: number | undefined): void {
  if (certificate.height <= commitHeight(core)) return;
  if (core.pendingCommit !== undefined && core.pendingCommit.height >= certificate.height) return;
  if (from !== core.me && !verifyQuorumCert(core.committee, certificate, 'commit')) {
    if (from !== undefined) emit(core, { type: 'misbehaved', peer: from, reason: 'bad-certificate' });
    return;
  }
  if (!core.qcs.has(certificate.id)) acceptQc(core, certificate, from);
  core.pendingCommit = certificate;
  tryCommit(core, from);
}

/**
 * Commits as soon as every header between the commit and the certificate is held; a long way of a node that was away in
 * slices, one a turn, so that votes and sockets have theirs in between.
 */
export function tryCommit(core: Core, from: number | undefined, recovering = false): void {
  const certificate = core.pendingCommit;
  if (certificate === undefined) return;
  if (certificate.height <= commitHeight(core)) {
    core.pendingCommit = undefined;
    return;
  }
  const path: Block[] = [];
  let at = core.blocks.get(certificate.id);
  let lowest = { id: certificate.id, height: certificate.height };
  while (at !== undefined && at.height > commitHeight(core)) {
    path.push(at);
    lowest = { id: at.parentId, height: at.height - 1 };
    at = at.parent;
  }
  if (at === undefined) {
    if (!recovering) wantHeader(core, lowest.id, { from, proven: true, height: lowest.height });
    return;
  }
  if (at !== core.committedTip) {
    stop(core, { code: 'forked', height: certificate.height, block: certificate.id });
    return;
  }
  if (!recovering) {
    core.unrecordedCommit = certificate;
    timerBefore(core, 'record', milliseconds(core.now + recordCommitAfter));
  }
  path.reverse();
  const slice = recovering ? path : path.slice(0, commitsPerTurn);
  if (slice.length === path.length) {
    core.pendingCommit = undefined;
    core.commitCert = certificate;
  } else timerBefore(core, 'commit', core.now);
  const tip = standingTip(core);
  for (const block of slice) commitBlock(core, block, certificate, recovering);
  if (tip !== undefined && hasLost(core, tip)) append(core, { type: 'header', signed: signedHeader(tip) });
  afterCommit(core, slice);
}

function commitBlock(core: Core, block: Block, certificate: QuorumCert, recovering: boolean): void {
  const parent = block.parent as Block;
  if (divergesFrom(core, block)) stopDiverged(core, block);
  block.verdict = 'valid';
  commitCut(core, block, parent);
  if (ordersSomething(block, parent)) core.lastOrdered = block.height;
  core.committedTip = block;
  core.openBlocks.delete(block);
  if (block.height > core.executed) core.toExecute.push(block);
  else releaseBatches(core, heldBatches(core, block, parent));
  if (!recovering) emit(core, { type: 'committed', block, certificate });
}

/** T1: a commit that ordered something or covered a result restarts and shortens the timer. */
function afterCommit(core: Core, path: readonly Block[]): void {
  core.lastCommit = core.now;
  const useful = path.some((block) => {
    const parent = block.parent as Block;
    return (
      ordersSomething(block, parent) || (parent.execHeight < core.lastOrdered && block.execHeight >= core.lastOrdered)
    );
  });
  if (useful) {
    core.usefulCommit = true;
    core.timeoutBase = milliseconds(Math.max(core.timerFloor, core.timeoutBase / 2));
  }
  if (core.timers.has('progress')) core.timers.set('progress', milliseconds(core.now + core.timeoutBase));
  core.timers.delete('have');
  core.haveSent = false;
  core.again = true;
  forgetOld(core);
}

/** Memory keeps the newest committed blocks for peers that lag a little, and nothing that lost against them. Swept now and then. */
function forgetOld(core: Core): void {
  if (core.blocks.size < core.keptBlocks + forgetEvery) return;
  const keepAbove = Math.min(commitHeight(core) - keptCommittedBlocks, core.executed);
  const committed = new Set<Block>();
  for (let at: Block | undefined = core.committedTip; at !== undefined; at = at.parent) committed.add(at);
  for (const block of core.blocks.values()) {
    if (block === core.genesis || block === core.committedTip) continue;
    const lost = block.height <= commitHeight(core) && !committed.has(block);
    // the tip of the newest vote stays where it has lost, and goes with the committed chain where it is part of it (vote.ts)
    if (lost ? block.id !== core.vote?.tipId : block.height < keepAbove) forgetBlock(core, block);
  }
  for (const [id, qc] of core.qcs) if (qc.height < keepAbove) core.qcs.delete(id);
  for (const height of core.roots.keys())
    if (height < Math.min(core.committedTip.execHeight, core.executed - keptCommittedBlocks)) core.roots.delete(height);
  core.keptBlocks = core.blocks.size;
}

function stopDiverged(core: Core, block: Block): void {
  const ours = core.roots.get(block.execHeight);
  stop(core, {
    code: 'diverged',
    height: block.execHeight,
    block: block.id,
    ours: ours === undefined ? block.stateRoot : ours.stateRoot,
    theirs: block.stateRoot,
  });
}

/** For good: the record of it makes the node stop at the same place when it starts again. */
export function stop(core: Core, reason: StopReason): void {
  if (core.stopped !== undefined) return;
  core.stopped = reason;
  append(core, { type: 'stopped', reason });
  emit(core, { type: 'stopped', reason });
}
