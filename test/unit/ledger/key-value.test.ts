import fc from 'fast-check';
import t from 'tap';
import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import type {
  Admission,
  Application,
  Applied,
  Opened,
  QueryAnswer,
  RestoredHead,
  SnapshotSource,
} from '../../../consensus/application.ts';
import {
  accountOf,
  type Command,
  decodeCommand,
  jobOf,
  type Operation,
  type SignedEntry,
  signCommand,
} from '../../../ledger/commands/index.ts';
import { BlobLedger, KeyValueLedger, type KeyValueOptions, type LedgerRules } from '../../../ledger/index.ts';
import { accountKey, unwrapValue, valueKey, verifyStateProof } from '../../../ledger/proof/index.ts';
import { decodeReceipt, decodeReceipts, type Receipt } from '../../../ledger/receipt.ts';
import { decodeAccount, judgeNonce, newAccount, useNonce } from '../../../ledger/state/account.ts';
import { bigEndian, concatBytes, noBytes, toUtf8 } from '../../../lib/bytes.ts';
import { errorRow, errorRowOfCode } from '../../../lib/errors.ts';
import { accelerateSha256, type Hash, hashToBytes, sha256Hex, zeroHash } from '../../../lib/hash.ts';
import { seededRandom } from '../../../lib/random.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';
import { packEntries } from '../../../net/gateway/protocol.ts';
import { atOnce, inline, now, type TestStore, testStore, text } from './support.ts';

accelerateSha256(nativeSha256);

const chain = sha256Hex(text('a chain'));
const alice = sodiumSuite.keyPairOf(new Uint8Array(32).fill(1));
const bob = sodiumSuite.keyPairOf(new Uint8Array(32).fill(2));
const aliceAccount = accountOf(1, alice.publicKey);
const bobAccount = accountOf(1, bob.publicKey);
const blockTime = 1_000_000;
const minute = 60_000;

const rules: LedgerRules = { chain, accounts: { mode: 'open' }, bytesPerAccount: 10_000, suites: [sodiumSuite] };

const put = (key: string, value: string): Operation => ({ kind: 'put', key: text(key), value: text(value) });
const del = (key: string): Operation => ({ kind: 'delete', key: text(key) });
const cas = (key: string, expected: string | null, value: string | null): Operation => ({
  kind: 'compare-and-set',
  key: text(key),
  expected: expected === null ? null : text(expected),
  value: value === null ? null : text(value),
});

let freshNonce = 0;
function sign(changes: Partial<Command> = {}, keys = alice): SignedEntry {
  const command: Command = {
    chain,
    account: null,
    nonce: ++freshNonce,
    expiryMs: blockTime + minute,
    after: null,
    atomic: true,
    operations: [put('a', '1')],
    ...changes,
  };
  return signCommand(command, sodiumSuite, keys);
}

function batchOf(
  entries: readonly Uint8Array[],
  lane = 0,
  seq = 1,
): { lane: number; seq: number; count: number; bytes: Uint8Array[] } {
  return { lane, seq, count: entries.length, bytes: [packEntries(entries)] };
}

interface World {
  readonly ledger: KeyValueLedger;
  readonly store: TestStore;
  height: number;
}

function open(
  options: Partial<LedgerRules> = {},
  store = testStore(),
  pageCacheBytes = 1 << 20,
  after: KeyValueOptions['after'] = atOnce,
): World {
  const ledger = new KeyValueLedger({
    rules: { ...rules, ...options },
    store,
    storePrefix: text('c/'),
    defer: inline,
    after,
    pageCacheBytes,
    valueCacheBytes: pageCacheBytes,
  });
  const { height } = now<Opened>((done) => ledger.open(done));
  return { ledger, store, height };
}

function apply(world: World, entries: readonly Uint8Array[], timeMs = blockTime): Applied {
  world.height++;
  return now<Applied>((done) =>
    world.ledger.apply(
      { height: world.height, id: sha256Hex(bigEndian(world.height, 8)), timeMs, batches: [batchOf(entries)] },
      done,
    ),
  );
}

