// A liar below consensus: messages that are too long, that promise more than may come or bring more than was promised,
// that stand for nothing. They leave behind an honest message, numbered as the next one of its session.

import type { Bytes } from '../../lib/bytes.ts';
import { concatBytes } from '../../lib/bytes.ts';
import type { Random } from '../../lib/random.ts';
import {
  type Channel,
  type Connection,
  type ConnectionEvents,
  encodeHeader,
  encodePrefix,
  maxBulkBodyBytes,
  maxWireMessageBytes,
  readHeader,
  type Transport,
  wireKind,
} from '../../net/index.ts';
import type { BehaviourMaker } from './behaviour.ts';

/** Makes the next message of a session. */
type Next = (kind: number, payload: Bytes) => Bytes;

/** Longer than anything that a peer may send: the transport must not even take it in. */
const oversizedMessages: BehaviourMaker = () => ({
  frames: (next, random) => [next(wireKind.frames, new Uint8Array(maxWireMessageBytes + random.below(1000)))],
});

/** A body larger than any batch; one that is longer than its head said; one without a head. */
const oversizedBodies: BehaviourMaker = () => ({
  frames: (next, random) => {
    const head = (bytes: number): Bytes => next(wireKind.head, encodePrefix(1, bytes));
    const slice = (bytes: number): Bytes => next(wireKind.slice, new Uint8Array(bytes));
    return random.pick([
      () => [head(maxBulkBodyBytes + 1 + random.below(2 ** 30))],
      () => [head(100), slice(101)],
      () => [slice(50)],
      () => [head(100), head(100)],
    ])();
  },
});

/** Cut off, of no kind, with lengths that do not add up, or with nothing that consensus could read. */
const gibberish: BehaviourMaker = () => ({
  frames: (next, random) => {
    const noise = Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256));
    return random.pick([
      () => [noise.subarray(0, 12)],
      () => [next(200, noise)],
      () => [next(wireKind.frames, concatBytes([encodePrefix(1, noise.length + 1), noise]))],
      () => [next(wireKind.frames, concatBytes([encodePrefix(1, noise.length), noise]))],
      () => [next(wireKind.chains, noise)],
    ])();
  },
});

export const frameBehaviours = {
  'oversized-messages': oversizedMessages,
  'oversized-bodies': oversizedBodies,
  gibberish,
} as const;

/** What a liar's connection says beside what its links say. */
export type Aside = (next: Next, channel: Channel) => readonly Bytes[];

/** A transport whose connections say `aside` things now and then. */
export function lyingTransport(transport: Transport, random: Random, aside: Aside): Transport {
  const wrap = (connection: Connection): Connection => new LyingConnection(connection, random, aside);
  return {
    listen: (accept, done) => transport.listen((connection) => accept(wrap(connection)), done),
    dial: (target, channel, done, events: ConnectionEvents) =>
      transport.dial(
        target,
        channel,
        (error, connection) => done(error, connection === undefined ? undefined : wrap(connection)),
        events,
      ),
    close: () => transport.close(),
  };
}

/** Of so many messages one is followed by a lie: links must live long enough for lies of other kinds. */
const oneIn = 60;

class LyingConnection implements Connection {
  readonly peer: Connection['peer'];
  readonly channel: Channel;
  #inner: Connection;
  #random: Random;
  #aside: Aside;

  constructor(inner: Connection, random: Random, aside: Aside) {
    this.peer = inner.peer;
    this.channel = inner.channel;
    this.#inner = inner;
    this.#random = random;
    this.#aside = aside;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  send(parts: readonly Bytes[]): void {
    this.#inner.send(parts);
    const header = readHeader(concatBytes(parts.slice(0, 1)));
    if (header === undefined || header.seq === 0 || !this.#random.chance(1 / oneIn)) return;
    let { seq } = header;
    const next: Next = (kind, payload) => concatBytes([encodeHeader(kind, header.session, ++seq), payload]);
    for (const message of this.#aside(next, this.channel)) this.#inner.send([message]);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(reason: string): void {
    this.#inner.close(reason);
  }
}
