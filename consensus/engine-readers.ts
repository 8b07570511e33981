// Readers who wait for a committed header that covers what they ask for.

import type { Message } from '../actors/index.ts';
import { encode } from '../lib/codec.ts';
import { milliseconds } from '../lib/units.ts';
import { quorumCertShape } from './certificate/shapes.ts';
import type { Cover, Covered } from './chain-messages.ts';
import { signedHeader } from './core/index.ts';
import type { Engine, Fx, Reader } from './engine-state.ts';
import { errorCode } from './faults.ts';
import { maxWaitingReaders } from './limits.ts';

export function onCover(engine: Engine, cover: Cover, effects: Fx): void {
  if (engine.readers.length >= maxWaitingReaders) {
    effects.reply({ type: 'refusal', code: errorCode('too-many-waiting') } as Message);
    return;
  }
  const height = Math.max(engine.core.lastOrdered, cover.minHeight);
  engine.readers.push({ height, until: effects.now + cover.withinMs, asker: effects.asker });
  answerReaders(engine, effects);
  if (engine.readers.length === 1) awaitExpiry(engine, effects);
}

/** Who has given up takes no place from others. One timer, set to the earliest who waits when it is set. */
export function expireReaders(engine: Engine, effects: Fx): void {
  engine.readers = engine.readers.filter(({ until }) => until > effects.now);
  awaitExpiry(engine, effects);
}

function awaitExpiry({ readers }: Engine, effects: Fx): void {
  if (readers.length === 0) return;
  const next = readers.reduce((least, { until }) => Math.min(least, until), Number.POSITIVE_INFINITY);
  effects.schedule('expire-readers', milliseconds(Math.max(1, next - effects.now)), { type: 'expire-readers' });
}

/** A reader is answered with the newest certified header, once its execHeight reaches everything ordered when he asked. */
export function answerReaders({ core, readers }: Engine, effects: Fx): void {
  const { committedTip, commitCert } = core;
  if (readers.length === 0 || commitCert?.id !== committedTip.id) return;
  const covers = (reader: Reader): boolean =>
    committedTip.execHeight >= reader.height && core.executed >= committedTip.execHeight;
  if (!readers.some(covers)) return;
  const covered: Covered = {
    type: 'covered',
    execHeight: committedTip.execHeight,
    signed: signedHeader(committedTip),
    certificate: encode(quorumCertShape.write(commitCert)),
  };
  const rest: Reader[] = [];
  for (const reader of readers) {
    if (covers(reader)) effects.reply(covered, reader.asker);
    else rest.push(reader);
  }
  readers.splice(0, readers.length, ...rest);
}
