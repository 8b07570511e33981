import t from 'tap';
import { createRealClock } from '../../../../actors/drivers/real-clock.ts';
import { address, createActorSystem, createNoteSink } from '../../../../actors/index.ts';
import { purchase } from '../../../../examples/purchase/purchase.swarm.ts';
import purchaseRun from '../../../../examples/purchase/run.ts';
import { type Bytes, fromUtf8, toHex } from '../../../../lib/bytes.ts';
import { sha256, sha256Hex, zeroHash } from '../../../../lib/hash.ts';
import { silentLog } from '../../../../lib/log.ts';
import { createMetrics } from '../../../../lib/metrics.ts';
import { hpkeSealing } from '../../../../lib/suites/sealing.ts';
import { sodiumSuite } from '../../../../lib/suites/sodium.ts';
import { hours, milliseconds } from '../../../../lib/units.ts';
import { agent, end, never, swarm } from '../../../../swarms/index.ts';
import { AgentHost } from '../../../../swarms/run/agent-host.ts';
import { agentOf } from '../../../../swarms/run/agent-keys.ts';
import type { AgentHostOptions } from '../../../../swarms/run/agent-options.ts';
import { maxLookups } from '../../../../swarms/run/limits.ts';
import { MemoryStore } from '../../../../swarms/run/memory-store.ts';
import { decodeEnvelope, encodeEnvelope, messageText, type SwarmMessage } from '../../../../swarms/run/message.ts';
import { programOf } from '../../../../swarms/run/program.ts';
import { encodeRecord, encodeStart, recordHash, type Start, signedText } from '../../../../swarms/run/record.ts';

const suites = { suite: sodiumSuite, sealing: hpkeSealing };
const program = programOf(purchase as never);
const roles = Object.keys(program.description.roles);
const nameOf = (role: string): string => `test/agent/${role}`;
const agents = new Map(
  await Promise.all(
    [...roles, 'stranger'].map(
      async (role) => [role, await agentOf(nameOf(role), sha256(fromUtf8(role)), suites)] as const,
    ),
  ),
);
const of = (role: string) => agents.get(role) as Awaited<ReturnType<typeof agentOf>>;
const sign = (role: string, text: Bytes): Bytes => sodiumSuite.sign(of(role).keys.signing, text);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The seller's agent, alone: what others send it comes from the tests. */
async function sellerOf(
  t: { teardown(action: () => void): void },
  options: Partial<AgentHostOptions> = {},
  role = 'seller',
  rows: ReadonlyMap<string, Bytes> = new Map(),
) {
  const clock = createRealClock();
  const system = createActorSystem({
    clock,
    shards: {},
    notes: createNoteSink({ log: silentLog, metrics: createMetrics() }),
    onFatal: (reason) => t.teardown(() => console.error(reason)),
  });
  const store = new MemoryStore((run) => setImmediate(run), rows);
  /** while it holds, the store does not answer who asks for one row */
  const held: (() => void)[] = [];
  const slow = { holds: false, asked: 0 };
  const get: MemoryStore['get'] = (key, done) => {
    slow.asked++;
    if (slow.holds) held.push(() => store.get(key, done));
    else store.get(key, done);
  };
  const sent: SwarmMessage[] = [];
  const world = {
    ...suites,
    ...{ clock, system, log: silentLog },
    store: {
      get,
      batch: store.batch.bind(store) as MemoryStore['batch'],
      range: store.range.bind(store) as MemoryStore['range'],
    },
    courier: {
      send: (_: string, bytes: Bytes) => void sent.push(decodeEnvelope(bytes)?.message as SwarmMessage),
    },
    directory: { find: (name: string) => roles.map((each) => of(each).card).find(({ agent }) => agent === name) },
    secureRandom: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  };
  const programs = [{ program, implementations: purchaseRun.agents }];
  const host = new AgentHost(world, { ...of(role), programs, ...options });
  const waiting = setInterval(() => undefined, 1_000);
  t.teardown(() => {
    clearInterval(waiting);
    host.close();
    system.halt();
  });
  return {
    host,
    sent,
    slow,
    release: () => held.splice(0).forEach((answer) => answer()),
    start: () => new Promise((resolve) => host.start(resolve)),
    spawned: (id: string) => system.has(address(nameOf(role).replaceAll('/', ':'), 'swarm', id)),
    rows: () => store.rows,
  };
}