/** names of the codes of a block's entries */
function codes(applied: Applied): readonly string[] {
  return applied.outcomes.flatMap(({ count, exceptions }) =>
    Array.from({ length: count }, (_, i) => {
      const code = exceptions.find(({ index }) => index === i)?.code;
      return code === undefined ? 'ok' : (errorRowOfCode(code)?.name ?? '?');
    }),
  );
}

const run = (world: World, ...signed: readonly SignedEntry[]): readonly string[] =>
  codes(
    apply(
      world,
      signed.map(({ entry }) => entry),
    ),
  );

const query = (world: World, path: string, argument: Uint8Array, prove = false, atHeight?: number): QueryAnswer =>
  now<QueryAnswer>((done) =>
    world.ledger.query({ path, argument, prove, ...(atHeight === undefined ? {} : { atHeight }) }, done),
  );

function valueOf(world: World, key: string, account = aliceAccount): string | undefined {
  const { value } = query(world, 'value', concatBytes([hashToBytes(account), text(key)]));
  return value === undefined ? undefined : toUtf8(unwrapValue(value) ?? noBytes);
}

function receiptOf(world: World, hash: Hash): Receipt | undefined {
  const { value } = query(world, 'receipt', hashToBytes(hash));
  return value === undefined ? undefined : decodeReceipt(value);
}

function check(world: World, entries: readonly Uint8Array[], wallMs = blockTime): readonly string[] {
  const context = { chain, height: world.height, timeMs: blockTime - 1000, wallMs };
  const admissions = now<readonly Admission[]>((done) => world.ledger.check(entries, context, done));
  return admissions.map((each) => (each.ok ? 'ok' : (errorRowOfCode(each.code)?.name ?? '?')));
}

t.test('a command has one form, and the decoder takes no other', (t) => {
  const { entry, hash } = sign({
    nonce: 300,
    operations: [put('k', 'v'), del('x'), cas('y', null, 'z')],
    after: 4,
    account: aliceAccount,
  });
  const decoded = decodeCommand(entry);
  if (!decoded.ok) throw new Error(decoded.error);
  t.equal(decoded.value.hash, hash);
  t.equal(decoded.value.actor, aliceAccount);
  t.same(decoded.value.operations, [put('k', 'v'), del('x'), cas('y', null, 'z')]);
  const { publicKey, signedText, signature } = jobOf(decoded.value);
  t.ok(sodiumSuite.verify(publicKey, signedText, signature));
  for (let end = 0; end < entry.length; end++) if (decodeCommand(entry.subarray(0, end)).ok) t.fail('takes a prefix');
  const big = sign({ operations: [{ kind: 'put', key: text('k'), value: new Uint8Array(32_769) }] });
  t.match(decodeCommand(big.entry), { ok: false, error: 'value-too-large' });
  const bigger = sign({ operations: [{ kind: 'put', key: text('k'), value: new Uint8Array(70_000) }] });
  t.match(decodeCommand(bigger.entry), { ok: false, error: 'value-too-large' }, 'the more exact word');
  t.match(decodeCommand(sign({ operations: [put('k'.repeat(257), '')] }).entry), { ok: false, error: 'key-too-large' });
  t.match(decodeCommand(sign({ operations: [put('', '')] }).entry), { ok: false, error: 'key-too-large' });
  t.match(decodeCommand(new Uint8Array(2 ** 20 + 1)), { ok: false, error: 'malformed-command' });
  fc.assert(
    fc.property(fc.nat(entry.length - 1), fc.nat(255), (at, byte) => {
      const altered = entry.map((each, i) => (i === at ? byte : each));
      const read = decodeCommand(altered);
      return !read.ok || altered[at] === entry[at] || read.value.hash !== hash;
    }),
  );
  t.end();
});

