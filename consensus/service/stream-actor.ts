// One client's stream as an actor: it hands frames to admission, answers each when its entries are durable, and tells of
// their commit, block by block. Nothing here is per entry but the exceptions. What it emits passes the gate in order, so
// a notice never overtakes its answer. Where it cannot know what becomes of an entry it ends the stream instead of
// saying something final: the client opens another, and asks with Watch.

import type { Behavior, Effects, Message } from '../../actors/index.ts';
import type { Hash } from '../../lib/hash.ts';
import { encodeNodeFrame, type NodeFrame, type Submit as SubmitFrame, type Watch } from '../../net/gateway/protocol.ts';
import type { GatewayFault, StreamSession } from '../../net/index.ts';
import type {
  BatchFate,
  BlockExecuted,
  ChainStatus,
  NotSubscribed,
  Reappended,
  Refusal,
  Submit,
  Submitted,
} from '../chain-messages.ts';
import { errorCode } from '../faults.ts';
import {
  answerWithin,
  maxBatchEntries,
  maxOpenFrames,
  maxPieceWeight,
  maxRememberedOutcomes,
  streamMailbox,
  submitWithin,
} from '../limits.ts';
import { type PastBatch, pastBatch } from './past-batches.ts';
import type { ServedChain, ServiceOptions } from './served-chain.ts';
import { acceptedRanges, Notices, Pieces } from './stream-pieces.ts';

/** A Submit of the client, with the bytes of credit to give back. */
interface Frame {
  readonly submit: SubmitFrame;
  readonly bytes: number;
}

export type StreamMessage =
  | ({ readonly type: 'frame' } & Frame)
  | { readonly type: 'watch'; readonly watch: Watch }
  | { readonly type: 'answered'; readonly frame: Frame; readonly reply: Message | undefined }
  | { readonly type: 'status-known'; readonly reply: Message | undefined }
  | { readonly type: 'fate-known'; readonly digest: Hash; readonly reply: Message | undefined }
  | { readonly type: 'past-known'; readonly digest: Hash; readonly batch: PastBatch }
  | { readonly type: 'executor-gone' }
  | NotSubscribed
  | BlockExecuted
  | Reappended;

export interface StreamOptions {
  readonly service: ServiceOptions;
  readonly chain: ServedChain;
  readonly session: StreamSession;
}

interface Stream {
  /** what the client hears at the end */
  ending: string;
  /** frames that admission holds */
  asked: number;
  readonly pieces: Pieces;
  /** batches executed while admission holds frames: one may be executed before its acceptance is told */
  readonly early: Map<Hash, Executed>;
}

type Executed = Extract<PastBatch, { readonly fate: 'executed' }>;
type Fx = Effects<StreamMessage>;

export function streamBehavior(options: StreamOptions): Behavior<Stream, StreamMessage> {
  return {
    kind: 'stream',
    mailbox: { capacity: streamMailbox },
    start(self, effects) {
      const { executor } = options.chain.addresses;
      // before anything is submitted: no block of this client's is missed
      effects.send(executor, { type: 'subscribe', subscriber: self } as Message);
      effects.watch(executor, { type: 'executor-gone' });
      askHeight(options, effects);
      return { ending: 'the stream ended', asked: 0, pieces: new Pieces(), early: new Map() };
    },
    receive: (state, message, effects) => receive(options, state, message, effects),
    describe: ({ asked, pieces }) => ({
      state: asked > 0 ? 'submitting' : pieces.weight > 0 ? 'waiting' : 'idle',
      context: { client: options.session.id, asked, weight: pieces.weight },
    }),
    discard: ({ ending }) => options.session.close(ending),
  };
}

