// What a validator does for the nodes that follow it: it tells each of the newest commit, answers what they ask for within
// a budget, and hands what their clients send to its own admission. No follower is known to the core.

import type { Message } from '../actors/index.ts';
import { milliseconds } from '../lib/units.ts';
import { type Budget, createBudget, type NodeId } from '../net/index.ts';
import type { Submit, Submitted } from './chain-messages.ts';
import { commitHeight, type Forwarded, heldHeaders, type PeerMessage, thinHello } from './core/index.ts';
import { serveBatch, serveHeaders, serveSnapshot, transmitTo } from './engine-frames.ts';
import type { Engine, EngineMessage, EngineOptions, Fx } from './engine-state.ts';
import { errorCode } from './faults.ts';
import { saidByFollowers } from './follower-rules.ts';
import {
  followerServedBytesPerSecond,
  maxFollowerReads,
  maxForwardedBytes,
  maxForwards,
  offerAgainAfter,
  submitWithin,
  tellFollowersEvery,
} from './limits.ts';
import { decodeForward, decodeMessage } from './wire.ts';

export interface Follower {
  /** tells this link from an earlier one of the same node */
  readonly link: number;
  /** its Hello has come: it is told nothing before */
  greeted: boolean;
  /** heights of the newest certificates that it has */
  commit: number;
  checkpoint: number;
  toldAt: number;
  offeredAt: number;
  /** answers that are being read for it */
  reading: number;
  readonly budget: Budget;
  /** until when it has been served more than its share */
  owesUntil: number;
  forwards: number;
  forwardedBytes: number;
}

type Answered = Extract<EngineMessage, { readonly type: 'forward-answered' }>;

export function onFollowerLink(
  { name, me }: EngineOptions,
  engine: Engine,
  peer: NodeId,
  type: 'link-up' | 'link-down',
  effects: Fx,
): void {
  if (me === undefined) return; // whoever follows, follows validators
  if (type === 'link-down') engine.followers.delete(peer);
  else {
    engine.followersSeen += 1;
    engine.followers.set(peer, {
      ...{ link: engine.followersSeen, greeted: false, commit: 0, checkpoint: 0 },
      ...{ toldAt: Number.NEGATIVE_INFINITY, offeredAt: Number.NEGATIVE_INFINITY },
      ...{ reading: 0, budget: createBudget(followerServedBytesPerSecond, effects.now), owesUntil: 0 },
      ...{ forwards: 0, forwardedBytes: 0 },
    });
  }
  effects.note({ gauge: 'psky_consensus_followers', value: engine.followers.size, labels: { chain: name } });
}

export function onFollowerFrame(
  options: EngineOptions,
  engine: Engine,
  peer: NodeId,
  bytes: Uint8Array,
  effects: Fx,
): void {
  const follower = engine.followers.get(peer);
  if (follower === undefined) return;
  const message = decodeMessage(bytes);
  if (typeof message === 'string') punish(options, peer, message, effects);
  else if (message.type === 'hello') greet(options, engine, { peer, follower, hello: message }, effects);
  else if (isRequest(message)) serve(options, engine, { peer, follower, request: message }, effects);
  else punish(options, peer, 'not-for-followers', effects);
}

type Request = Extract<PeerMessage, { type: 'get-headers' | 'get-batches' | 'get-snapshot' }>;

const isRequest = (message: PeerMessage): message is Request => saidByFollowers.has(message.type);

function punish({ links }: EngineOptions, peer: NodeId, reason: string, effects: Fx): void {
  effects.request(() => links.misbehaved(peer, reason));
}

interface Asked {
  readonly peer: NodeId;
  readonly follower: Follower;
}

/** Its one Hello says where it stands; the answer, how far this validator has come and what leads there. */
function greet(
  options: EngineOptions,
  engine: Engine,
  { peer, follower, hello }: Asked & { readonly hello: Extract<PeerMessage, { type: 'hello' }> },
  effects: Fx,
): void {
  const { core } = engine;
  if (follower.greeted || hello.epoch !== core.committee.epoch || hello.lanes.length !== core.committee.n)
    return punish(options, peer, 'bad-hello', effects);
  follower.greeted = true;
  follower.commit = hello.commitHeight;
  follower.checkpoint = hello.checkpoint;
  transmitTo(options, [peer], thinHello(core), effects, { after: 'nothing' });
  tellFollowers(options, engine, effects);
  if (hello.executed + 1 < core.kept.oldest) offer(options, engine, { peer, follower }, effects);
}

/** The newest certificates to those that lack them; after every turn, and when those that were told just now may hear again. */
export function tellFollowers(options: EngineOptions, engine: Engine, effects: Fx): void {
  if (engine.followers.size === 0) return;
  const { commitCert, checkpoint } = engine.core;
  const certified = commitCert === undefined || commitCert.height > commitHeight(engine.core) ? undefined : commitCert;
  const told: { commit: NodeId[]; checkpoint: NodeId[] } = { commit: [], checkpoint: [] };
  let next = Number.POSITIVE_INFINITY;
  for (const [peer, follower] of engine.followers) {
    const lacksCommit = follower.greeted && (certified?.height ?? 0) > follower.commit;
    const lacksCheckpoint = follower.greeted && (checkpoint?.height ?? 0) > follower.checkpoint;
    if (!lacksCommit && !lacksCheckpoint) continue;
    const mayHearAt = follower.toldAt + tellFollowersEvery;
    if (effects.now < mayHearAt) {
      next = Math.min(next, mayHearAt);
      continue;
    }
    follower.toldAt = effects.now;
    if (lacksCommit) told.commit.push(peer);
    if (lacksCheckpoint) told.checkpoint.push(peer);
    follower.commit = Math.max(follower.commit, certified?.height ?? 0);
    follower.checkpoint = Math.max(follower.checkpoint, checkpoint?.height ?? 0);
  }
  // a certificate proves itself, whatever is durable here
  const gate = { after: 'nothing' } as const;
  if (certified !== undefined)
    transmitTo(options, told.commit, { type: 'commit', certificate: certified }, effects, gate);
  if (checkpoint !== undefined)
    transmitTo(options, told.checkpoint, { type: 'checkpoint', certificate: checkpoint }, effects, gate);
  if (next === Number.POSITIVE_INFINITY || engine.tellingFollowers) return;
  engine.tellingFollowers = true;
  effects.schedule('tell-followers', milliseconds(Math.max(1, next - effects.now)), { type: 'tell-followers' });
}

