// The actor that executes committed blocks, one after the other, and answers reads. Execution follows commit and never
// holds it up; the application slices its own work.

import type { Address, Asker, Behavior, Effects, Message } from '../actors/index.ts';
import type { Hash } from '../lib/hash.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import type { Application, Applied, BatchOutcome, QueryAnswer } from './application.ts';
import type { Archive } from './archive.ts';
import type {
  AwaitOutcome,
  BatchFate,
  BlockExecuted,
  ChainAddresses,
  Covered,
  Execute,
  ExecutedHeight,
  Outcome,
  Place,
  Queried,
  Query,
  Reappended,
  Subscribe,
  TellFate,
  Unsubscribe,
} from './chain-messages.ts';
import { signedHeader } from './core/index.ts';
import { errorCode } from './faults.ts';
import {
  maxAwaitedOutcomes,
  maxRememberedMoves,
  maxRememberedOutcomes,
  maxSubscribers,
  maxWaitingReaders,
} from './limits.ts';

export interface ExecutorOptions {
  readonly application: Application;
  readonly archive: Archive;
  readonly addresses: ChainAddresses;
  /** of the last block that the application had applied when it opened */
  readonly height: number;
}

type In =
  | Execute
  | Query
  | AwaitOutcome
  | TellFate
  | Reappended
  | Subscribe
  | Unsubscribe
  | { readonly type: 'applied'; readonly applied: Applied }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'subscriber-gone'; readonly subscriber: Address }
  | {
      readonly type: 'covered-query';
      readonly query: Query;
      readonly asker: Asker | undefined;
      readonly reply: Message;
    }
  | { readonly type: 'cover-timeout'; readonly asker: Asker | undefined }
  | { readonly type: 'expire-readers' }
  | {
      readonly type: 'answered';
      readonly asker: Asker | undefined;
      readonly answer: QueryAnswer | string;
      readonly cover: Covered | undefined;
    };

interface ExecutedBatch {
  readonly height: number;
  readonly timeMs: number;
  readonly outcome: BatchOutcome;
}

/** A read without a proof that waits for its height. */
interface Reader {
  readonly query: Query;
  readonly asker: Asker | undefined;
  readonly until: number;
}

interface Executor {
  /** of the last block executed */
  height: number;
  readers: Reader[];
  /** when the first of them gives up */
  expiry: number;
  readonly queue: Execute[];
  running: Execute | undefined;
  readonly subscribers: Set<Address>;
  /** outcomes of the newest batches, by digest: a question may come after the answer */
  readonly recent: Map<Hash, ExecutedBatch>;
  readonly awaiting: Map<Hash, { readonly place: Place; readonly asker: Asker | undefined }[]>;
  awaited: number;
  /** L4: where lost content stands now */
  readonly moved: Map<Hash, Hash>;
}

export function executorBehavior(options: ExecutorOptions): Behavior<Executor, In> {
  return {
    kind: 'executor',
    mailbox: { capacity: 4096 },
    start: () => ({
      height: options.height,
      readers: [],
      expiry: Number.POSITIVE_INFINITY,
      queue: [],
      running: undefined,
      subscribers: new Set(),
      recent: new Map(),
      awaiting: new Map(),
      awaited: 0,
      moved: new Map(),
    }),
    receive: (state, message, effects) => receive(options, state, message, effects),
    describe: (state) => ({
      state: state.running === undefined ? 'idle' : 'executing',
      context: { waitingBlocks: state.queue.length, subscribers: state.subscribers.size, awaited: state.awaited },
    }),
  };
}

