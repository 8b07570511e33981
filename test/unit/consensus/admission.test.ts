// Admission with a stand-in for the engine that may not seal for a while: what is taken meanwhile becomes batches that are
// within their bounds, and so can be sent, journalled and read back.

import t from 'tap';
import type { Behavior, Effects, Message } from '../../../actors/index.ts';
import { admissionBehavior } from '../../../consensus/admission.ts';
import type { Application } from '../../../consensus/application.ts';
import { chainAddresses, type Seal, type Sealing, type Submitted } from '../../../consensus/chain-messages.ts';
import { maxBatchBytes, maxBatchEntries, maxUnsealedBytes } from '../../../consensus/limits.ts';
import { concatBytes } from '../../../lib/bytes.ts';
import { errorRow } from '../../../lib/errors.ts';
import type { Hash } from '../../../lib/hash.ts';
import { milliseconds } from '../../../lib/units.ts';
import { at, createWorld } from '../actors/support.ts';

const chain = 'ab'.repeat(32) as Hash;
const digest = 'cd'.repeat(32) as Hash;

function entry(first: number, bytes: number): Uint8Array {
  const whole = new Uint8Array(4 + bytes);
  new DataView(whole.buffer).setUint32(0, bytes, true);
  whole[4] = first;
  return whole;
}

function openDoor() {
  const world = createWorld();
  const addresses = chainAddresses(chain);
  const seals: Seal['content'][] = [];
  const standIn = (receive: (message: Message, effects: Effects<Message>) => void): Behavior<null, Message> => ({
    kind: 'stand-in',
    mailbox: { capacity: 1000 },
    start: () => null,
    receive: (_state, message, effects) => receive(message, effects),
  });
  const shard = at('shard');
  world.system.spawn(
    shard,
    standIn((message, effects) => {
      if (message.type === 'subscribe')
        effects.send(addresses.admission, { type: 'admission', open: true, reason: 'serving' } as Message);
    }),
  );
  world.system.spawn(
    addresses.engine,
    standIn((message) => {
      if (message.type === 'seal') seals.push((message as Seal).content);
    }),
  );
  const application = { opaque: { maxEntryBytes: 400_000, tooLarge: 2001 } } as Partial<Application> as Application;
  world.system.spawn(addresses.admission, admissionBehavior({ name: 'main', application, chain, addresses, shard }));
  world.clock.settle();
  const tell = (message: object): void => {
    world.system.deliver(addresses.admission, message as Message);
    world.clock.settle();
  };
  const answers: Submitted[] = [];
  return {
    ...{ world, seals, answers, tell },
    sealing: (reason: Sealing['reason']) => tell({ type: 'sealing', allowed: reason === 'open', reason }),
    submit(count: number, entries: Uint8Array): void {
      world.system.ask(
        addresses.admission,
        { type: 'submit', count, entries } as Message,
        milliseconds(60_000),
        (outcome) => {
          if (outcome.ok) answers.push(outcome.value as Submitted);
        },
      );
      world.clock.settle();
    },
  };
}

t.test(
  'what waits while nothing may be sealed becomes batches within their bounds, in order, and each is answered',
  async (t) => {
    const door = openDoor();
    door.sealing('window-full');
    const submitted = 40;
    for (let i = 0; i < submitted; i++) door.submit(1, entry(i, 400_000));
    const refused = door.answers.length;
    t.ok(refused > 0 && refused < submitted, `${refused} of ${submitted} refused`);
    for (const answer of door.answers) t.same(answer.refused, [{ index: 0, code: errorRow('overloaded').code }]);
    door.world.clock.advance(100);
    t.equal(door.seals.length, 0);

    door.sealing('open');
    t.ok(door.seals.length > 5, `${door.seals.length} batches`);
    for (const { size, count, body } of door.seals) {
      t.ok(size <= maxBatchBytes, `${size} bytes`);
      t.equal(size, concatBytes(body).length);
      t.equal(count, body.length);
    }
    const taken = submitted - refused;
    t.same(
      door.seals.flatMap(({ body }) => body.map((piece) => piece[4])),
      Array.from({ length: taken }, (_, i) => i),
    );
    t.ok(door.seals.reduce((sum, { size }) => sum + size, 0) <= maxUnsealedBytes + 400_004);

    door.answers.length = 0;
    door.seals.forEach(({ contentHash }, i) => {
      door.tell({ type: 'accepted', contentHash, lane: 0, seq: i + 1, digest });
    });
    t.same(
      door.answers.map(({ place }) => [place?.seq, place?.offset]),
      door.seals.flatMap(({ count }, i) => Array.from({ length: count }, (_, offset) => [i + 1, offset])),
    );
  },
);

t.test('so do many small entries', async (t) => {
  const door = openDoor();
  door.sealing('not-ready');
  door.sealing('window-full');
  const frame = concatBytes(Array.from({ length: 10_000 }, (_, i) => entry(i % 256, 12)));
  for (let i = 0; i < 10; i++) door.submit(10_000, frame);
  door.sealing('open');
  t.same(
    door.seals.map(({ count }) => count),
    [30_000, 30_000, 30_000, 10_000],
  );
  t.ok(door.seals.every(({ count }) => count <= maxBatchEntries));
});

t.test('entries of an opaque ledger are taken unread, but for those that are too large', async (t) => {
  const door = openDoor();
  door.sealing('open');
  door.submit(3, concatBytes([entry(1, 100), entry(2, 400_001), entry(3, 400_000)]));
  t.same(
    door.seals.map(({ count, body }) => [count, body.map((piece) => piece[4])]),
    [[2, [1, 3]]],
  );
  door.submit(1, entry(4, 500_000));
  t.match(door.answers.at(-1), { refused: [{ index: 0, code: 2001 }], place: undefined });
});

t.test('the longer its batches wait for their commits, the more a node gathers into one', async (t) => {
  const door = openDoor();
  door.sealing('open');
  let taken = 0;
  /** how long an entry that comes right after a batch waits for the next one */
  const paceNow = (): number => {
    const before = door.seals.length;
    door.submit(1, entry(taken++, 100));
    const startMs = door.world.clock.now();
    while (door.seals.length === before) door.world.clock.advance(1);
    return door.world.clock.now() - startMs;
  };
  const accept = (): void => {
    const { contentHash } = door.seals.at(-1) as Seal['content'];
    const seq = door.seals.length;
    door.tell({ type: 'accepted', contentHash, lane: 0, seq, digest: seq.toString(16).padStart(64, '0') });
  };
  const commit = (ownSeq: number, lineMs = 0): void =>
    door.tell({ type: 'progress', height: ownSeq, timeMs: 0, ownSeq, lineMs });

  t.equal(paceNow(), 0, 'nobody came before');
  t.equal(paceNow(), 4, 'nothing is known to wait');
  accept(); // the second batch; it waits from now on
  door.world.clock.advance(121);
  t.equal(paceNow(), 0, 'nobody came for longer than the pace');
  t.equal(paceNow(), 28, 'a quarter of what exceeds 25 ms, and 4');
  commit(1);
  door.world.clock.advance(400);
  paceNow();
  t.equal(paceNow(), 60, 'at most');
  commit(1, 500);
  paceNow();
  t.equal(paceNow(), 32, 'the lines take most of it');

  paceNow();
  door.submit(1, entry(taken++, 100));
  const before = door.seals.length;
  commit(2);
  door.world.clock.advance(4);
  t.equal(door.seals.length, before + 1, 'what it waited for is committed');
});