t.test('the window of nonces', (t) => {
  const account = newAccount({ suite: 1, key: alice.publicKey });
  const expected: (readonly [number, string | undefined])[] = [
    [1025, 'nonce-too-far'],
    [3, undefined],
    [3, 'nonce-used'],
    [1, undefined],
    [2, undefined],
    [1, 'nonce-used'],
    [1027, undefined],
    [2, 'nonce-too-old'],
    [3, 'nonce-used'],
    [4, undefined],
    [1026, undefined],
    [1026, 'nonce-used'],
    [1028, undefined],
    [1027, 'nonce-used'],
    [3, 'nonce-too-old'],
    [4, 'nonce-used'],
    [5, undefined],
    [2053, 'nonce-too-far'],
    [2052, undefined],
    [1028, 'nonce-used'],
    [1029, undefined],
    [1027, 'nonce-too-old'],
  ];
  for (const [nonce, verdict] of expected) {
    t.equal(judgeNonce(account, nonce), verdict, `nonce ${nonce} at ${account.highestNonce}`);
    if (verdict === undefined) useNonce(account, nonce);
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 200 }), (nonces) => {
      const account = newAccount({ suite: 1, key: alice.publicKey });
      const used = new Set<number>();
      return nonces.every((nonce) => {
        const highest = Math.max(0, ...used);
        const fits = nonce <= highest + 1024 && nonce >= highest - 1024 && !used.has(nonce);
        if ((judgeNonce(account, nonce) === undefined) !== fits) return false;
        if (fits) {
          useNonce(account, nonce);
          used.add(nonce);
        }
        return true;
      });
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test('operations, receipts, events and proofs', (t) => {
  const world = open();
  const first = sign({ operations: [put('greeting', 'hello')] });
  t.same(run(world, first), ['ok']);
  t.equal(valueOf(world, 'greeting'), 'hello');
  t.match(receiptOf(world, first.hash), {
    height: 1,
    index: 0,
    code: 0,
    failures: [],
    events: [{ topic: 'put', data: text('greeting') }],
  });
  const ofBlock = (height: number) =>
    query(world, 'receipts', concatBytes([bigEndian(height, 8), bigEndian(0, 4)])).value;
  t.match(decodeReceipts(ofBlock(1) ?? noBytes), [{ hash: first.hash, index: 0 }]);
  t.equal(ofBlock(2), undefined);
  t.same(
    run(
      world,
      sign({ operations: [cas('greeting', 'hello', 'bye')] }),
      sign({ operations: [cas('greeting', 'hello', 'again')] }),
      sign({ operations: [cas('new', null, '')] }),
      sign({ operations: [put('greeting', 'theirs')], nonce: 1 }, bob),
      sign({ operations: [del('absent')] }),
    ),
    ['ok', 'compare-failed', 'ok', 'ok', 'ok'],
  );
  t.equal(valueOf(world, 'greeting'), 'bye');
  t.equal(valueOf(world, 'greeting', bobAccount), 'theirs', 'each account has its own namespace');
  t.equal(valueOf(world, 'new'), '', 'an empty value is a value');
  const applied = apply(world, [sign({ operations: [cas('new', '', null), del('greeting')] }).entry]);
  t.equal(valueOf(world, 'new'), undefined);

  for (const [height, key, there] of [
    [3, 'greeting', false],
    [2, 'greeting', true],
    [1, 'greeting', true],
    [0, 'greeting', false],
  ] as const) {
    const argument = concatBytes([hashToBytes(aliceAccount), text(key)]);
    const answer = query(world, 'value', argument, true, height);
    t.equal(answer.value !== undefined, there, `at height ${height}`);
    if (height !== 3) continue;
    const name = valueKey(aliceAccount, text(key));
    t.ok(verifyStateProof(applied.stateRoot, name, answer.value, answer.proof ?? noBytes));
  }
  const account = query(world, 'account', hashToBytes(aliceAccount), true);
  t.ok(verifyStateProof(applied.stateRoot, accountKey(aliceAccount), account.value, account.proof ?? noBytes));
  t.match(decodeAccount(account.value ?? noBytes), { usedBytes: 0, keys: [{ suite: 1, key: alice.publicKey }] });
  t.equal(query(world, 'value', text('short')).code, errorRow('bad-argument').code);
  t.equal(query(world, 'balance', noBytes).code, errorRow('unknown-path').code);
  t.equal(query(world, 'account', hashToBytes(aliceAccount), true, 9).code, errorRow('height-not-kept').code);
  t.end();
});

t.test('what is refused has no effect, and says why', (t) => {
  const world = open({ accounts: { mode: 'listed', accounts: new Set([aliceAccount]) } });
  const used = sign({ nonce: 500 });
  t.same(run(world, used), ['ok']);
  freshNonce = 500;
  const good = sign();
  const broken = good.entry.map((byte, i) => (i === good.entry.length - 5 ? byte ^ 1 : byte));
  const table: readonly (readonly [string, Uint8Array])[] = [
    ['malformed-command', text('what is this')],
    ['malformed-command', noBytes],
    ['wrong-chain', sign({ chain: zeroHash }).entry],
    ['bad-signature', broken],
    ['expired', sign({ expiryMs: blockTime - 1 }).entry],
    ['expiry-too-far', sign({ expiryMs: blockTime + 10 * minute + 1 }).entry],
    ['unknown-account', sign({ nonce: 1 }, bob).entry],
    ['unknown-account', sign({ account: zeroHash }).entry],
    ['wrong-key', sign({ account: aliceAccount }, bob).entry],
    ['nonce-used', sign({ nonce: 500, operations: [put('a', 'other')] }).entry],
    ['nonce-too-far', sign({ nonce: 1525 }).entry],
  ];
  const before = query(world, 'account', hashToBytes(aliceAccount)).value;
  t.same(
    check(
      world,
      table.map(([, entry]) => entry),
    ),
    table.map(([name]) => name),
    'admission',
  );
  const root = apply(
    world,
    table.map(([, entry]) => entry),
  );
  t.same(
    codes(root),
    table.map(([name]) => name),
    'execution',
  );
  t.same(query(world, 'account', hashToBytes(aliceAccount)).value, before);
  t.same(run(world, used), ['duplicate-command']);
  t.same(check(world, [used.entry]), ['duplicate-command']);
  t.match(receiptOf(world, used.hash), { height: 1, code: 0 }, 'the first receipt stays');
  t.same(run(world, good, good), ['ok', 'duplicate-command'], 'twice in one block');
  t.equal(codes(apply(world, [used.entry], blockTime + minute + 1))[0], 'duplicate-command', 'even after it expired');
  t.match(receiptOf(world, used.hash), { height: 1, code: 0 });
  t.same(check(world, [sign().entry], blockTime + 2 * minute), ['expired'], 'admission looks at the clock');
  t.same(run(world, sign({ nonce: 510, after: 505 }), sign({ nonce: 505 }), sign({ nonce: 511, after: 505 })), [
    'after-missing',
    'ok',
    'ok',
  ]);
  t.end();
});

t.test('bundles: atomic or independent', (t) => {
  const world = open();
  const operations = [put('a', '1'), cas('b', 'never', 'x'), put('c', '3')];
  const atomic = sign({ operations });
  const independent = sign({ operations, atomic: false });
  t.same(run(world, atomic), ['bundle-aborted']);
  t.equal(valueOf(world, 'a'), undefined);
  t.match(receiptOf(world, atomic.hash), {
    failures: [{ operation: 1, code: errorRow('compare-failed').code }],
    events: [],
  });
  t.same(run(world, independent), ['bundle-partial']);
  t.equal(valueOf(world, 'c'), '3');
  t.match(receiptOf(world, independent.hash), {
    failures: [{ operation: 1 }],
    events: [{ topic: 'put' }, { topic: 'put' }],
  });
  const large = Array.from({ length: 1000 }, (_, i) => put(`key${i % 10}`, String(i)));
  t.same(run(world, sign({ operations: large })), ['ok']);
  t.equal(valueOf(world, 'key3'), '993', 'operations run in order');
  t.same(run(world, sign({ operations: [put('big', 'x'.repeat(9_000))] })), ['quota-exceeded']);
  t.same(run(world, sign({ operations: [del('a'), put('big', 'x'.repeat(9_000))] })), ['bundle-aborted']);
  t.equal(valueOf(world, 'a'), '1', 'taken back');
  t.same(run(world, sign({ operations: [put('a', '12')] }), sign({ operations: [del('a')] })), ['ok', 'ok']);
  t.end();
});

t.test('batches that do not add up become receipts, the same at every node', (t) => {
  const world = open();
  const good = sign();
  const whole = batchOf([good.entry, good.entry]);
  const bytes = whole.bytes[0] as Uint8Array;
  const batches = [
    { ...whole, count: 3 },
    { lane: 1, seq: 1, count: 1, bytes: [bigEndian(0xffffffff, 4)] },
    { lane: 2, seq: 1, count: 2, bytes: Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1)) },
  ];
  const applied = now<Applied>((done) =>
    world.ledger.apply({ height: 1, id: zeroHash, timeMs: blockTime, batches }, done),
  );
  t.same(codes(applied), [
    'ok',
    'duplicate-command',
    'malformed-command',
    'malformed-command',
    'duplicate-command',
    'duplicate-command',
  ]);
  t.same(
    applied.outcomes.map(({ firstIndex }) => firstIndex),
    [0, 3, 4],
  );
  t.end();
});

