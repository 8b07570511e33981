// The actor at a follower's door, in the place of admission: it passes what clients submit on to one validator, and answers
// what that validator's own admission says. Preferred is the one that last took something; a frame whose validator is
// lost, or takes nothing now, goes to the next one with the same bytes. So a frame may reach two of them: a ledger executes a
// command once, a blob may be ordered twice.

import type { Asker, Behavior, Effects, Message } from '../actors/index.ts';
import { milliseconds } from '../lib/units.ts';
import type { ChainAddresses, Refusal, Submit, Submitted } from './chain-messages.ts';
import type { Forwarded } from './core/index.ts';
import { errorCode } from './faults.ts';
import {
  mailboxes,
  maxBatchBytes,
  maxForwardedBytes,
  maxForwardedEntries,
  maxForwards,
  submitWithin,
} from './limits.ts';
import type { Forward } from './wire.ts';

export interface ForwardingOptions {
  /** the chain's name in its network, for metrics */
  readonly name: string;
  readonly addresses: ChainAddresses;
}

type In =
  | Submit
  | { readonly type: 'link-up' | 'link-down'; readonly peer: number }
  | (Forwarded & { readonly from: number })
  | { readonly type: 'expire' };

interface Waiting {
  readonly forward: Forward;
  readonly asker: Asker | undefined;
  readonly until: number;
  /** the validator that has it now */
  to: number;
  /** those that took nothing at this moment */
  readonly unwilling: Set<number>;
}

interface State {
  readonly linked: Set<number>;
  preferred: number | undefined;
  lastNumber: number;
  /** by number, so the oldest is the first */
  readonly waiting: Map<number, Waiting>;
  bytes: number;
}

type Fx = Effects<In>;

export function forwardingBehavior(options: ForwardingOptions): Behavior<State, In> {
  return {
    kind: 'forwarding',
    mailbox: { capacity: mailboxes.forwarding },
    start: () => ({ linked: new Set(), preferred: undefined, lastNumber: 0, waiting: new Map(), bytes: 0 }),
    receive: (state, message, effects) => receive(options, state, message, effects),
    describe: ({ linked, preferred, waiting, bytes }) => ({
      state: linked.size > 0 ? 'open' : 'no-validator',
      context: { validators: linked.size, preferred: preferred ?? null, waiting: waiting.size, waitingBytes: bytes },
    }),
  };
}

function receive(options: ForwardingOptions, state: State, message: In, effects: Fx): void {
  switch (message.type) {
    case 'submit':
      onSubmit(options, state, message, effects);
      break;
    case 'forwarded':
      onForwarded(options, state, message, effects);
      break;
    case 'link-up':
      state.linked.add(message.peer);
      break;
    case 'link-down':
      state.linked.delete(message.peer);
      for (const each of [...state.waiting.values()])
        if (each.to === message.peer) passOn(options, state, each, errorCode('no-validator'), effects);
      break;
    case 'expire':
      expire(options, state, effects);
      break;
  }
}

function onSubmit(options: ForwardingOptions, state: State, { count, entries }: Submit, effects: Fx): void {
  const refuse = (code: number): void => {
    effects.reply(allRefused(count, code));
    tally(options, 'refused', effects);
  };
  if (count < 1 || count > maxForwardedEntries || entries.length > maxBatchBytes)
    return refuse(errorCode('malformed-entries'));
  if (state.waiting.size >= maxForwards || state.bytes + entries.length > maxForwardedBytes)
    return refuse(errorCode('overloaded'));
  state.lastNumber += 1;
  const waiting: Waiting = {
    forward: { number: state.lastNumber, count, entries },
    ...{ asker: effects.asker, until: effects.now + submitWithin, to: -1, unwilling: new Set() },
  };
  state.waiting.set(state.lastNumber, waiting);
  state.bytes += entries.length;
  if (state.waiting.size === 1) awaitExpiry(state, effects);
  passOn(options, state, waiting, errorCode('no-validator'), effects);
}

/** To the next validator that may take it. @param otherwise the answer where there is none */
function passOn(options: ForwardingOptions, state: State, waiting: Waiting, otherwise: number, effects: Fx): void {
  const { linked, preferred } = state;
  const candidates = preferred === undefined ? [...linked] : [preferred, ...linked];
  const to = candidates.find((peer) => linked.has(peer) && !waiting.unwilling.has(peer));
  if (to === undefined) return settle(options, state, waiting, allRefused(waiting.forward.count, otherwise), effects);
  waiting.to = to;
  effects.send(options.addresses.engine, { type: 'forward', to, forward: waiting.forward } as Message);
}

function onForwarded(
  options: ForwardingOptions,
  state: State,
  { number, from, code, refused, place }: Forwarded & { readonly from: number },
  effects: Fx,
): void {
  const waiting = state.waiting.get(number);
  if (waiting === undefined || waiting.to !== from) return; // answered, or with another validator by now
  const { count } = waiting.forward;
  const common = code ?? (refused.length === count ? commonCode(refused) : undefined);
  if (common !== undefined && sayOfTheValidator.has(common)) {
    waiting.unwilling.add(from);
    tally(options, 'passed-on', effects);
    return passOn(options, state, waiting, common, effects);
  }
  if (code !== null) return settle(options, state, waiting, { type: 'refusal', code } satisfies Refusal, effects);
  if (place?.lane === from) state.preferred = from;
  const ownPlace = place?.lane === from || (place === null && refused.length === count);
  const fits = ownPlace && refused.every(({ index }) => index < count);
  // what no honest validator answers says nothing of the commands
  const answer: Submitted | Refusal = fits
    ? { type: 'submitted', refused, place: place ?? undefined }
    : { type: 'refusal', code: errorCode('deadline-passed') };
  settle(options, state, waiting, answer, effects);
}

const commonCode = (refused: Submitted['refused']): number | undefined =>
  refused.every(({ code }) => code === refused[0]?.code) ? refused[0]?.code : undefined;

/** What a validator says of itself and not of the commands: another one may take them. */
const sayOfTheValidator: ReadonlySet<number> = new Set(
  (['not-ready', 'overloaded', 'low-disk', 'fenced', 'chain-stopped', 'no-validator'] as const).map(errorCode),
);

function settle(
  options: ForwardingOptions,
  state: State,
  { forward, asker }: Waiting,
  answer: Submitted | Refusal,
  effects: Fx,
): void {
  state.waiting.delete(forward.number);
  state.bytes -= forward.entries.length;
  effects.reply(answer, asker);
  tally(options, answer.type === 'submitted' && answer.place !== undefined ? 'accepted' : 'refused', effects);
}

const allRefused = (count: number, code: number): Submitted => ({
  type: 'submitted',
  refused: Array.from({ length: count }, (_, index) => ({ index, code })),
  place: undefined,
});

/** No command lives longer; whoever asked has given up. One timer, set to the oldest that waits when it is set. */
function expire(options: ForwardingOptions, state: State, effects: Fx): void {
  for (const each of [...state.waiting.values()]) {
    if (each.until > effects.now) break;
    settle(options, state, each, { type: 'refusal', code: errorCode('deadline-passed') }, effects);
  }
  awaitExpiry(state, effects);
}

function awaitExpiry({ waiting }: State, effects: Fx): void {
  const oldest = waiting.values().next().value as Waiting | undefined;
  if (oldest !== undefined)
    effects.schedule('expire', milliseconds(Math.max(1, oldest.until - effects.now)), { type: 'expire' });
}

function tally({ name }: ForwardingOptions, outcome: string, effects: Fx): void {
  effects.note({ count: 'psky_consensus_forwards_total', labels: { chain: name, outcome } });
}