function receive(options: StreamOptions, state: Stream, message: StreamMessage, effects: Fx): void {
  switch (message.type) {
    case 'frame':
      onFrame(options, state, message, effects);
      break;
    case 'answered':
      onAnswered(options, state, message.frame, message.reply, effects);
      break;
    case 'block-executed':
      onBlock(options, state, message, effects);
      break;
    case 'reappended':
      state.pieces.move(message.lost, message.place.digest);
      break;
    case 'watch':
      onWatch(options, state, message.watch, effects);
      break;
    case 'fate-known':
      onFate(options, state, message.digest, message.reply, effects);
      break;
    case 'past-known':
      onPast(options, state, message.digest, message.batch, effects);
      break;
    case 'status-known':
      onStatus(options, message.reply, effects);
      break;
    case 'executor-gone': // a chain restarts as a whole: nobody would tell of blocks any more
      end(state, 'the chain stopped on this node', effects);
      break;
    case 'not-subscribed':
      end(state, 'too many clients follow this chain on this node', effects);
      break;
  }
}

function end(state: Stream, reason: string, effects: Fx): void {
  state.ending = reason;
  effects.stop(effects.self);
}

function emit({ session }: StreamOptions, frame: NodeFrame, effects: Fx): void {
  effects.emit(session, [encodeNodeFrame(frame)]);
}

function fail({ session }: StreamOptions, fault: GatewayFault, frame: number, effects: Fx): void {
  effects.request(() => session.fail(fault, frame));
}

// — opening —

function askHeight({ chain }: StreamOptions, effects: Fx): void {
  effects.ask(
    chain.addresses.engine,
    { type: 'status' },
    {
      deadlineMs: answerWithin,
      onReply: (reply) => ({ type: 'status-known', reply }),
      onTimeout: () => ({ type: 'status-known', reply: undefined }),
    },
  );
}

function onStatus({ chain, session }: StreamOptions, reply: Message | undefined, effects: Fx): void {
  effects.request(() => {
    if (reply?.type === 'status') session.opened(chain.chain, (reply as ChainStatus).height);
    else session.fail({ name: 'node-not-ready' });
  });
}

// — submitting —

function onFrame(options: StreamOptions, state: Stream, { submit, bytes }: Frame, effects: Fx): void {
  if (state.asked >= maxOpenFrames || state.pieces.weight > maxPieceWeight) {
    effects.request(() => options.session.consumed(bytes));
    emit(options, allRefused(submit, errorCode('overloaded')), effects);
    return;
  }
  state.asked += 1;
  const { count, entries } = submit;
  const frame: Frame = { submit, bytes };
  const question: Submit = { type: 'submit', count, entries };
  effects.ask(options.chain.addresses.admission, question, {
    deadlineMs: submitWithin,
    onReply: (reply) => ({ type: 'answered', frame, reply }),
    onTimeout: () => ({ type: 'answered', frame, reply: undefined }),
  });
}

function allRefused({ frame, count }: SubmitFrame, code: number): NodeFrame {
  const codes = Array.from({ length: count }, (_, index) => [index, code]).flat();
  return { type: 'answer', frame, accepted: [], refused: codes, place: null };
}

function onAnswered(
  options: StreamOptions,
  state: Stream,
  frame: Frame,
  reply: Message | undefined,
  effects: Fx,
): void {
  if (reply === undefined) {
    // neither accepted nor refused: its entries may still be ordered, so no answer would be true
    end(state, 'admission does not answer', effects);
    return;
  }
  state.asked -= 1;
  effects.request(() => options.session.consumed(frame.bytes));
  if (reply.type === 'submitted') answer(options, state, frame.submit, reply as Submitted, effects);
  else emit(options, allRefused(frame.submit, (reply as Refusal).code), effects);
  if (state.asked === 0) state.early.clear();
}

function answer(options: StreamOptions, state: Stream, submit: SubmitFrame, told: Submitted, effects: Fx): void {
  const { refused, place } = told;
  const accepted = place === undefined ? [] : acceptedRanges(submit.count, refused);
  const codes = refused.flatMap(({ index, code }) => [index, code]);
  emit(options, { type: 'answer', frame: submit.frame, accepted, refused: codes, place: place ?? null }, effects);
  if (place === undefined) return;
  state.pieces.add(place.digest, { frame: submit.frame, offset: place.offset, accepted });
  const early = state.early.get(place.digest);
  if (early !== undefined) settle(options, state, place.digest, early, effects);
}