const operationOf = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 25 }), fc.integer({ min: 0, max: 3 }))
  .map(([kind, key, value]) =>
    kind === 0 ? put(`k${key}`, String(value)) : kind === 1 ? del(`k${key}`) : cas(`k${key}`, String(value), 'swapped'),
  );
const commandOf = fc.record({
  operations: fc.array(operationOf, { minLength: 1, maxLength: 6 }),
  atomic: fc.boolean(),
  nonce: fc.integer({ min: 1, max: 60 }),
  who: fc.constantFrom(alice, bob),
});

t.test('replicas agree on every root whatever they keep in memory, and after crashes between blocks', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(commandOf, { maxLength: 8 }), { minLength: 1, maxLength: 5 }),
      fc.nat(),
      (blocks, seed) => {
        const random = seededRandom(seed);
        const sometimes: KeyValueOptions['after'] = (_delayMs, next) => {
          if (random.chance(0.4)) next();
        };
        const roomy = open({}, testStore(), 1 << 20, sometimes);
        const starved = open({}, testStore(), 1);
        let crashing = open({}, testStore(), 1 << 20, sometimes);
        const admitted = open();
        const roots: Hash[] = [];
        const past: { entries: readonly Uint8Array[]; applied: Applied }[] = [];
        const agrees = (world: World, { entries, applied }: (typeof past)[number]): boolean => {
          const theirs = apply(world, entries);
          return theirs.stateRoot === applied.stateRoot && codes(theirs).join() === codes(applied).join();
        };
        for (const block of blocks) {
          // some commands come again later: the copies of one that was refused, and of one that was executed
          const again = past.flatMap(({ entries }) => entries.filter(() => random.chance(0.2)));
          const entries = [...block.map(({ who, ...changes }) => sign(changes, who).entry), ...again];
          check(admitted, entries);
          const applied = apply(roomy, entries);
          roots.push(applied.stateRoot);
          past.push({ entries, applied });
          if (![starved, admitted].every((other) => agrees(other, { entries, applied }))) return false;
          // a crash undoes whole blocks, newest first; they are applied again, with the same outcomes
          if (random.chance(0.6)) crashing = open({}, crashing.store, 1 << 20, sometimes);
          if (!past.slice(crashing.height).every((each) => agrees(crashing, each))) return false;
        }
        now<void>((done) => crashing.ledger.persist(done));
        const opened = now<Opened>((done) => open({}, crashing.store).ledger.open(done));
        if (opened.recent.map(({ stateRoot }) => stateRoot).join() !== roots.join()) return false;
        const restored = open();
        const expected = headAt(roomy.height, roots[roots.length - 1] as Hash);
        now<void>((done) => restored.ledger.restore(sourceOf(dumpOf(roomy.ledger)), expected, done));
        restored.height = roomy.height;
        return apply(restored, [sign().entry]).stateRoot === apply(crashing, [signedLast()]).stateRoot;
      },
    ),
    { numRuns: 25 },
  );
  t.end();
});