interface Forged {
  readonly from?: string;
  readonly signer?: string;
  readonly startSigner?: string;
  readonly start?: Partial<Start>;
}

/** The first words that the buyer sends to the seller. */
function firstNews(
  instance: string,
  { from = 'buyer', signer = from, startSigner = 'buyer', start = {} }: Forged = {},
) {
  const body = encodeStart({
    ...{ instance, description: program.hash, starter: 'buyer', letters: [], trace: '' },
    parties: roles.map((role) => ({ role, ...of(role).card })),
    ...start,
  });
  const record = { n: 0, before: zeroHash, atMs: 1, kind: 'start', body } as const;
  const raw = encodeRecord({ ...record, signature: sign(startSigner, signedText('start', body)) });
  return envelope(instance, { type: 'news', n: 0, records: [raw], head: recordHash(raw) }, from, signer);
}

function envelope(instance: string, message: SwarmMessage, from = 'buyer', signer = from): Bytes {
  const text = message.type === 'offer' ? signedText(message.kind, message.body) : messageText(instance, message);
  return encodeEnvelope({ instance, from: nameOf(from), message, signature: sign(signer, text) });
}

t.test('a first word that is right opens an instance', async (t) => {
  const seller = await sellerOf(t);
  await seller.start();
  seller.host.receive(firstNews('good'));
  t.ok(seller.spawned('good'));
  await pause(50);
  t.ok(seller.rows().size > 0);
  t.match(seller.sent, [{ type: 'got', have: 1 }]);
});

const wrong: Readonly<Record<string, Forged>> = {
  'from somebody who is not known': { from: 'stranger' },
  'signed by another than its sender': { signer: 'bank' },
  'with a start that its starter has not signed': { startSigner: 'bank' },
  'from a party that is not the starter': { from: 'bank' },
  'of another instance': { start: { instance: 'other' } },
  'that binds no starter': { start: { starter: 'nobody' } },
  'in which a party has other keys': {
    start: { parties: roles.map((role) => ({ ...of(role === 'bank' ? 'stranger' : role).card, role })) },
  },
  'in which this agent has no role': {
    start: { parties: roles.filter((role) => role !== 'seller').map((role) => ({ role, ...of(role).card })) },
  },
};

t.test('one that is wrong spawns nothing and stores nothing', async (t) => {
  const seller = await sellerOf(t);
  await seller.start();
  for (const [what, forged] of Object.entries(wrong)) {
    seller.host.receive(firstNews('bad', forged));
    t.notOk(seller.spawned('bad'), what);
    await pause(5);
    t.notOk(seller.spawned('bad'), what);
    t.equal(seller.rows().size, 0, what);
  }
  t.same(seller.sent, [], 'nor is it answered');
  seller.host.receive(firstNews('bad', { start: { description: sha256Hex(fromUtf8('x')) } }));
  await pause(5);
  t.notOk(seller.spawned('bad'));
  t.match(seller.sent, [{ type: 'refuse', code: 'swarm-description-unknown' }], 'but who may ask is told');
});

