// Receiving proposals and headers (§4 onProposal). `entry` and `chainQc` belong to the message, not to the block.

import type { Hash } from '../../lib/hash.ts';
import { leaderOf } from '../certificate/committee.ts';
import { verifyProposal } from '../certificate/verify.ts';
import { maxAnnouncedPerLane, maxStraysPerLane } from '../limits.ts';
import { keepHeader, opens } from './blocks.ts';
import { learnQc, noteEntryQc, onTimeoutCert, tryCommit } from './certify.ts';
import { emit } from './core.ts';
import type { Core, LanePlace } from './core-types.ts';
import { sendEntry } from './entry.ts';
import { wantBatch } from './fetch.ts';
import type { Proposal, SignedHeader } from './messages.ts';

export function onProposal(core: Core, proposal: Proposal, from: number): void {
  const { header } = proposal;
  const { term } = header.order;
  if (term < core.term) {
    sendEntry(core, from); // L2
    return;
  }
  if (!verifyProposal(core.committee, header, proposal.signature)) {
    emit(core, { type: 'misbehaved', peer: from, reason: 'bad-proposal' });
    return;
  }
  const entry = proposal.entry !== null && opens(core, proposal.entry, term) ? proposal.entry : null;
  if (term > core.term) {
    if (entry === null) return;
    onTimeoutCert(core, entry, from);
    if (core.term !== term) return;
  }
  if (entry !== null) noteEntryQc(core, entry, from);
  if (proposal.chainQc !== null) learnQc(core, proposal.chainQc, from);
  if (core.term !== term || !hasItsEntry(core, proposal, entry)) return;
  keepHeader(core, { header, signature: proposal.signature, entry }, false, from);
  core.again = true;
}

/** V1: a first block without a valid entry is dropped, never judged. */
function hasItsEntry(core: Core, { header }: SignedHeader, entry: SignedHeader['entry']): boolean {
  const parent = core.blocks.get(header.parent);
  if (header.order.term === 0 || parent === undefined || parent.term === header.order.term) return true;
  return entry !== null && (entry.qc === null ? parent.height === 0 : entry.qc.id === header.parent);
}

/** An answer to Get: a chain downwards from the id asked for. Unproven ids need their leader's signature. */
export function onHeaders(
  core: Core,
  answer: { readonly id: Hash; readonly headers: readonly SignedHeader[] },
  from: number,
): void {
  let expected = answer.id;
  const wanted = core.wantedHeaders.get(expected);
  if (wanted === undefined) return;
  const { proven } = wanted;
  for (const [steps, signed] of answer.headers.entries()) {
    if (signed.header.id !== expected) break;
    const { term } = signed.header.order;
    // on a peer's word only what a vote of this term or the one before may name, at most W steps (V5)
    if (!proven && (steps >= core.committee.window || term < core.term - 1 || term > core.term)) break;
    if (!proven && !verifyProposal(core.committee, signed.header, signed.signature)) break;
    const entry = signed.entry !== null && opens(core, signed.entry, term) ? signed.entry : null;
    if (keepHeader(core, { ...signed, entry }, proven, from) === undefined) break;
    expected = signed.header.parent;
  }
  tryCommit(core, from);
  core.again = true;
}

/**
 * T4: the leader pulls what a peer announces, down to its own cut. A newer announcement of a peer replaces its older one,
 * and none reaches further than an honest one does, so a peer makes the leader want at most 8 batches per lane.
 */
export function onHave(core: Core, batches: readonly Announced[], from: number): void {
  if (leaderOf(core.committee, core.term) !== core.me) return;
  for (const [digest, { proven, sources, place }] of core.wantedBatches) {
    if (!proven && place !== undefined && sources.every((peer) => peer === from)) core.wantedBatches.delete(digest);
  }
  for (const { lane, seq, digest } of batches) {
    const held = core.lanes[lane];
    if (held === undefined || seq <= held.committed.seq || seq > held.committed.seq + maxAnnouncedPerLane) continue;
    if (held.strays.size < maxStraysPerLane) wantBatch(core, digest, { from, proven: false, place: { lane, seq } });
  }
  core.again = true;
}

interface Announced extends LanePlace {
  readonly digest: Hash;
}