// — becoming final —

function onBlock(options: StreamOptions, state: Stream, block: BlockExecuted, effects: Fx): void {
  const { height, timeMs, digests, outcomes } = block;
  const notices = new Notices(height, timeMs);
  for (let i = 0; i < digests.length; i++) {
    const digest = digests[i] as Hash;
    const exceptions = outcomes[i]?.exceptions ?? [];
    for (const piece of state.pieces.take(digest)) notices.add(piece, exceptions);
    if (state.asked > 0) remember(state, digest, { fate: 'executed', height, timeMs, exceptions });
  }
  for (const notice of notices.end()) emit(options, notice, effects);
}

function remember(state: Stream, digest: Hash, batch: Executed): void {
  state.early.set(digest, batch);
  if (state.early.size > maxRememberedOutcomes) state.early.delete(state.early.keys().next().value as Hash);
}

/** Tells what waits for a batch, and forgets it: whatever else is learnt of the batch later finds nothing to tell. */
function settle(options: StreamOptions, state: Stream, digest: Hash, batch: Executed, effects: Fx): void {
  const notices = new Notices(batch.height, batch.timeMs);
  for (const piece of state.pieces.take(digest)) notices.add(piece, batch.exceptions);
  for (const notice of notices.end()) emit(options, notice, effects);
}

// — after a reconnect —

/** What became of entries that some node had accepted. */
function onWatch(options: StreamOptions, state: Stream, watch: Watch, effects: Fx): void {
  const { frame, place, accepted } = watch;
  if (!fits(watch)) {
    fail(options, { name: 'bad-frame', detail: 'accepted is pairs within one batch' }, frame, effects);
    return;
  }
  if (state.pieces.weight > maxPieceWeight) {
    fail(options, { name: 'too-many-waiting' }, frame, effects);
    return;
  }
  state.pieces.add(place.digest, { frame, offset: place.offset, accepted });
  effects.ask(options.chain.addresses.executor, { type: 'tell-fate', digest: place.digest } as Message, {
    deadlineMs: answerWithin,
    onReply: (reply) => ({ type: 'fate-known', digest: place.digest, reply }),
    onTimeout: () => ({ type: 'fate-known', digest: place.digest, reply: undefined }),
  });
}

function fits({ accepted, place }: Watch): boolean {
  if (accepted.length % 2 !== 0) return false;
  let total = 0;
  for (let i = 1; i < accepted.length; i += 2) total += accepted[i] as number;
  return total > 0 && place.offset + total <= maxBatchEntries;
}

function onFate(options: StreamOptions, state: Stream, asked: Hash, reply: Message | undefined, effects: Fx): void {
  if (reply?.type !== 'batch-fate') {
    end(state, 'the executor does not answer', effects);
    return;
  }
  const fate = reply as BatchFate;
  const { digest } = fate;
  if (digest !== asked) state.pieces.move(asked, digest);
  if (fate.fate === 'executed') {
    const { height, timeMs, outcome } = fate;
    settle(options, state, digest, { fate: 'executed', height, timeMs, exceptions: outcome.exceptions }, effects);
  } else if (fate.fate === 'unknown') {
    effects.request((done) =>
      pastBatch(options.service, options.chain, digest, (batch) => done({ type: 'past-known', digest, batch })),
    );
  }
}

/** What neither the executor nor the archive knows is not ordered yet: it will come as a block. */
function onPast(options: StreamOptions, state: Stream, digest: Hash, batch: PastBatch, effects: Fx): void {
  if (batch.fate === 'executed') settle(options, state, digest, batch, effects);
  else if (batch.fate === 'gone') {
    const detail = `ordered at height ${batch.height}, whose receipts this node does not have`;
    for (const { frame } of state.pieces.take(digest)) fail(options, { name: 'not-found', detail }, frame, effects);
  }
}
