// What waits for the journal (§3): a vote, a Timeout or a batch leaves, and counts in this node's own tallies, only when
// its record and everything before it is durable (D1, D1b). One signature per sync covers any number of blocks.

import { timeoutText, voteText } from '../certificate/hashing.ts';
import type { HighestQc } from '../certificate/types.ts';
import { releaseCheckpoint } from './checkpoints.ts';
import { emit, send } from './core.ts';
import type { Core, Held } from './core-types.ts';
import type { TimeoutRecord, VoteRecord } from './messages.ts';
import { onVote } from './tally.ts';
import { onTimeout } from './timeouts.ts';

/** Every record up to `through` is durable. */
export function onSynced(core: Core, through: number): void {
  core.durable = Math.max(core.durable, through);
  const ready = core.held.filter((held) => held.after <= core.durable);
  if (ready.length === 0) return;
  core.held = core.held.filter((held) => held.after > core.durable);
  let newest: Held | undefined;
  for (const held of ready) {
    if (core.fenced !== undefined) {
      // D5: what was journalled before the fence went up is not signed any more
      if (held.batch !== undefined) emit(core, { type: 'not-sealed', contentHash: held.batch.contentHash });
      continue;
    }
    if (held.vote !== undefined) newest = held;
    if (held.timeout !== undefined) {
      releaseVote(core, newest);
      newest = undefined;
      releaseTimeout(core, held.timeout, held.after);
    }
    if (held.batch !== undefined) {
      send(core, 'all', { type: 'batch', batch: held.batch, answer: false }, held.after);
      emit(core, { type: 'accepted', batch: held.batch });
    }
    if (held.lost !== undefined) core.forgotten.push(held.lost);
    if (held.checkpoint !== undefined) releaseCheckpoint(core, held.checkpoint, held.after);
  }
  releaseVote(core, newest);
  core.again = true;
}

function releaseVote(core: Core, held: Held | undefined): void {
  if (held?.vote === undefined || core.me === undefined) return;
  const vote = signVote(core, held.vote);
  core.signedVote = vote;
  core.reportedTo = core.executed;
  emit(core, { type: 'signed', vote });
  send(core, 'all', { type: 'vote', vote, executed: core.executed }, held.after);
  onVote(core, vote, core.executed, core.me);
}

function releaseTimeout(core: Core, record: TimeoutRecord, after: number): void {
  if (core.me === undefined) return;
  const timeout = signTimeout(core, record);
  core.signedTimeout = timeout;
  emit(core, { type: 'signed', timeout });
  send(core, 'all', { type: 'timeout', timeout, qc: record.qc }, after);
  onTimeout(core, timeout, record.qc, core.me);
}

/** Ed25519 signatures are deterministic, so a vote recovered from its record is the same bytes again (D4). */
export function signVote(core: Core, record: VoteRecord) {
  return { voter: core.me as number, ...record, signature: core.options.sign(voteText(core.committee, record)) };
}

export function signTimeout(core: Core, { term, qc }: TimeoutRecord) {
  const fields = { term, highest: highestOf(core, qc), tail: [] };
  return { voter: core.me as number, ...fields, signature: core.options.sign(timeoutText(core.committee, fields)) };
}

function highestOf(core: Core, qc: TimeoutRecord['qc']): HighestQc {
  if (qc === null) return { term: -1, height: 0, id: core.committee.genesisId };
  return { term: qc.term, height: qc.height, id: qc.id };
}