/** the command that `sign` made last, again */
function signedLast(): Uint8Array {
  freshNonce--;
  return sign().entry;
}

function dumpOf(ledger: Application): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  now<void>((done) =>
    ledger.snapshot((part, next) => {
      parts.push(part);
      next();
    }, done),
  );
  return parts;
}

function sourceOf(parts: readonly Uint8Array[]): SnapshotSource {
  return { part: (index, done) => done(undefined, parts[index]) };
}

function headAt(height: number, stateRoot: Hash): RestoredHead {
  return { height, stateRoot, outboxRoot: zeroHash, timeMs: blockTime };
}

t.test('a snapshot of many names goes in many parts, and is whole in the store of who takes it', (t) => {
  const world = open({ bytesPerAccount: 1_000_000 });
  const values = Array.from({ length: 40 }, (_, i) => put(`key ${i}`, 'x'.repeat(8_000)));
  const applied = values.map((value, i) => apply(world, [sign({ nonce: i + 1, operations: [value] }).entry]));
  const parts = dumpOf(world.ledger);
  t.ok(parts.length > 4, `${parts.length} parts`);
  t.ok(parts.every(({ length }) => length <= 64 * 1024));
  const next = sign({ nonce: values.length + 1, operations: [put('key 7', 'changed'), put('one more', 'x')] }).entry;
  const expected = headAt(world.height, (applied.at(-1) as Applied).stateRoot);
  const after = apply(world, [next]);
  for (const pageCacheBytes of [1, 1 << 20]) {
    const taker = open({ bytesPerAccount: 1_000_000 }, testStore(), pageCacheBytes);
    now<void>((done) => taker.ledger.restore(sourceOf(parts), expected, done));
    const reopened = open({ bytesPerAccount: 1_000_000 }, taker.store);
    t.equal(apply(reopened, [next]).stateRoot, after.stateRoot, `with ${pageCacheBytes} bytes for pages`);
  }
  t.end();
});

