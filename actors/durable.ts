// Durable actors: every turn leaves a record of the state, the messages not yet acknowledged and the last message id of
// each sender. Recovery loads the record and sends the messages again; receivers drop what they already had. So a message
// between durable actors takes effect exactly once, whatever crashes.
//
// A message leaves its sender when the record that holds it is durable, and is acknowledged when the receiver's record
// that covers it is: an id never names two different messages.

import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Behavior, Description, Effects, MailboxPolicy, Message } from './actor.ts';
import type { Address } from './address.ts';
import { durableOutbox, durableResendMs, durableSenders } from './limits.ts';
import { decodeTurnRecord, encodeTurnRecord, type Posted, type TurnRecord, turnRecordKind } from './turn-record.ts';
import type { TurnRecords } from './turn-records.ts';

/** How anyone reaches a durable actor with a message that must take effect exactly once. */
export interface DurableMessage extends Message {
  readonly type: 'durable-message';
  /** who gets the acknowledgement */
  readonly from: Address;
  /** 1, 2, 3 … for each pair of sender and receiver; a message out of sequence is ignored, and so must be sent again */
  readonly id: number;
  readonly payload: Bytes;
}

/** All messages up to `id` have taken effect, durably. */
export interface DurableAck extends Message {
  readonly type: 'durable-ack';
  readonly from: Address;
  readonly id: number;
}

interface Synced extends Message {
  readonly type: 'durable-synced';
  readonly version: number;
  readonly received: readonly (readonly [Address, number])[];
}

interface Resend extends Message {
  readonly type: 'durable-resend';
}

type Inner = DurableMessage | DurableAck | Synced | Resend;

/** Sends a payload to a durable actor, exactly once: it is part of the turn's record. */
export type Post = (to: Address, payload: Bytes) => void;

export interface DurableOptions<State, In extends Message> {
  readonly kind: string;
  readonly mailbox: MailboxPolicy;
  /** the newest record of each durable actor of the shard, filled from the journal before the actor starts */
  readonly records: TurnRecords;
  readonly initial: (self: Address) => State;
  readonly encodeState: (state: State) => Bytes;
  readonly decodeState: (bytes: Bytes) => State;
  /** @returns undefined for a payload that makes no sense: it is acknowledged, counted and otherwise ignored */
  readonly readMessage: (payload: Bytes, from: Address) => In | undefined;
  /** Takes a posted message, or a plain one (a timer, an answer), which is not protected against loss. Each turn is recorded. */
  readonly receive: (state: State, message: In, effects: Effects<In>, post: Post) => void;
  /** the actor starts or comes back: its timers and requests are to be made again */
  readonly resume?: (state: State, effects: Effects<In>) => void;
  readonly describe?: (state: State) => Description;
}

interface Posting extends Posted {
  /** the turn whose record holds it */
  readonly version: number;
}

export interface DurableState<State> {
  readonly self: Address;
  inner: State;
  version: number;
  syncedVersion: number;
  readonly outbox: Posting[];
  /** by receiver, the id of the newest message to it */
  readonly sentIds: Map<Address, number>;
  /** by sender, the id of the newest message that took effect */
  readonly receivedIds: Map<Address, number>;
  /** the same, as far as it is durable */
  readonly acknowledgedIds: Map<Address, number>;
  resendScheduled: boolean;
}

export function durableBehavior<State, In extends Message>(
  options: DurableOptions<State, In>,
): Behavior<DurableState<State>, In | Inner> {
  return {
    kind: options.kind,
    mailbox: options.mailbox,
    start(self, effects) {
      const state = restore(options, self);
      // recorded again, so that what a former life had not yet seen synced is known to be
      record(options, state, effects, [...state.receivedIds]);
      options.resume?.(state.inner, effects as Effects<In>);
      return state;
    },
    receive(state, message, effects) {
      switch (message.type) {
        case 'durable-message':
          receivePosted(options, state, message as DurableMessage, effects);
          return;
        case 'durable-ack':
          dropAcknowledged(state, message as DurableAck, effects);
          return;
        case 'durable-synced':
          afterSync(state, message as Synced, effects);
          return;
        case 'durable-resend':
          resend(state, effects);
          return;
        default:
          takeTurn(options, state, message as In, effects);
          record(options, state, effects, []);
      }
    },
    describe: (state) => {
      const { state: name, context } = options.describe?.(state.inner) ?? {};
      const own = { version: state.version, syncedVersion: state.syncedVersion, outbox: state.outbox.length };
      return { ...(name === undefined ? {} : { state: name }), context: { ...context, ...own } };
    },
  };
}

function restore<State, In extends Message>(options: DurableOptions<State, In>, self: Address): DurableState<State> {
  const bytes = options.records.newest(self);
  const record = bytes === undefined ? undefined : decodeTurnRecord(bytes);
  const version = record?.version ?? 0;
  return {
    self,
    inner: record === undefined ? options.initial(self) : options.decodeState(record.state),
    version,
    syncedVersion: 0,
    outbox: (record?.outbox ?? []).map((posted) => ({ ...posted, version: version + 1 })),
    sentIds: new Map(record?.sentIds),
    receivedIds: new Map(record?.receivedIds),
    acknowledgedIds: new Map(),
    resendScheduled: false,
  };
}

