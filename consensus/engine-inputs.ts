// What reaches the core: frames and batches of peers, decoded, gathered until the turn that steps it.

import type { Message } from '../actors/index.ts';
import type { LinkMessage } from '../net/index.ts';
import type { Seal } from './chain-messages.ts';
import type { Input, Kept, PeerMessage } from './core/index.ts';
import { onFollowerBulk, onFollowerFrame, onFollowerLink } from './engine-followers.ts';
import { serveSnapshot } from './engine-frames.ts';
import type { Engine, EngineOptions, Fx } from './engine-state.ts';
import { toldToFollowers } from './follower-rules.ts';
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
  if (from < 0) return onFollowerFrame(options, engine, peer, bytes, effects);
  const message = decodeMessage(bytes);
  const fault = typeof message === 'string' ? message : misplaced(options, message);
  if (typeof message === 'string' || fault !== undefined) {
    effects.request(() => options.links.misbehaved(peer, fault as string));
    return;
  }
  switch (message.type) {
    case 'app':
      effects.request(() => options.onApp(from, message.topic, message.bytes));
      break;
    case 'get-snapshot':
      serveSnapshot(options, engine, peer, message, effects);
      break;
    case 'snapshot-head':
    case 'snapshot-part':
      effects.send(options.addresses.adoption, { type: 'snapshot', from, message } as Message);
      break;
    case 'forwarded':
      effects.send(options.addresses.admission, { from, ...message } as Message);
      break;
    default:
      give(engine, { type: 'message', from, message }, effects);
  }
}

/** A validator tells followers what is committed and answers them; only followers are answered what they passed on. */
function misplaced({ me }: EngineOptions, { type }: PeerMessage): string | undefined {
  if (me !== undefined) return type === 'forwarded' ? 'unasked' : undefined;
  return toldToFollowers.has(type) ? undefined : 'not-for-a-follower';
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
  if (from < 0) return onFollowerBulk(options, engine, { peer, header, body }, effects);
  const decoded = decodeBatch(header, body);
  if (typeof decoded === 'string') effects.request(() => options.links.misbehaved(peer, decoded));
  else if (options.me === undefined && !decoded.answer)
    effects.request(() => options.links.misbehaved(peer, 'not-for-a-follower'));
  else give(engine, { type: 'message', from, message: { type: 'batch', ...decoded } }, effects);
}

export function onLink(
  options: EngineOptions,
  engine: Engine,
  { peer, type }: Extract<LinkMessage, { type: 'link-up' | 'link-down' }>,
  effects: Fx,
): void {
  const index = options.nodeIds.indexOf(peer);
  if (index < 0) return onFollowerLink(options, engine, peer, type, effects);
  give(engine, { type, peer: index }, effects);
  if (options.me === undefined) effects.send(options.addresses.admission, { type, peer: index } as Message);
}

export function onSeal(engine: Engine, { content }: Seal, effects: Fx): void {
  give(engine, { type: 'seal', content }, effects);
}