t.test('a forged or truncated snapshot is refused', (t) => {
  const world = open();
  const { stateRoot } = apply(world, [sign({ nonce: 1 }).entry]);
  const [dump] = dumpOf(world.ledger) as [Uint8Array];
  const other = open();
  const forged = dump.map((byte, i) => (i === dump.length - 1 ? byte ^ 1 : byte));
  for (const bad of [[forged], [dump.subarray(0, -1)], [noBytes], [], [dump, forged]]) {
    t.throws(() => now<void>((done) => other.ledger.restore(sourceOf(bad), headAt(1, stateRoot), done)), /corrupt/);
  }
  now<void>((done) => other.ledger.restore(sourceOf([dump]), headAt(1, stateRoot), done));
  t.equal(valueOf(other, 'a'), '1');
  t.equal(open({}, other.store).height, 1);
  t.end();
});

t.test('blobs are counted, not read', (t) => {
  const store = testStore();
  const opened = (): BlobLedger => new BlobLedger({ store, storePrefix: text('b/') });
  const ledger: Application = opened();
  t.match(
    now<Opened>((done) => ledger.open(done)),
    { height: 0, recent: [{ stateRoot: zeroHash }] },
  );
  const block = (height: number) => ({
    height,
    id: sha256Hex(text(String(height))),
    timeMs: 1,
    batches: [batchOf([text('x'), text('yy')])],
  });
  const first = now<Applied>((done) => ledger.apply(block(1), done));
  const second = now<Applied>((done) => ledger.apply(block(2), done));
  t.not(first.stateRoot, second.stateRoot);
  const empty = now<Applied>((done) => ledger.apply({ ...block(3), batches: [] }, done));
  t.equal(empty.stateRoot, second.stateRoot);
  const again = opened();
  t.match(
    now<Opened>((done) => again.open(done)),
    { height: 3, recent: [{ stateRoot: first.stateRoot }, {}, {}] },
  );
  const fresh = new BlobLedger({ store: testStore(), storePrefix: noBytes });
  now<void>((done) => fresh.restore(sourceOf(dumpOf(again)), headAt(3, second.stateRoot), done));
  t.same(
    now<Applied>((done) => fresh.apply(block(4), done)),
    now<Applied>((done) => again.apply(block(4), done)),
  );
  t.end();
});

t.test('chains of one store do not meet', (t) => {
  const store = testStore();
  const a = new KeyValueLedger({ rules, store, storePrefix: text('a/'), defer: inline, after: atOnce });
  now<Opened>((done) => a.open(done));
  now<Applied>((done) =>
    a.apply({ height: 1, id: zeroHash, timeMs: blockTime, batches: [batchOf([sign({ nonce: 1 }).entry])] }, done),
  );
  const b = new KeyValueLedger({ rules, store, storePrefix: text('b/'), defer: inline, after: atOnce });
  t.equal(now<Opened>((done) => b.open(done)).height, 0);
  t.end();
});
