// What reaches the core: frames and batches of peers, decoded, gathered until the turn that steps it.

import type { Message } from '../actors/index.ts';
import type { LinkMessage, NodeId } from '../net/index.ts';
import type { Seal } from './chain-messages.ts';
import type { Input, Kept } from './core/index.ts';
import { serveSnapshot } from './engine-frames.ts';
import type { Engine, EngineOptions, Fx } from './engine-state.ts';
import { decodeBatch, decodeMessage } from './wire.ts';

export function give(engine: Engine, input: Input, effects: Fx): void {
  engine.inputs.push(input);
  if (engine.turnDue || engine.recovery !== undefined) return;
  engine.turnDue = true;
  effects.send(effects.self, { type: 'turn' }); // behind everything that has already arrived
}

export function onFrame(
  options: EngineOptions,
  engine: Engine,
  { peer, bytes }: Extract<LinkMessage, { type: 'frame' }>,
  effects: Fx,
): void {
  const from = options.nodeIds.indexOf(peer);
  if (from < 0) return;
  const message = decodeMessage(bytes);
  if (typeof message === 'string') {
    effects.request(() => options.links.misbehaved(peer, message));
    return;
  }
  switch (message.type) {
    case 'app':
      effects.request(() => options.onApp(from, message.topic, message.bytes));
      break;
    case 'get-snapshot':
      serveSnapshot(options, engine, from, message, effects);
      break;
    case 'snapshot-head':
    case 'snapshot-part':
      effects.send(options.addresses.adoption, { type: 'snapshot', from, message } as Message);
      break;
    default:
      give(engine, { type: 'message', from, message }, effects);
  }
}

/** What this node's archive can serve. */
export function keptOf({ archive, snapshots }: EngineOptions): Kept {
  return { oldest: archive.oldest, snapshot: snapshots.newest()?.certificate };
}

export function onBulk(
  options: EngineOptions,
  engine: Engine,
  { peer, header, body }: Extract<LinkMessage, { type: 'bulk' }>,
  effects: Fx,
): void {
  const from = options.nodeIds.indexOf(peer);
  if (from < 0) return;
  const decoded = decodeBatch(header, body);
  if (typeof decoded === 'string') effects.request(() => options.links.misbehaved(peer, decoded));
  else give(engine, { type: 'message', from, message: { type: 'batch', ...decoded } }, effects);
}

export function onLink(
  options: EngineOptions,
  engine: Engine,
  peer: NodeId,
  type: 'link-up' | 'link-down',
  effects: Fx,
): void {
  const index = options.nodeIds.indexOf(peer);
  if (index >= 0) give(engine, { type, peer: index }, effects);
}

export function onSeal(engine: Engine, { content }: Seal, effects: Fx): void {
  give(engine, { type: 'seal', content }, effects);
}
