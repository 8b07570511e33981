// The actor that executes committed blocks, one after the other, and answers reads. Execution follows commit and never
// holds it up; the application slices its own work.

import type { Address, Behavior, Message } from '../actors/index.ts';
import type { Hash } from '../lib/hash.ts';
import type { Applied } from './application.ts';
import type {
  AwaitOutcome,
  BatchFate,
  BlockExecuted,
  Execute,
  ExecutedHeight,
  Outcome,
  Place,
  Reappended,
} from './chain-messages.ts';
import { type Block, noPeaks, signedHeader } from './core/index.ts';
import { answerReaders, onAnswered, onCovered, onQuery } from './executor-reads.ts';
import type { ExecutedBatch, Executor, ExecutorFx, ExecutorMessage, ExecutorOptions } from './executor-state.ts';
import { errorCode } from './faults.ts';
import {
  checkpointEvery,
  mailboxes,
  maxAwaitedOutcomes,
  maxRememberedMoves,
  maxRememberedOutcomes,
  maxSubscribers,
} from './limits.ts';

export function executorBehavior(options: ExecutorOptions): Behavior<Executor, ExecutorMessage> {
  return {
    kind: 'executor',
    mailbox: { capacity: mailboxes.executor },
    start: () => ({
      height: options.height,
      readers: [],
      expiry: Number.POSITIVE_INFINITY,
      queue: [],
      running: undefined,
      snapshotDue: false,
      snapshotting: false,
      subscribers: new Set(),
      recent: new Map(),
      awaiting: new Map(),
      awaited: 0,
      moved: new Map(),
    }),
    receive: (state, message, effects) => receive(options, state, message, effects),
    describe: (state) => ({
      state: state.snapshotting ? 'snapshotting' : state.running === undefined ? 'idle' : 'executing',
      context: { waitingBlocks: state.queue.length, subscribers: state.subscribers.size, awaited: state.awaited },
    }),
  };
}

function receive(options: ExecutorOptions, state: Executor, message: ExecutorMessage, effects: ExecutorFx): void {
  switch (message.type) {
    case 'execute':
      state.queue.push(message);
      runNext(options, state, effects);
      break;
    case 'applied':
      onApplied(options, state, message.applied, effects);
      break;
    case 'failed': // the state on disk may be half a block behind, never half a block ahead: stop before anybody relies on it
      effects.fatal(`the application failed: ${message.reason}`);
      break;
    case 'snapshot-due':
      state.snapshotDue = true;
      break;
    case 'snapshot-now':
      if (isIdle(state) && state.height === message.block.height) makeSnapshot(options, state, message.block, effects);
      break;
    case 'snapshot-made':
      state.snapshotting = false;
      if (message.fault !== undefined)
        effects.note({ log: 'error', message: 'no snapshot was made', fields: { reason: message.fault } });
      else effects.send(options.addresses.engine, { type: 'snapshot-stands' } as Message);
      runNext(options, state, effects);
      break;
    case 'subscribe':
      onSubscribe(state, message.subscriber, effects);
      break;
    case 'unsubscribe':
    case 'subscriber-gone':
      state.subscribers.delete(message.subscriber);
      break;
    case 'await-outcome':
      onAwait(state, message, effects);
      break;
    case 'reappended':
      onReappended(state, message, effects);
      break;
    case 'tell-fate':
      effects.reply(fateOf(state, message.digest));
      break;
    case 'query':
      onQuery(options, state, message, effects);
      break;
    case 'covered-query':
      onCovered(options, message, effects);
      break;
    case 'cover-timeout':
      effects.reply({ type: 'refusal', code: errorCode('not-covered-in-time') } as Message, message.asker);
      break;
    case 'expire-readers':
      answerReaders(options, state, effects);
      break;
    case 'answered':
      onAnswered(message, effects);
      break;
  }
}

function onSubscribe({ subscribers }: Executor, subscriber: Address, effects: ExecutorFx): void {
  if (subscribers.has(subscriber)) return;
  if (subscribers.size >= maxSubscribers) {
    effects.send(subscriber, { type: 'not-subscribed' });
    return;
  }
  subscribers.add(subscriber);
  effects.watch(subscriber, { type: 'subscriber-gone', subscriber });
}

const isIdle = ({ running, queue, snapshotting }: Executor): boolean =>
  running === undefined && queue.length === 0 && !snapshotting;