t.test('a word about no instance spawns nothing; about one that is stored it does', async (t) => {
  const seller = await sellerOf(t);
  await seller.start();
  const words: readonly SwarmMessage[] = [
    { type: 'got', have: 1 },
    { type: 'refuse', code: 'x' },
    { type: 'offer', kind: 'turn', body: fromUtf8('x') },
    { type: 'news', n: 3, records: [fromUtf8('x')], head: zeroHash },
  ];
  for (const word of words) seller.host.receive(envelope('nowhere', word));
  await pause(10);
  t.notOk(seller.spawned('nowhere'));
  t.equal(seller.rows().size, 0);
  seller.host.receive(firstNews('there'));
  await pause(50);
  seller.host.close();
  // with nothing left to do it is known from its store alone
  const ended = new Map([...seller.rows()].filter(([key]) => !key.startsWith(toHex(fromUtf8('w/')))));
  const again = await sellerOf(t, {}, 'seller', ended);
  await again.start();
  again.host.receive(envelope('there', { type: 'got', have: 1 }));
  t.notOk(again.spawned('there'), 'before the store has answered');
  await pause(10);
  t.ok(again.spawned('there'));
});

t.test('a sender has only so many lookups at once', async (t) => {
  const seller = await sellerOf(t);
  await seller.start();
  const ask = (n: number): void => seller.host.receive(envelope(`x${n}`, { type: 'got', have: n }));
  seller.slow.holds = true;
  seller.slow.asked = 0;
  for (let n = 0; n < maxLookups + 10; n++) ask(n);
  t.equal(seller.slow.asked, maxLookups);
  seller.host.receive(envelope('y', { type: 'got', have: 1 }, 'bank'));
  t.equal(seller.slow.asked, maxLookups + 1, 'another one has its own');
  seller.release();
  await pause(10);
  seller.slow.asked = 0;
  ask(0);
  t.equal(seller.slow.asked, 1, 'when they are answered there may be more');
});

t.test('nothing is taken before the agent has read what it keeps', async (t) => {
  const seller = await sellerOf(t);
  seller.host.receive(firstNews('early'));
  t.notOk(seller.spawned('early'));
  await seller.start();
  seller.host.receive(firstNews('early'));
  t.ok(seller.spawned('early'), 'sent again it is');
});

const begin = {
  program,
  bind: Object.fromEntries(roles.map((role) => [role, nameOf(role)])),
  input: { item: 'bicycle', limit: 1 },
};
const refusal = (given: Promise<unknown>): Promise<unknown> =>
  given.then(
    () => 'not refused',
    ({ row }) => row.name,
  );

t.test('an agent with as many instances as it may have takes no more, of its own or of others', async (t) => {
  const buyer = await sellerOf(t, { maxLive: 1 }, 'buyer');
  await buyer.start();
  await buyer.host.begin({ ...begin, instance: 'first' });
  t.equal(await refusal(buyer.host.begin(begin)), 'overloaded');
  t.equal(await refusal(buyer.host.outcome('second')), 'overloaded');
  await buyer.host.begin({ ...begin, instance: 'first' });
  const seller = await sellerOf(t, { maxLive: 1 });
  await seller.start();
  seller.host.receive(firstNews('first'));
  seller.host.receive(firstNews('second'));
  t.ok(seller.spawned('first'));
  t.notOk(seller.spawned('second'));
});

t.test('whoever waits for an outcome is told that there is none, or that it takes longer', async (t) => {
  const p = swarm('test/long@1', { roles: { buyer: agent() }, state: {}, deadline: hours(1) });
  const long = programOf(
    p.phases('wait', {
      wait: p.at('buyer', { deadline: never, next: ['done'], run: () => new Promise<never>(() => undefined) }),
      done: end('ok'),
    }) as never,
  );
  const buyer = await sellerOf(t, { programs: [{ program: long, implementations: {} }] }, 'buyer');
  await buyer.start();
  t.equal(await refusal(buyer.host.outcome('nowhere')), 'swarm-instance-unknown');
  const asked = refusal(buyer.host.outcome('long', milliseconds(100)));
  const id = await buyer.host.begin({ program: long, bind: begin.bind, input: undefined, instance: 'long' });
  t.equal(await asked, 'swarm-outcome-open', 'also where it was asked before it began');
  const outcome = buyer.host.outcome(id);
  buyer.host.cancel(id, 'enough');
  t.match(await outcome, { life: 'cancelled' }, 'and it goes on');
});
