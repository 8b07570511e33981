// Durable actors: recovery from turn records, resending, deduplication.

import t from 'tap';
import {
  type Address,
  createTurnRecords,
  type DurableMessage,
  durableBehavior,
  type TurnRecords,
} from '../../../actors/index.ts';
import { type Bytes, fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { type Any, actor, at, createWorld, FakeLog, type World } from './support.ts';

/** Adds what it is told, and passes each number on where it has someone to pass it to. */
function counter(records: TurnRecords, next?: Address) {
  return durableBehavior<{ total: number }, Any>({
    kind: 'counter',
    mailbox: { capacity: 100 },
    records,
    initial: () => ({ total: 0 }),
    encodeState: ({ total }) => fromUtf8(String(total)),
    decodeState: (bytes) => ({ total: Number(toUtf8(bytes)) }),
    readMessage: (payload) => {
      const value = Number(toUtf8(payload));
      return Number.isNaN(value) ? undefined : { type: 'add', value };
    },
    receive(state, message, _effects, post) {
      if (message.type === 'crash') throw new Error('bug');
      state.total += message.value as number;
      if (next !== undefined) post(next, fromUtf8(String(message.value)));
    },
    describe: ({ total }) => ({ context: { total } }),
  });
}

const totalOf = ({ system }: World, id: string) => system.describe(at(id))?.context?.['total'];
const add = (id: number, payload: string): DurableMessage => ({
  type: 'durable-message',
  from: at('client'),
  id,
  payload: fromUtf8(payload),
});

/** What survives a crash: the records up to the last sync. */
function survivors(log: FakeLog): TurnRecords {
  const records = createTurnRecords();
  for (const { kind, body } of log.records.slice(0, log.durable)) records.load(kind, body as Bytes);
  return records;
}

/** Syncs until nobody appends any more. */
function settle(world: World): void {
  for (let before = -1; before !== world.log.appended; ) {
    before = world.log.appended;
    world.clock.settle();
    world.log.sync();
    world.clock.settle();
  }
}

function withClient(world: World): number[] {
  const acks: number[] = [];
  world.system.spawn(
    at('client'),
    actor((message) => void acks.push((message as unknown as { id: number }).id)),
  );
  return acks;
}

t.test(
  'acknowledges a message when its effect is durable, once for each time it comes, and counts it once',
  async (t) => {
    const world = createWorld();
    const acks = withClient(world);
    world.system.spawn(at('a'), counter(createTurnRecords()));
    settle(world);
    world.system.deliver(at('a'), add(1, '5'));
    world.system.deliver(at('a'), add(1, '5'));
    world.system.deliver(at('a'), add(3, '100')); // out of sequence
    world.clock.settle();
    t.same(acks, []);
    settle(world);
    t.same(acks, [1]);
    world.system.deliver(at('a'), add(1, '5'));
    world.system.deliver(at('a'), add(2, 'not a number'));
    world.system.deliver(at('a'), add(3, '7'));
    settle(world);
    t.same(acks, [1, 1, 2, 3]);
    t.equal(totalOf(world, 'a'), 12);
  },
);

t.test('restarts from its newest turn when a turn fails', async (t) => {
  const world = createWorld();
  world.system.spawn(at('a'), counter(createTurnRecords()));
  world.system.deliver(at('a'), add(1, '5'));
  world.system.deliver(at('a'), { type: 'crash' });
  settle(world);
  t.match(world.system.describe(at('a')), { restarts: 1, context: { total: 5 } });
});

t.test('a posted message leaves when its record is durable and is sent again until acknowledged', async (t) => {
  const world = createWorld();
  const sent: unknown[] = [];
  world.system.spawn(
    at('b'),
    actor((message) => void sent.push((message as unknown as DurableMessage).id)),
  );
  world.system.spawn(at('a'), counter(createTurnRecords(), at('b')));
  settle(world);
  world.system.deliver(at('a'), add(1, '5'));
  world.clock.settle();
  t.same(sent, []);
  settle(world);
  t.same(sent, [1]);
  world.clock.advance(1000);
  t.same(sent, [1, 1]);
  world.system.deliver(at('a'), { type: 'durable-ack', from: at('b'), id: 1 } as never);
  world.clock.advance(5000);
  t.same(sent, [1, 1]);
});

t.test('whatever a crash leaves, every message takes effect exactly once', async (t) => {
  // the process crashes after each possible number of synced records, and starts again from them
  for (let crashAfter = 0; crashAfter <= 12; crashAfter++) {
    const first = createWorld();
    const start = (world: World, records: TurnRecords): void => {
      world.system.spawn(at('b'), counter(records));
      world.system.spawn(at('a'), counter(records, at('b')));
    };
    withClient(first);
    start(first, createTurnRecords());
    for (let id = 1; id <= 3; id++) first.system.deliver(at('a'), add(id, String(10 ** id)));
    for (let synced = 1; synced <= crashAfter; synced++) {
      first.clock.settle();
      if (synced <= first.log.appended) first.log.sync(synced);
    }
    first.clock.settle();
    first.system.halt();

    const second = createWorld();
    withClient(second);
    start(second, survivors(first.log));
    settle(second);
    for (let id = 1; id <= 3; id++) second.system.deliver(at('a'), add(id, String(10 ** id))); // the client resends
    settle(second);
    second.clock.advance(1000);
    settle(second);
    t.same([totalOf(second, 'a'), totalOf(second, 'b')], [1110, 1110], `crash after ${crashAfter} records`);
    t.match(second.system.describe(at('a'))?.context, { outbox: 0 });
  }
});
