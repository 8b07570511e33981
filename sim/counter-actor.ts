// The smallest program whose loss of a write shows: a durable counter that clients increment, and a durable mirror that
// the counter tells of each increment. Both run on the production actors, journal and gate.

import {
  type Address,
  address,
  type Behavior,
  durableBehavior,
  type Message,
  type TurnRecords,
} from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import { type Bytes, bigEndian } from '../lib/bytes.ts';
import { decode, encode } from '../lib/codec.ts';
import { list, misfit, type Shape, text, tuple, uint } from '../lib/shape.ts';

export const counterAddress: Address = address('sim', 'counter', 'main');
export const mirrorAddress: Address = address('sim', 'counter', 'mirror');

/** `id` is 1, 2, 3 … for each client, which repeats one until it is answered. */
export interface Increment extends Message {
  readonly type: 'increment';
  readonly client: string;
  readonly id: number;
}

export interface Counted extends Message {
  readonly type: 'counted';
  /** the client's newest increment that counts */
  readonly newestId: number;
  readonly total: number;
}

interface ClientIds {
  readonly client: string;
  readonly id: number;
}

interface Counter {
  total: number;
  /** the newest id of each client */
  lastIds: readonly ClientIds[];
  /** recent totals: they make a record longer than a sector, so that it can be torn */
  recent: readonly number[];
}

const recentKept = 400;

const counterShape: Shape<Counter> = tuple({
  total: uint(),
  lastIds: list(tuple<ClientIds>({ client: text(40), id: uint() }), 100),
  recent: list(uint(), recentKept),
});

export function counterBehavior(records: TurnRecords): Behavior<unknown, Increment> {
  return durableBehavior<Counter, Increment>({
    ...stored(records),
    kind: 'sim-counter',
    readMessage: () => undefined,
    receive: (state, { client, id }, effects, post) => {
      const last = state.lastIds.find((each) => each.client === client)?.id ?? 0;
      const isNext = id === last + 1;
      if (isNext) {
        count(state, client, id);
        post(mirrorAddress, bigEndian(state.total, 8));
      }
      const answer: Counted = { type: 'counted', newestId: isNext ? id : last, total: state.total };
      effects.reply(answer);
    },
  }) as Behavior<unknown, Increment>;
}

interface Mirrored extends Message {
  readonly type: 'mirrored';
}

/** Counts what the counter posts to it: exactly once each, whatever crashes. */
export function mirrorBehavior(records: TurnRecords): Behavior<unknown, Message> {
  return durableBehavior<Counter, Mirrored>({
    ...stored(records),
    kind: 'sim-mirror',
    readMessage: () => ({ type: 'mirrored' }),
    receive: (state) => count(state, 'counter', state.total + 1),
  }) as Behavior<unknown, Message>;
}

function stored(records: TurnRecords) {
  return {
    mailbox: { capacity: 1000 },
    records,
    initial: (): Counter => ({ total: 0, lastIds: [], recent: [] }),
    encodeState: (state: Counter): Bytes => encode(counterShape.write(state)),
    decodeState: readCounter,
    describe: ({ total }: Counter) => ({ context: { total } }),
  };
}

function readCounter(state: Bytes): Counter {
  const decoded = decode(state);
  const counter = decoded.ok ? counterShape.read(decoded.value) : misfit;
  assert(counter !== misfit, 'a counter reads as it was written');
  return counter;
}

function count(state: Counter, client: string, id: number): void {
  state.total++;
  state.lastIds = [...state.lastIds.filter((each) => each.client !== client), { client, id }];
  state.recent = [...state.recent, state.total].slice(-recentKept);
}
