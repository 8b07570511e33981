// The binary stream of one client as an actor: it hands frames to admission, answers each when its entries are durable,
// and tells of their commit, one notice per block. Nothing here is per entry but the exceptions.

import type { ActorSystem, Address, Behavior, Effects, Message } from '../../actors/index.ts';
import { address } from '../../actors/index.ts';
import type { Hash } from '../../lib/hash.ts';
import { ok, refused } from '../../lib/result.ts';
import { milliseconds } from '../../lib/units.ts';
import { encodeNodeFrame, type NodeFrame, type Submit as SubmitFrame, type Watch } from '../../net/gateway/protocol.ts';
import type { StreamEvents, StreamHandler, StreamSession } from '../../net/index.ts';
import type { BatchFate, BlockExecuted, Place, Reappended, Refusal, Submit, Submitted } from '../chain-messages.ts';
import { errorCode } from '../faults.ts';
import { askTimeoutMs, maxOpenFrames, rememberedNotices } from '../limits.ts';
import { chainOf, type ServedChain, type ServiceOptions } from './served-chain.ts';

/** A frame whose entries stand side by side in a batch, from `offset` on. */
interface OpenFrame {
  readonly frame: number;
  readonly offset: number;
  readonly count: number;
  /** pairs (first, count) of indices within the frame */
  readonly accepted: readonly number[];
}

interface Stream {
  readonly frames: Map<Hash, OpenFrame[]>;
  open: number;
  /** blocks of the last moments: one may be executed before its acceptance is told */
  recent: BlockExecuted[];
}

type In =
  | BlockExecuted
  | Reappended
  | { readonly type: 'frame'; readonly submit: SubmitFrame; readonly bytes: number }
  | { readonly type: 'answered'; readonly submit: SubmitFrame; readonly bytes: number; readonly reply: Message }
  | { readonly type: 'watch'; readonly watch: Watch }
  | { readonly type: 'fate'; readonly watch: Watch; readonly reply: Message }
  | { readonly type: 'located'; readonly frame: OpenFrame; readonly height: number }
  | { readonly type: 'closed' };

type Fx = Effects<In>;

/** Opens an actor for every stream of the gateway. */
export function streamHandler(options: ServiceOptions): StreamHandler {
  let last = 0;
  return {
    open(session) {
      const chain = chainOf(options, session.chain);
      if (!chain.ok) return chain;
      if (chain.value.archive() === undefined) return refused({ name: 'node-not-ready' });
      last += 1;
      const self = address(chain.value.chain, 'stream', String(last));
      options.system.spawn(self, streamBehavior(chain.value, session), {
        shard: chain.value.chain,
        supervision: stopAlone,
      });
      session.opened(chain.value.chain, chain.value.archive()?.lastHeight ?? 0);
      return ok(eventsOf(options.system, self));
    },
  };
}

const stopAlone = { strategy: 'stop', restarts: 0, withinMs: milliseconds(60_000) } as const;

function eventsOf(system: ActorSystem, self: Address): StreamEvents {
  return {
    submit: (submit, _offsets, bytes) => void system.deliver(self, { type: 'frame', submit, bytes } as Message),
    watch: (watch) => void system.deliver(self, { type: 'watch', watch } as Message),
    closed: () => void system.deliver(self, { type: 'closed' }),
  };
}

function streamBehavior(chain: ServedChain, session: StreamSession): Behavior<Stream, In> {
  return {
    kind: 'stream',
    mailbox: { capacity: 8192 },
    start(self, effects) {
      effects.send(chain.addresses.executor, { type: 'subscribe', subscriber: self } as Message);
      return { frames: new Map(), open: 0, recent: [] };
    },
    receive: (state, message, effects) => receive(chain, session, state, message, effects),
    describe: (state) => ({ state: 'open', context: { client: session.id, openFrames: state.open } }),
    discard: () => session.close('the stream ended'),
  };
}

function receive(chain: ServedChain, session: StreamSession, state: Stream, message: In, effects: Fx): void {
  switch (message.type) {
    case 'frame':
      onFrame(chain, session, state, message, effects);
      break;
    case 'answered':
      onAnswered(session, state, message, effects);
      break;
    case 'block-executed':
      state.recent.push(message);
      if (state.recent.length > rememberedNotices) state.recent.shift();
      notify(session, state, message, effects);
      break;
    case 'reappended':
      move(state, message.lost, message.place.digest);
      break;
    case 'watch':
      onWatch(chain, message.watch, effects);
      break;
    case 'fate':
      onFate(chain, session, state, message, effects);
      break;
    case 'located':
      emit(
        session,
        { type: 'notice', height: message.height, timeMs: 0, ranges: triples(message.frame), exceptions: [] },
        effects,
      );
      break;
    case 'closed':
      effects.stop(effects.self);
      break;
  }
}

const emit = (session: StreamSession, frame: NodeFrame, effects: Fx): void =>
  effects.emit(session, [encodeNodeFrame(frame)]);

function onFrame(
  chain: ServedChain,
  session: StreamSession,
  state: Stream,
  { submit, bytes }: Extract<In, { type: 'frame' }>,
  effects: Fx,
): void {
  if (state.open >= maxOpenFrames) {
    effects.request(() => session.consumed(bytes));
    emit(session, allRefused(submit, errorCode('overloaded')), effects);
    return;
  }
  state.open += 1;
  const question: Submit = { type: 'submit', count: submit.count, entries: submit.entries };
  effects.ask(chain.addresses.admission, question, {
    deadlineMs: milliseconds(askTimeoutMs),
    onReply: (reply) => ({ type: 'answered', submit, bytes, reply }),
    onTimeout: () => ({
      type: 'answered',
      submit,
      bytes,
      reply: { type: 'refusal', code: errorCode('not-ready') } as Refusal,
    }),
  });
}

