// What the engine sends to peers: the core's messages, encoded once, and headers and batches out of the archive.

import type { EmitOptions } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import type { Hash } from '../lib/hash.ts';
import type { NodeId } from '../net/index.ts';
import { type Batch, fittingHeaders, type Output, type PeerMessage } from './core/index.ts';
import type { Engine, EngineMessage, EngineOptions, Fx } from './engine-state.ts';
import { saidByFollowers } from './follower-rules.ts';
import { encodeBatchHeader, encodeForwardHeader, encodeMessage, type Forward } from './wire.ts';

interface Transmission {
  readonly to: number | 'all';
  readonly message: PeerMessage;
  readonly after?: number | undefined;
}

/** What validators say to each other. `after` names a record: what the core releases is durable already (D1, D1b). */
export function transmit(
  options: EngineOptions,
  { core }: Engine,
  { to, message, after }: Transmission,
  effects: Fx,
): void {
  assert(after === undefined || after <= core.durable, 'D1: what leaves attests only what is durable');
  assert(core.me !== undefined || saidByFollowers.has(message.type), 'a node that follows asks, and says nothing else');
  const peers = options.nodeIds.filter(
    (_, peer) => peer !== core.me && (to === 'all' ? core.up[peer] === true : to === peer),
  );
  transmitTo(options, peers, message, effects, after === undefined ? {} : { after: 'nothing' });
}

/** Encodes once, whoever gets it. @returns bytes of one copy */
export function transmitTo(
  { links, committee }: EngineOptions,
  peers: readonly NodeId[],
  message: PeerMessage,
  effects: Fx,
  gate: EmitOptions = {},
): number {
  if (peers.length === 0) return 0;
  const channel = message.type !== 'batch' ? 'control' : message.answer ? 'reply' : 'bulk';
  const frame =
    message.type === 'batch'
      ? [encodeBatchHeader(message.batch, message.answer), ...message.batch.body]
      : [encodeMessage(message)];
  for (const peer of peers) effects.emit(links.outlet(peer, committee.chain, channel), frame, gate);
  return frame.reduce((sum, piece) => sum + piece.length, 0);
}

/** Commands that a follower passes on: the only thing that leaves it on a bulk link. */
export function transmitForward(
  { links, nodeIds, committee }: EngineOptions,
  { to, forward }: { readonly to: number; readonly forward: Forward },
  effects: Fx,
): void {
  const outlet = links.outlet(nodeIds[to] as NodeId, committee.chain, 'bulk');
  effects.emit(outlet, [encodeForwardHeader(forward), forward.entries], { after: 'nothing' });
}

/** To the peer that asked for something, when it is read; nothing where this node does not have it. */
type Served = Extract<EngineMessage, { readonly type: 'serve' }>;

export function serveHeaders(
  { archive }: EngineOptions,
  { to, id, above, count }: { to: NodeId; id: Hash; above: number; count: number },
  effects: Fx,
): void {
  effects.request((answer) => {
    archive.headersDown(id, above, count, (headers) => {
      const message: PeerMessage = { type: 'headers', id, headers: fittingHeaders(headers) };
      answer({ type: 'serve', to, messages: headers.length > 0 ? [message] : [] } satisfies Served);
    });
  });
}

export function serveBatch(
  { archive }: EngineOptions,
  { core }: Engine,
  { to, digest }: { to: NodeId; digest: Hash },
  effects: Fx,
): void {
  effects.request((answer) => {
    const serve = (batch: Batch | undefined): void =>
      answer({
        type: 'serve',
        to,
        messages: batch === undefined ? [] : [{ type: 'batch', batch, answer: true }],
      } satisfies Served);
    const held = core.batches.get(digest);
    if (held !== undefined && (core.batchRecords.get(digest) ?? 0) <= core.durable) serve(held);
    else archive.batch(digest, serve);
  });
}

/** At most `count` parts a request (1 MiB); the peer asks for more when it has stored them. */
export function serveSnapshot(
  { snapshots }: EngineOptions,
  { core }: Engine,
  to: NodeId,
  { height, from, count }: Extract<PeerMessage, { type: 'get-snapshot' }>,
  effects: Fx,
): void {
  const { commitCert } = core;
  effects.request((answer) => {
    const head = snapshots.headAt(height);
    // a newer one has taken its place, and was offered
    if (head === undefined) return answer({ type: 'serve', to, messages: [] } satisfies Served);
    const fits = commitCert?.id === head.signed.header.id;
    const first: PeerMessage = { type: 'snapshot-head', head, commitCert: fits ? commitCert : null };
    snapshots.parts(height, from, count, (_fault, parts) => {
      const found = parts.map((bytes, i): PeerMessage => ({ type: 'snapshot-part', height, index: from + i, bytes }));
      answer({ type: 'serve', to, messages: from === 0 ? [first, ...found] : found } satisfies Served);
    });
  });
}

export function pauseLane(
  { links, nodeIds }: EngineOptions,
  { lane, paused }: Extract<Output, { type: 'pause-lane' }>,
  effects: Fx,
): void {
  const peer = nodeIds[lane] as NodeId;
  effects.request(() => (paused ? links.pauseBulk(peer) : links.resumeBulk(peer)));
}