/** This validator lacks what the follower needs and has a snapshot beyond it. */
function offer(options: EngineOptions, engine: Engine, { peer, follower }: Asked, effects: Fx): void {
  const { oldest, snapshot } = engine.core.kept;
  if (snapshot === undefined || effects.now < follower.offeredAt + offerAgainAfter) return;
  follower.offeredAt = effects.now;
  transmitTo(options, [peer], { type: 'offer', certificate: snapshot, oldest }, effects);
}

function serve(
  options: EngineOptions,
  engine: Engine,
  { peer, follower, request }: Asked & { readonly request: Request },
  effects: Fx,
): void {
  const reads = request.type === 'get-batches' ? request.digests.length : 1;
  const refusal =
    follower.reading + reads > maxFollowerReads ? 'reading' : follower.owesUntil > effects.now ? 'budget' : undefined;
  if (refusal !== undefined) {
    const labels = { chain: options.name, reason: refusal };
    effects.note({ count: 'psky_consensus_follower_gets_dropped_total', labels });
    return;
  }
  follower.reading += reads;
  if (request.type === 'get-snapshot') serveSnapshot(options, engine, peer, request, effects);
  else if (request.type === 'get-batches')
    for (const digest of request.digests) serveBatch(options, engine, { to: peer, digest }, effects);
  else {
    const { id } = request;
    // what is still undecided is nobody's but the validators'
    const committed = (engine.core.blocks.get(id)?.height ?? 0) <= commitHeight(engine.core);
    const headers = committed ? heldHeaders(engine.core, request) : [];
    if (headers.length === 0) serveHeaders(options, { to: peer, ...request }, effects);
    else onServed(options, engine, { to: peer, messages: [{ type: 'headers', id, headers }] }, effects);
  }
}

/** What a node has asked for is read. */
export function onServed(
  options: EngineOptions,
  engine: Engine,
  { to, messages }: { readonly to: NodeId; readonly messages: readonly PeerMessage[] },
  effects: Fx,
): void {
  let bytes = 0;
  for (const message of messages) bytes += transmitTo(options, [to], message, effects);
  const follower = engine.followers.get(to);
  if (follower === undefined) return;
  follower.reading = Math.max(0, follower.reading - 1); // it may have been asked for over an earlier link
  follower.owesUntil = effects.now + follower.budget.spend(bytes, effects.now);
  if (messages.length === 0) offer(options, engine, { peer: to, follower }, effects);
}

/** Commands of a follower's clients: this validator's admission judges them like those of its own. */
export function onFollowerBulk(
  options: EngineOptions,
  engine: Engine,
  { peer, header, body }: { peer: NodeId; header: Uint8Array; body: readonly Uint8Array[] },
  effects: Fx,
): void {
  const follower = engine.followers.get(peer);
  if (follower === undefined) return;
  const forward = decodeForward(header, body);
  if (typeof forward === 'string') return punish(options, peer, forward, effects);
  const { number, count, entries } = forward;
  if (follower.forwards >= maxForwards || follower.forwardedBytes + entries.length > maxForwardedBytes)
    return punish(options, peer, 'too-many-forwards', effects);
  follower.forwards += 1;
  follower.forwardedBytes += entries.length;
  const submit: Submit = { type: 'submit', count, entries };
  const answered = { type: 'forward-answered', peer, link: follower.link, number, bytes: entries.length } as const;
  effects.ask(options.addresses.admission, submit as Message, {
    deadlineMs: submitWithin,
    onReply: (reply) => ({ ...answered, reply }) satisfies Answered,
    onTimeout: () => ({ ...answered, reply: undefined }) satisfies Answered,
  });
}

export function onForwardAnswered(
  options: EngineOptions,
  engine: Engine,
  { peer, link, number, bytes, reply }: Answered,
  effects: Fx,
): void {
  const follower = engine.followers.get(peer);
  if (follower === undefined || follower.link !== link) return;
  follower.forwards -= 1;
  follower.forwardedBytes -= bytes;
  // admission answers when the batch is durable (D1b)
  transmitTo(options, [peer], { type: 'forwarded', number, ...verdictOf(reply) }, effects, { after: 'nothing' });
}

function verdictOf(reply: Message | undefined): Pick<Forwarded, 'code' | 'refused' | 'place'> {
  if (reply?.type === 'submitted') {
    const { refused, place } = reply as Submitted;
    return { code: null, refused, place: place ?? null };
  }
  const code = (reply as { readonly code?: number } | undefined)?.code ?? errorCode('deadline-passed');
  return { code, refused: [], place: null };
}