function runNext({ application, archive }: ExecutorOptions, state: Executor, effects: ExecutorFx): void {
  if (state.running !== undefined || state.snapshotting) return;
  const next = state.queue.shift();
  if (next === undefined) return;
  state.running = next;
  const { block, batches } = next;
  effects.request((answer) => {
    archive.add(signedHeader(block), batches, (fault) => {
      if (fault !== undefined) {
        answer({ type: 'failed', reason: fault });
        return;
      }
      const { height, id, timeMs } = block;
      const ordered = batches.map(({ lane, seq, count, body }) => ({ lane, seq, count, bytes: body }));
      application.apply({ height, id, timeMs, batches: ordered }, (error, applied) => {
        answer(error === undefined ? { type: 'applied', applied } : { type: 'failed', reason: error.message });
      });
    });
  });
}

function onApplied(options: ExecutorOptions, state: Executor, applied: Applied, effects: ExecutorFx): void {
  const done = state.running as Execute;
  const { block, batches } = done;
  state.running = undefined;
  state.height = block.height;
  const roots = { stateRoot: applied.stateRoot, outboxRoot: applied.outboxRoot };
  const executed: ExecutedHeight = { type: 'executed', height: block.height, roots };
  effects.send(options.addresses.engine, executed);
  const digests = batches.map((batch) => batch.digest);
  applied.outcomes.forEach((outcome, i) =>
    remember(state, digests[i] as Hash, { height: block.height, timeMs: block.timeMs, outcome }, effects),
  );
  const { height, id, timeMs } = block;
  const notice: BlockExecuted = { type: 'block-executed', height, id, timeMs, outcomes: applied.outcomes, digests };
  for (const subscriber of state.subscribers) effects.send(subscriber, notice);
  answerReaders(options, state, effects);
  if (state.snapshotDue && height % checkpointEvery === 0) makeSnapshot(options, state, block, effects);
  else runNext(options, state, effects);
}

/** Where validators sign checkpoints (§9), so that this one can be certified; the next block waits for it. */
function makeSnapshot(
  { application, archive, snapshots }: ExecutorOptions,
  state: Executor,
  block: Block,
  effects: ExecutorFx,
): void {
  state.snapshotDue = false;
  state.snapshotting = true;
  effects.request((answer) => {
    const head = { signed: signedHeader(block), past: block.past ?? noPeaks };
    snapshots.make(application, head, archive.mark().position, (fault) => answer({ type: 'snapshot-made', fault }));
  });
}

function remember(state: Executor, digest: Hash, batch: ExecutedBatch, effects: ExecutorFx): void {
  state.recent.set(digest, batch);
  if (state.recent.size > maxRememberedOutcomes) state.recent.delete(state.recent.keys().next().value as Hash);
  for (const { place, asker } of state.awaiting.get(digest) ?? []) {
    state.awaited -= 1;
    effects.reply(outcomeAt(batch, place), asker);
  }
  state.awaiting.delete(digest);
}

function outcomeAt({ height, outcome }: ExecutedBatch, place: Place): Outcome {
  const code = outcome.exceptions.find(({ index }) => index === place.offset)?.code ?? 0;
  return { type: 'outcome', height, index: outcome.firstIndex + place.offset, code };
}

function onAwait(state: Executor, { place }: AwaitOutcome, effects: ExecutorFx): void {
  const digest = whereNow(state, place.digest);
  const batch = state.recent.get(digest);
  if (batch !== undefined) {
    effects.reply(outcomeAt(batch, place));
    return;
  }
  if (state.awaited >= maxAwaitedOutcomes) {
    effects.reply({ type: 'refusal', code: errorCode('too-many-waiting') } as Message);
    return;
  }
  state.awaited += 1;
  state.awaiting.set(digest, [...(state.awaiting.get(digest) ?? []), { place, asker: effects.asker }]);
}

/** L4: who waits for lost content waits for its new batch; subscribers hear of the move before that batch is executed. */
function onReappended(state: Executor, message: Reappended, effects: ExecutorFx): void {
  const { lost, place } = message;
  state.moved.set(lost, place.digest);
  if (state.moved.size > maxRememberedMoves) state.moved.delete(state.moved.keys().next().value as Hash);
  const waiting = state.awaiting.get(lost);
  state.awaiting.delete(lost);
  if (waiting !== undefined) {
    state.awaiting.set(place.digest, [...(state.awaiting.get(place.digest) ?? []), ...waiting]);
  }
  for (const subscriber of state.subscribers) effects.send(subscriber, message);
}

function whereNow(state: Executor, digest: Hash): Hash {
  let at = digest;
  for (let next = state.moved.get(at); next !== undefined; next = state.moved.get(at)) at = next;
  return at;
}

function fateOf(state: Executor, asked: Hash): BatchFate {
  const digest = whereNow(state, asked);
  const executed = state.recent.get(digest);
  if (executed !== undefined) return { type: 'batch-fate', digest, fate: 'executed', ...executed };
  const coming = [state.running, ...state.queue].some((each) => each?.batches.some((batch) => batch.digest === digest));
  return { type: 'batch-fate', digest, fate: coming ? 'coming' : 'unknown' };
}