function receivePosted<State, In extends Message>(
  options: DurableOptions<State, In>,
  state: DurableState<State>,
  { from, id, payload }: DurableMessage,
  effects: Effects<In | Inner>,
): void {
  const newest = state.receivedIds.get(from) ?? 0;
  if (id <= newest) {
    acknowledge(state, from, effects);
    return;
  }
  const fault = faultOf(state, from, id, newest);
  if (fault !== undefined) {
    effects.note({ count: 'psky_actor_durable_ignored_total', labels: { kind: options.kind, reason: fault } });
    return;
  }
  state.receivedIds.set(from, id);
  const message = options.readMessage(payload, from);
  if (message !== undefined) takeTurn(options, state, message, effects);
  else
    effects.note({ count: 'psky_actor_durable_ignored_total', labels: { kind: options.kind, reason: 'unreadable' } });
  record(options, state, effects, [[from, id]]);
}

/** Why a message cannot be taken now; its sender sends it again. */
function faultOf(state: DurableState<unknown>, from: Address, id: number, newest: number): string | undefined {
  if (id !== newest + 1) return 'out-of-sequence';
  if (state.outbox.length >= durableOutbox) return 'outbox-full';
  if (newest === 0 && state.receivedIds.size >= durableSenders) return 'too-many-senders';
  return undefined;
}

function takeTurn<State, In extends Message>(
  options: DurableOptions<State, In>,
  state: DurableState<State>,
  message: In,
  effects: Effects<In | Inner>,
): void {
  const post: Post = (to, payload) => {
    const id = (state.sentIds.get(to) ?? 0) + 1;
    state.sentIds.set(to, id);
    state.outbox.push({ to, id, payload, version: state.version + 1 });
  };
  options.receive(state.inner, message, effects as unknown as Effects<In>, post);
}

function record<State, In extends Message>(
  options: DurableOptions<State, In>,
  state: DurableState<State>,
  effects: Effects<In | Inner>,
  received: readonly (readonly [Address, number])[],
): void {
  state.version++;
  const turnRecord: TurnRecord = {
    address: state.self,
    version: state.version,
    state: options.encodeState(state.inner),
    outbox: state.outbox,
    sentIds: [...state.sentIds],
    receivedIds: [...state.receivedIds],
  };
  const bytes = encodeTurnRecord(turnRecord);
  const durable: Synced = { type: 'durable-synced', version: state.version, received };
  effects.persist(turnRecordKind, [bytes], { durable });
  options.records.keep(state.self, state.version, bytes);
}

function afterSync(state: DurableState<unknown>, { version, received }: Synced, effects: Effects<Inner>): void {
  assert(version > state.syncedVersion, 'turns become durable in order');
  const before = state.syncedVersion;
  state.syncedVersion = version;
  for (const [from, id] of received) {
    state.acknowledgedIds.set(from, id);
    acknowledge(state, from, effects);
  }
  for (const posted of state.outbox) {
    if (posted.version > before && posted.version <= version) sendPosted(state, posted, effects);
  }
  if (state.outbox.length > 0) scheduleResend(state, effects);
}

function acknowledge(state: DurableState<unknown>, to: Address, effects: Effects<Inner>): void {
  const id = state.acknowledgedIds.get(to);
  if (id === undefined) return;
  const ack: DurableAck = { type: 'durable-ack', from: state.self, id };
  effects.send(to, ack);
}

/** Not recorded: after a crash an acknowledged message is sent once more, and acknowledged again. */
function dropAcknowledged(state: DurableState<unknown>, { from, id }: DurableAck, effects: Effects<Inner>): void {
  const left = state.outbox.filter((posted) => posted.to !== from || posted.id > id);
  state.outbox.splice(0, state.outbox.length, ...left);
  if (left.length === 0 && state.resendScheduled) {
    effects.cancel('durable-resend');
    state.resendScheduled = false;
  }
}

function resend(state: DurableState<unknown>, effects: Effects<Inner>): void {
  state.resendScheduled = false;
  for (const posted of state.outbox) {
    if (posted.version <= state.syncedVersion) sendPosted(state, posted, effects);
  }
  if (state.outbox.length > 0) scheduleResend(state, effects);
}

function sendPosted(state: DurableState<unknown>, { to, id, payload }: Posted, effects: Effects<Inner>): void {
  const message: DurableMessage = { type: 'durable-message', from: state.self, id, payload };
  effects.send(to, message);
}

function scheduleResend(state: DurableState<unknown>, effects: Effects<Inner>): void {
  if (state.resendScheduled) return;
  state.resendScheduled = true;
  effects.schedule('durable-resend', durableResendMs, { type: 'durable-resend' });
}
