// What the engine sends to peers: the core's messages, encoded once, and headers and batches out of the archive.

import { assert } from '../lib/assert.ts';
import type { NodeId } from '../net/index.ts';
import { fittingHeaders, type Output, type PeerMessage } from './core/index.ts';
import type { Engine, EngineOptions, Fx } from './engine-state.ts';
import { encodeBatchHeader, encodeMessage } from './wire.ts';

interface Transmission {
  readonly to: number | 'all';
  readonly message: PeerMessage;
  readonly after?: number | undefined;
}

/** Encodes once, whoever gets it. `after` names a record: what the core releases is durable already (D1, D1b). */
export function transmit(
  options: EngineOptions,
  engine: Engine,
  { to, message, after }: Transmission,
  effects: Fx,
): void {
  assert(after === undefined || after <= engine.core.durable, 'D1: what leaves attests only what is durable');
  const channel = message.type !== 'batch' ? 'control' : message.answer ? 'reply' : 'bulk';
  const frame =
    message.type === 'batch'
      ? [encodeBatchHeader(message.batch, message.answer), ...message.batch.body]
      : [encodeMessage(message)];
  const gate = after === undefined ? {} : ({ after: 'nothing' } as const);
  for (const [peer, id] of options.nodeIds.entries()) {
    if (peer === engine.core.me || !(to === 'all' ? engine.core.up[peer] : to === peer)) continue;
    effects.emit(options.links.outlet(id, options.committee.chain, channel), frame, gate);
  }
}

export function serveHeaders(
  { archive }: EngineOptions,
  { to, id, above, count }: Extract<Output, { type: 'serve-headers' }>,
  effects: Fx,
): void {
  effects.request((answer) => {
    archive.headersDown(id, above, count, (headers) => {
      if (headers.length > 0)
        answer({ type: 'serve', to, message: { type: 'headers', id, headers: fittingHeaders(headers) } });
    });
  });
}

export function serveBatches(
  { archive }: EngineOptions,
  { core }: Engine,
  { to, digests }: Extract<Output, { type: 'serve-batches' }>,
  effects: Fx,
): void {
  for (const digest of digests) {
    effects.request((answer) => {
      const held = core.batches.get(digest);
      if (held !== undefined && (core.batchRecords.get(digest) ?? 0) <= core.durable) {
        answer({ type: 'serve', to, message: { type: 'batch', batch: held, answer: true } });
        return;
      }
      archive.batch(digest, (batch) => {
        if (batch !== undefined) answer({ type: 'serve', to, message: { type: 'batch', batch, answer: true } });
      });
    });
  }
}

/** At most `count` parts a request (1 MiB); the peer asks for more when it has stored them. */
export function serveSnapshot(
  { snapshots }: EngineOptions,
  { core }: Engine,
  to: number,
  { height, from, count }: Extract<PeerMessage, { type: 'get-snapshot' }>,
  effects: Fx,
): void {
  const head = snapshots.headAt(height);
  if (head === undefined) return; // a newer one has taken its place, and was offered
  const { commitCert } = core;
  effects.request((answer) => {
    if (from === 0) {
      const fits = commitCert?.id === head.signed.header.id;
      answer({ type: 'serve', to, message: { type: 'snapshot-head', head, commitCert: fits ? commitCert : null } });
    }
    snapshots.parts(height, from, count, (_fault, parts) => {
      for (const [i, bytes] of parts.entries())
        answer({ type: 'serve', to, message: { type: 'snapshot-part', height, index: from + i, bytes } });
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
