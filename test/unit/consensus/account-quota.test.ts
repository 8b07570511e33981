// The share of one account in a validator's lane (§8): admission with the key-value ledger behind it; the engine is a
// stand-in that keeps what is sealed until the test commits it.

import t from 'tap';
import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import { address, type Behavior, type Message } from '../../../actors/index.ts';
import { admissionBehavior } from '../../../consensus/admission.ts';
import type { Application } from '../../../consensus/application.ts';
import { chainAddresses, type Seal, type Submitted } from '../../../consensus/chain-messages.ts';
import type { Batch } from '../../../consensus/core/index.ts';
import { accountQuotaBytes, laneWindowBytes } from '../../../consensus/limits.ts';
import { type Command, signCommand } from '../../../ledger/commands/index.ts';
import { BlobLedger, KeyValueLedger } from '../../../ledger/index.ts';
import { noBytes } from '../../../lib/bytes.ts';
import { errorRow } from '../../../lib/errors.ts';
import { accelerateSha256, type Hash, sha256Hex, taggedHash } from '../../../lib/hash.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';
import type { KeyPair } from '../../../lib/suites/suite.ts';
import { seconds } from '../../../lib/units.ts';
import { packEntries } from '../../../net/gateway/protocol.ts';
import { createWorld } from '../actors/support.ts';
import { atOnce, inline, now, testStore, text } from '../ledger/support.ts';

accelerateSha256(nativeSha256);

const chain = sha256Hex(text('a chain'));
const addresses = chainAddresses(chain);
const shard = address('test', 'shard', 'main');
const busy = errorRow('account-busy').code;
const keysOf = (seed: number): KeyPair => sodiumSuite.keyPairOf(new Uint8Array(32).fill(seed));
const [alice, bob] = [keysOf(1), keysOf(2)];
const value = new Uint8Array(30_000);

function keyValue(): KeyValueLedger {
  const rules = { chain, accounts: { mode: 'open' }, bytesPerAccount: 1e9, suites: [sodiumSuite] } as const;
  const ledger = new KeyValueLedger({ store: testStore(), storePrefix: noBytes, defer: inline, after: atOnce, rules });
  now((done) => ledger.open(done));
  return ledger;
}

function put(keys: KeyPair, nonce: number): Uint8Array {
  const command: Command = {
    ...{ chain, account: null, nonce, after: null, atomic: true, expiryMs: 1_700_000_060_000 },
    operations: [{ kind: 'put', key: text('k'), value }],
  };
  return signCommand(command, sodiumSuite, keys).entry;
}

const entryBytes = put(alice, 1).length + 4;
/** commands of 30 KB that one account may have uncommitted */
const share = Math.floor(accountQuotaBytes / entryBytes);

/** Admission, its shard and an engine that makes one batch of whatever is sealed. */
function open(application: Application = keyValue()) {
  const world = createWorld();
  const { system, clock, log } = world;
  const batches: Batch[] = [];
  let refuses = false;
  const engine: Behavior<null, Message> = {
    kind: 'engine',
    mailbox: { capacity: 10_000 },
    start: () => null,
    receive: (_state, message, effects) => {
      if (message.type !== 'seal') return;
      const { content } = message as Seal;
      const seq = batches.length + 1;
      const digest = taggedHash('batch', text(`${seq} ${content.contentHash}`));
      if (refuses)
        effects.send(addresses.admission, { type: 'not-sealed', contentHash: content.contentHash } as Message);
      else {
        batches.push({ ...content, lane: 0, seq, prev: digest, digest });
        const { contentHash } = content;
        effects.send(addresses.admission, { type: 'accepted', contentHash, lane: 0, seq, digest } as Message);
      }
    },
  };
  const silent: Behavior<null, Message> = { ...engine, kind: 'shard', receive: () => {} };
  system.spawn(shard, silent, { shard: 'main' });
  system.spawn(addresses.engine, engine, { shard: 'main' });
  system.spawn(addresses.admission, admissionBehavior({ application, name: 'main', chain, addresses, shard }), {
    shard: 'main',
  });
  const tell = (message: object): void => {
    system.deliver(addresses.admission, message as Message);
    clock.settle();
    log.sync();
    clock.settle();
  };
  tell({ type: 'admission', open: true, reason: '' });
  tell({ type: 'sealing', allowed: true, reason: 'open' });
  return {
    batches,
    tell,
    notes: world.notes,
    refuseSeals: () => void (refuses = true),
    describe: () => system.describe(addresses.admission)?.context as { accounts: number },
    commit: (ownSeq: number) => tell({ type: 'progress', height: ownSeq, timeMs: clock.wallMs(), ownSeq, lineMs: 0 }),
    /** @returns codes by index of what was refused, or the code of a refusal of everything */
    submit(entries: readonly Uint8Array[]): Record<string, number | undefined> {
      let answer: Message | undefined;
      system.ask(
        addresses.admission,
        { type: 'submit', count: entries.length, entries: packEntries(entries) } as Message,
        seconds(60),
        (outcome) => {
          answer = outcome.ok ? outcome.value : undefined;
        },
      );
      clock.settle();
      log.sync();
      clock.advance(10);
      log.sync();
      clock.settle();
      if (answer?.type !== 'submitted') return { all: (answer as (Message & { code: number }) | undefined)?.code };
      return Object.fromEntries((answer as Submitted).refused.map(({ index, code }) => [index, code]));
    },
  };
}