function receive(options: ExecutorOptions, state: Executor, message: In, effects: Effects<In>): void {
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

function onSubscribe({ subscribers }: Executor, subscriber: Address, effects: Effects<In>): void {
  if (subscribers.has(subscriber)) return;
  if (subscribers.size >= maxSubscribers) {
    effects.send(subscriber, { type: 'not-subscribed' });
    return;
  }
  subscribers.add(subscriber);
  effects.watch(subscriber, { type: 'subscriber-gone', subscriber });
}

function runNext({ application, archive }: ExecutorOptions, state: Executor, effects: Effects<In>): void {
  if (state.running !== undefined) return;
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

function onApplied(options: ExecutorOptions, state: Executor, applied: Applied, effects: Effects<In>): void {
  const { block, batches } = state.running as Execute;
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
  runNext(options, state, effects);
}

function remember(state: Executor, digest: Hash, batch: ExecutedBatch, effects: Effects<In>): void {
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

function onAwait(state: Executor, { place }: AwaitOutcome, effects: Effects<In>): void {
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
function onReappended(state: Executor, message: Reappended, effects: Effects<In>): void {
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

/** A read with a proof waits for a header that covers it; one without is answered from the newest state, at `minHeight` or above. */
function onQuery(options: ExecutorOptions, state: Executor, query: Query, effects: Effects<In>): void {
  const { asker } = effects;
  const { request, minHeight, timeoutMs } = query;
  if (!request.prove) {
    if (minHeight <= state.height) ask(options, { ...request }, undefined, asker, effects);
    else waitForHeight(state, query, effects);
    return;
  }
  effects.ask(options.addresses.engine, { type: 'cover', minHeight, withinMs: timeoutMs } as Message, {
    deadlineMs: milliseconds(timeoutMs) as Ms,
    onReply: (reply) => ({ type: 'covered-query', query, asker, reply }),
    onTimeout: () => ({ type: 'cover-timeout', asker }),
  });
}

function waitForHeight(state: Executor, query: Query, effects: Effects<In>): void {
  if (state.readers.length >= maxWaitingReaders) {
    effects.reply({ type: 'refusal', code: errorCode('too-many-waiting') } as Message);
    return;
  }
  const until = effects.now + query.timeoutMs;
  state.readers.push({ query, asker: effects.asker, until });
  if (until < state.expiry) expireAt(state, until, effects);
}

function expireAt(state: Executor, until: number, effects: Effects<In>): void {
  state.expiry = until;
  if (until === Number.POSITIVE_INFINITY) effects.cancel('expire-readers');
  else effects.schedule('expire-readers', milliseconds(Math.max(0, until - effects.now)), { type: 'expire-readers' });
}

/** Answers whose height is executed, refuses whose time is over, and sets the timer for the next of those. */
function answerReaders(options: ExecutorOptions, state: Executor, effects: Effects<In>): void {
  if (state.readers.length === 0) return;
  const waiting: Reader[] = [];
  for (const reader of state.readers) {
    const { query, asker, until } = reader;
    if (query.minHeight <= state.height) ask(options, { ...query.request }, undefined, asker, effects);
    else if (until <= effects.now)
      effects.reply({ type: 'refusal', code: errorCode('not-covered-in-time') } as Message, asker);
    else waiting.push(reader);
  }
  state.readers = waiting;
  expireAt(
    state,
    waiting.reduce((least, { until }) => Math.min(least, until), Number.POSITIVE_INFINITY),
    effects,
  );
}

function onCovered(
  options: ExecutorOptions,
  { query, asker, reply }: Extract<In, { type: 'covered-query' }>,
  effects: Effects<In>,
): void {
  if (reply.type !== 'covered') {
    effects.reply(reply, asker);
    return;
  }
  const cover = reply as Covered;
  ask(options, { ...query.request, atHeight: cover.execHeight }, cover, asker, effects);
}

function ask(
  { application }: ExecutorOptions,
  request: Query['request'],
  cover: Covered | undefined,
  asker: Asker | undefined,
  effects: Effects<In>,
): void {
  effects.request((answer) => {
    application.query(request, (error, value) =>
      answer({ type: 'answered', asker, answer: error === undefined ? value : error.message, cover }),
    );
  });
}

function onAnswered({ asker, answer, cover }: Extract<In, { type: 'answered' }>, effects: Effects<In>): void {
  if (typeof answer === 'string') {
    effects.note({ log: 'error', message: 'a query failed', fields: { reason: answer } });
    effects.reply({ type: 'refusal', code: errorCode('query-failed') } as Message, asker);
    return;
  }
  const queried: Queried = {
    type: 'queried',
    height: answer.height,
    value: answer.value,
    proof: answer.proof,
    code: answer.code,
    cover,
  };
  effects.reply(queried, asker);
}
