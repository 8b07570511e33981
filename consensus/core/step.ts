// One turn of the core: everything that has arrived, then what it makes possible, then the timers. The same function runs
// in the node, in the simulator and in the model-based tests.

import { exhaustive } from '../../lib/assert.ts';
import { type Ms, milliseconds } from '../../lib/units.ts';
import { maxRounds, timerBase, timerCap } from '../limits.ts';
import { adoptWhenBehind, freeze, type Kept, onKept, onOffer } from './adoption.ts';
import { learnQc, onCommitCert, onTimeoutCert, tryCommit } from './certify.ts';
import { onCheckpointCert, onCheckpointVote, signPeriodicCheckpoint } from './checkpoints.ts';
import { maySign } from './core.ts';
import type { Core, Output, Roots } from './core-types.ts';
import { onSynced } from './durability.ts';
import { executeCommitted, onExecuted } from './execution.ts';
import { appendLostAgain, type BatchContent, onBatch, sealBatch } from './lanes.ts';
import { onGetHeaders, onHello, onLinkDown, onLinkUp, signOnceHeard } from './links.ts';
import type { PeerMessage } from './messages.ts';
import { onHave, onHeaders, onProposal } from './proposals.ts';
import { proposeIfLeader } from './propose.ts';
import { onVote, placeEarlyVotes, resolveVotes, tallyDirty } from './tally.ts';
import { countTimeouts, onTimeout } from './timeouts.ts';
import { voteIfAdvanced } from './vote.ts';
import { fireTimers, setTimers } from './work.ts';

export type Input =
  | { readonly type: 'message'; readonly from: number; readonly message: PeerMessage }
  | { readonly type: 'link-up'; readonly peer: number }
  | { readonly type: 'link-down'; readonly peer: number }
  /** every record up to this number is durable */
  | { readonly type: 'synced'; readonly through: number }
  /** seal an own batch; only while `maySeal` */
  | { readonly type: 'seal'; readonly content: BatchContent }
  | { readonly type: 'executed'; readonly height: number; readonly roots: Roots }
  /** what this node's archive can serve */
  | { readonly type: 'kept'; readonly kept: Kept }
  /** the state after this height is about to take the place of the one that stands */
  | { readonly type: 'freeze'; readonly height: number }
  | RoundTripInput
  /** nothing arrived; a deadline has passed */
  | { readonly type: 'wake' };

/** What links have measured. */
export interface RoundTripInput {
  readonly type: 'round-trip';
  /** T1: the slowest smoothed round trip to a validator */
  readonly slowestMs: number;
  /** the least that one to the slowest of the nearest q − 1 has ever taken; 0: not known */
  readonly quorumMs: number;
}

/**
 * @param now monotonic instant of the turn; never before that of the turn before
 * @param wallMs the machine's clock, for block times only
 * @returns what is to be done, in order
 */
export function step(core: Core, now: Ms, wallMs: number, inputs: readonly Input[]): readonly Output[] {
  if (core.stopped !== undefined) return takeOutputs(core); // what recovery has found, once
  core.now = now;
  core.wallMs = wallMs;
  for (const input of inputs) {
    if (core.stopped !== undefined) break; // nothing that waits for a sync is signed any more
    handle(core, input);
  }
  fireTimers(core);
  settle(core);
  if (core.stopped === undefined) {
    setTimers(core);
    if (core.again) settle(core);
    adoptWhenBehind(core);
  }
  if (core.forgotten.length > 0) {
    core.outputs.push({ type: 'forgotten', digests: core.forgotten });
    core.forgotten = [];
  }
  return takeOutputs(core);
}

function takeOutputs(core: Core): readonly Output[] {
  const { outputs } = core;
  core.outputs = [];
  return outputs;
}

function settle(core: Core): void {
  for (let round = 0; round < maxRounds && core.stopped === undefined; round++) {
    core.again = false;
    if (core.termBegun) lookBack(core);
    if (core.redo.length > 0) appendLostAgain(core);
    if (core.votesUnresolved) resolveVotes(core);
    tallyDirty(core);
    tryCommit(core, undefined);
    signOnceHeard(core);
    executeCommitted(core);
    proposeIfLeader(core);
    voteIfAdvanced(core);
    if (!core.again) return;
  }
}

/** What this node already holds of the term that it has entered. Held Timeouts may complete the next certificate. */
function lookBack(core: Core): void {
  core.termBegun = false;
  placeEarlyVotes(core);
  countTimeouts(core);
}

function handle(core: Core, input: Input): void {
  switch (input.type) {
    case 'message':
      if (core.up[input.from]) onMessage(core, input.message, input.from);
      break;
    case 'link-up':
      onLinkUp(core, input.peer);
      break;
    case 'link-down':
      onLinkDown(core, input.peer);
      break;
    case 'synced':
      onSynced(core, input.through);
      break;
    case 'seal':
      if (maySign(core)) sealBatch(core, input.content);
      else core.outputs.push({ type: 'not-sealed', contentHash: input.content.contentHash });
      break;
    case 'executed':
      onExecuted(core, input.height, input.roots);
      signPeriodicCheckpoint(core, input.height);
      break;
    case 'kept':
      onKept(core, input.kept);
      break;
    case 'freeze':
      freeze(core, input.height);
      break;
    case 'round-trip':
      core.timerFloor = milliseconds(Math.min(timerCap, Math.max(timerBase, 4 * input.slowestMs)));
      core.timeoutBase = milliseconds(Math.max(core.timeoutBase, core.timerFloor));
      core.quorumTripMs = input.quorumMs;
      break;
    case 'wake':
      break;
    default:
      exhaustive(input);
  }
}

function onMessage(core: Core, message: PeerMessage, from: number): void {
  switch (message.type) {
    case 'proposal':
      onProposal(core, message, from);
      break;
    case 'vote':
      onVote(core, message.vote, message.executed, from);
      break;
    case 'timeout':
      onTimeout(core, message.timeout, message.qc, from);
      break;
    case 'entry':
      if ('tc' in message.entry) onTimeoutCert(core, message.entry.tc, from);
      else learnQc(core, message.entry.qc, from);
      break;
    case 'qc':
      learnQc(core, message.qc, from);
      break;
    case 'commit':
      onCommitCert(core, message.certificate, from);
      break;
    case 'batch':
      onBatch(core, message.batch, from);
      break;
    case 'hello':
      onHello(core, message, from);
      break;
    case 'have':
      onHave(core, message.batches, from);
      break;
    case 'get-headers':
      onGetHeaders(core, message, from);
      break;
    case 'headers':
      onHeaders(core, message, from);
      break;
    case 'get-batches':
      core.outputs.push({ type: 'serve-batches', to: from, digests: message.digests });
      break;
    case 'checkpoint-vote':
      onCheckpointVote(core, message.vote, from);
      break;
    case 'checkpoint':
      onCheckpointCert(core, message.certificate, from);
      break;
    case 'offer':
      onOffer(core, message, from);
      break;
    case 'get-snapshot': // the engine has these answered: no word of them concerns the order of blocks
    case 'snapshot-head':
    case 'snapshot-part':
    case 'app':
    case 'forwarded':
      break;
    default:
      exhaustive(message);
  }
}