const commands = (keys: KeyPair, from: number, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => put(keys, from + i));

/** Fills an account's share, at most 30 commands a frame. */
function fill(chainDoor: ReturnType<typeof open>, keys: KeyPair): void {
  for (let from = 1; from <= share; from += 30) chainDoor.submit(commands(keys, from, Math.min(30, share + 1 - from)));
}

t.test('one account fills its share of a lane; another still gets in; a commit makes room again', async (t) => {
  t.ok(share * entryBytes <= 0.75 * laneWindowBytes);
  const door = open();
  fill(door, alice);
  t.equal(
    door.batches.reduce((sum, { count }) => sum + count, 0),
    share,
    'all within the share are taken',
  );
  t.same(door.submit([put(alice, share + 1)]), { 0: busy });
  t.same(door.submit([put(bob, 1), put(alice, share + 1), put(bob, 2)]), { 1: busy }, 'entry by entry');
  t.equal(door.describe().accounts, 2);
  const counted = door.notes.flatMap(({ note }) => ('count' in note && note.count.includes('busy') ? [note.by] : []));
  t.same(counted, [1, 1]);

  const first = door.batches[0] as Batch;
  door.commit(first.seq);
  t.same(door.submit(commands(alice, share + 1, first.count)), {}, 'as much as was committed');
  t.same(door.submit([put(alice, share + 100)]), { 0: busy });
  door.commit(door.batches.length);
  t.equal(door.describe().accounts, 0);
});

t.test('what the application refuses, and what the engine does not seal, costs nothing', async (t) => {
  const door = open();
  const forged = put(alice, 1).slice();
  forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
  for (let i = 0; i <= share; i += 30) door.submit(Array.from({ length: 30 }, () => forged));
  t.equal(door.describe().accounts, 0);
  door.refuseSeals();
  for (let i = 0; i <= share; i += 30)
    t.match(door.submit(commands(alice, 1, 30)), { all: errorRow('not-ready').code });
  t.equal(door.describe().accounts, 0);
});

t.test('after a restart the share is what the journal still holds, wherever L4 has moved it', async (t) => {
  const before = open();
  fill(before, alice);
  const after = open();
  after.tell({ type: 'own-recovered', batches: before.batches });
  t.same(after.submit([put(alice, share + 1), put(bob, 1)]), { 0: busy });
  const last = before.batches.at(-1) as Batch;
  const digest = sha256Hex(text('again'));
  after.tell({ type: 'reappended', lost: last.digest, place: { lane: 0, seq: last.seq + 10, digest } });
  after.commit(last.seq + 9);
  t.equal(after.describe().accounts, 1, 'the moved batch is not committed yet');
  after.commit(last.seq + 10);
  t.equal(after.describe().accounts, 0);
});

t.test('a batch that is moved or committed while the ledger still reads it counts once, or not at all', async (t) => {
  const before = open();
  before.submit(commands(alice, 1, 2));
  before.submit(commands(alice, 3, 2));
  const [one, two] = before.batches as [Batch, Batch];
  const waiting: (() => void)[] = [];
  const ledger = keyValue();
  const slow = Object.assign(Object.create(ledger) as KeyValueLedger, {
    charges: (...args: Parameters<KeyValueLedger['charges']>) => void waiting.push(() => ledger.charges(...args)),
  });
  const after = open(slow);
  after.tell({ type: 'own-recovered', batches: [one, two] });
  const digest: Hash = sha256Hex(text('again'));
  after.tell({ type: 'reappended', lost: two.digest, place: { lane: 0, seq: 9, digest } });
  after.commit(one.seq);
  for (const go of waiting) go();
  after.commit(one.seq);
  t.equal(after.describe().accounts, 1);
  after.commit(9);
  t.equal(after.describe().accounts, 0);
});

t.test('a blob chain has no accounts: the lane alone bounds it', async (t) => {
  const ledger = new BlobLedger({ store: testStore(), storePrefix: noBytes });
  now((done) => ledger.open(done));
  const door = open(ledger);
  const blobs = Array.from({ length: 16 }, () => new Uint8Array(60_000));
  for (let sent = 0; sent < 2 * accountQuotaBytes; sent += 16 * 60_000) t.same(door.submit(blobs), {});
  t.equal(door.describe().accounts, 0);
});