function allRefused({ frame, count }: SubmitFrame, code: number): NodeFrame {
  const codes = Array.from({ length: count }, (_, index) => [index, code]).flat();
  return { type: 'answer', frame, accepted: [], refused: codes, place: null };
}

function onAnswered(
  session: StreamSession,
  state: Stream,
  { submit, bytes, reply }: Extract<In, { type: 'answered' }>,
  effects: Fx,
): void {
  effects.request(() => session.consumed(bytes));
  if (reply.type !== 'submitted') {
    state.open -= 1;
    emit(session, allRefused(submit, (reply as Refusal).code), effects);
    return;
  }
  const { refused: bad, place } = reply as Submitted;
  const accepted =
    place === undefined
      ? []
      : complement(
          submit.count,
          bad.map(({ index }) => index),
        );
  const codes = bad.flatMap(({ index, code }) => [index, code]);
  emit(session, { type: 'answer', frame: submit.frame, accepted, refused: codes, place: place ?? null }, effects);
  if (place === undefined) {
    state.open -= 1;
    return;
  }
  expect(state, place.digest, {
    frame: submit.frame,
    offset: place.offset,
    count: submit.count - bad.length,
    accepted,
  });
  const early = state.recent.find(({ digests }) => digests.includes(place.digest));
  if (early !== undefined) notify(session, state, early, effects);
}

/** The indices below `count` that are not refused, as pairs (first, count). */
function complement(count: number, refusedAscending: readonly number[]): readonly number[] {
  const ranges: number[] = [];
  let first = 0;
  for (const index of [...refusedAscending, count]) {
    if (index > first) ranges.push(first, index - first);
    first = index + 1;
  }
  return ranges;
}

function expect(state: Stream, digest: Hash, frame: OpenFrame): void {
  const frames = state.frames.get(digest);
  if (frames === undefined) state.frames.set(digest, [frame]);
  else frames.push(frame);
}

function move(state: Stream, lost: Hash, digest: Hash): void {
  const frames = state.frames.get(lost);
  if (frames === undefined) return;
  state.frames.delete(lost);
  state.frames.set(digest, [...(state.frames.get(digest) ?? []), ...frames]);
}

function notify(
  session: StreamSession,
  state: Stream,
  { height, timeMs, outcomes, digests }: BlockExecuted,
  effects: Fx,
): void {
  const ranges: number[] = [];
  const exceptions: number[] = [];
  for (let i = 0; i < digests.length; i++) {
    const frames = state.frames.get(digests[i] as Hash);
    if (frames === undefined) continue;
    state.frames.delete(digests[i] as Hash);
    for (const frame of frames) {
      state.open -= 1;
      ranges.push(...triples(frame));
      exceptions.push(...exceptionsOf(frame, outcomes[i]?.exceptions ?? []));
    }
  }
  if (ranges.length > 0) emit(session, { type: 'notice', height, timeMs, ranges, exceptions }, effects);
}

function triples({ frame, accepted }: OpenFrame): number[] {
  const result: number[] = [];
  for (let i = 0; i < accepted.length; i += 2) result.push(frame, accepted[i] as number, accepted[i + 1] as number);
  return result;
}

/** Codes by index within the batch, as triples (frame, index within the frame, code). */
function exceptionsOf(
  frame: OpenFrame,
  exceptions: readonly { readonly index: number; readonly code: number }[],
): number[] {
  return exceptions
    .filter(({ index }) => index >= frame.offset && index < frame.offset + frame.count)
    .flatMap(({ index, code }) => [frame.frame, indexInFrame(frame, index - frame.offset), code]);
}

function indexInFrame({ accepted }: OpenFrame, nth: number): number {
  let left = nth;
  for (let i = 0; i < accepted.length; i += 2) {
    const count = accepted[i + 1] as number;
    if (left < count) return (accepted[i] as number) + left;
    left -= count;
  }
  return nth;
}

/** After a reconnect: what became of entries that some node had accepted. */
function onWatch(chain: ServedChain, watch: Watch, effects: Fx): void {
  effects.ask(chain.addresses.executor, { type: 'tell-fate', digest: watch.place.digest } as Message, {
    deadlineMs: milliseconds(askTimeoutMs),
    onReply: (reply) => ({ type: 'fate', watch, reply }),
    onTimeout: () => ({
      type: 'fate',
      watch,
      reply: { type: 'batch-fate', digest: watch.place.digest, fate: 'unknown' } as BatchFate,
    }),
  });
}

function onFate(
  chain: ServedChain,
  session: StreamSession,
  state: Stream,
  { watch, reply }: Extract<In, { type: 'fate' }>,
  effects: Fx,
): void {
  const fate = reply as BatchFate;
  const frame = openFrameOf(watch);
  state.open += 1;
  expect(state, fate.digest, frame);
  if (fate.fate === 'executed') {
    const { height, timeMs, outcome, digest } = fate;
    notify(
      session,
      state,
      { type: 'block-executed', height, id: digest, timeMs, outcomes: [outcome], digests: [digest] },
      effects,
    );
  } else if (fate.fate === 'unknown' && chain.readReceipt === undefined) {
    // a ledger without receipts has no codes either: that the batch was ordered says all
    effects.request((answer) =>
      chain
        .archive()
        ?.locate(fate.digest, (height) => height !== undefined && answer({ type: 'located', frame, height })),
    );
  }
}

function openFrameOf({ frame, place, accepted }: Watch): OpenFrame {
  let count = 0;
  for (let i = 1; i < accepted.length; i += 2) count += accepted[i] as number;
  return { frame, offset: (place as Place).offset, count, accepted };
}
