// Reads of the ledger at its newest height, at one that is still to be executed, or with a proof under a committed header.

import type { Asker, Message } from '../actors/index.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import type { Covered, Queried, Query } from './chain-messages.ts';
import type { Executor, ExecutorFx, ExecutorMessage, ExecutorOptions, WaitingRead } from './executor-state.ts';
import { errorCode } from './faults.ts';
import { maxWaitingReaders } from './limits.ts';

/** A read with a proof waits for a header that covers it; one without is answered from the newest state, at `minHeight` or above. */
export function onQuery(options: ExecutorOptions, state: Executor, query: Query, effects: ExecutorFx): void {
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

function waitForHeight(state: Executor, query: Query, effects: ExecutorFx): void {
  if (state.readers.length >= maxWaitingReaders) {
    effects.reply({ type: 'refusal', code: errorCode('too-many-waiting') } as Message);
    return;
  }
  const until = effects.now + query.timeoutMs;
  state.readers.push({ query, asker: effects.asker, until });
  if (until < state.expiry) expireAt(state, until, effects);
}

function expireAt(state: Executor, until: number, effects: ExecutorFx): void {
  state.expiry = until;
  if (until === Number.POSITIVE_INFINITY) effects.cancel('expire-readers');
  else effects.schedule('expire-readers', milliseconds(Math.max(0, until - effects.now)), { type: 'expire-readers' });
}

/** Answers whose height is executed, refuses whose time is over, and sets the timer for the next of those. */
export function answerReaders(options: ExecutorOptions, state: Executor, effects: ExecutorFx): void {
  if (state.readers.length === 0) return;
  const waiting: WaitingRead[] = [];
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

export function onCovered(
  options: ExecutorOptions,
  { query, asker, reply }: Extract<ExecutorMessage, { type: 'covered-query' }>,
  effects: ExecutorFx,
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
  effects: ExecutorFx,
): void {
  effects.request((answer) => {
    application.query(request, (error, value) =>
      answer({ type: 'answered', asker, answer: error === undefined ? value : error.message, cover }),
    );
  });
}

export function onAnswered(
  { asker, answer, cover }: Extract<ExecutorMessage, { type: 'answered' }>,
  effects: ExecutorFx,
): void {
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
