import t from 'tap';
import { orderFulfilment } from '../../../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import orderRun from '../../../../examples/order-fulfilment/run.ts';
import { purchase } from '../../../../examples/purchase/purchase.swarm.ts';
import purchaseRun from '../../../../examples/purchase/run.ts';
import { sodiumSuite } from '../../../../lib/suites/sodium.ts';
import type { Description } from '../../../../swarms/description.ts';
import { agent, end, swarm } from '../../../../swarms/index.ts';
import { auditInstance, type Copy, machineOf } from '../../../../swarms/run/audit.ts';
import { hopOf } from '../../../../swarms/run/outcome.ts';
import { descriptionHash } from '../../../../swarms/run/program.ts';
import { readSource } from '../../../../swarms/source/index.ts';
import { examples } from '../sources.ts';
import { LocalWorld } from './local-world.ts';

async function worldOf(
  t: { teardown(action: () => void): void },
  choreography: unknown,
  implementations = {},
): Promise<LocalWorld> {
  const world = new LocalWorld(choreography, implementations);
  await world.start();
  t.teardown(() => world.stop());
  return world;
}

/** with the bodies of phases, as the source has them */
function checkedOf({ program }: LocalWorld): Description {
  const read = examples.flatMap(({ path, text }) => readSource(path, text).descriptions);
  return read.find((each) => descriptionHash(each) === program.hash) as Description;
}

const audit = (description: Description, id: string, copy: Copy, others: readonly Copy[] = []) =>
  auditInstance({ id, description, copy, others }, sodiumSuite);

const withRecords = ({ agent, stored }: Copy, records: readonly Uint8Array[]): Copy => ({
  agent,
  stored: { ...stored, records },
});

/** The same copy with one bit of one record changed. */
function flipped(copy: Copy, record: number, byte: number): Copy {
  const records = copy.stored.records.map((raw) => Uint8Array.from(raw));
  const raw = records[record] as Uint8Array;
  raw[byte] = (raw[byte] ?? 0) ^ (1 << (byte % 8));
  return withRecords(copy, records);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

t.test('every copy of an instance tells the same, and is verified', async (t) => {
  const world = await worldOf(t, purchase, purchaseRun.agents);
  const outcome = await world.run('buyer', { item: 'bicycle', limit: 1_000 });
  const id = outcome.instance;
  await until(async () => (await world.copy('bank', id)).stored.records.length === outcome.hops.length + 1);
  for (const role of ['buyer', 'seller', 'bank']) {
    t.same(await world.instances(role), [id]);
    const { fault, instance } = audit(checkedOf(world), id, await world.copy(role, id));
    t.equal(fault, undefined, role);
    t.equal(instance.book.life, 'completed');
    t.equal(machineOf(instance), instance.book.end, 'the machine stands at the end that was reached');
    t.same(instance.book.hops.map(hopOf), outcome.hops);
  }
});

t.test('a bit that is changed anywhere in any record is found', { timeout: 300_000 }, async (t) => {
  const world = await worldOf(t, purchase, purchaseRun.agents);
  const { instance: id } = await world.run('buyer', { item: 'bicycle', limit: 1_000 });
  const copy = await world.copy('buyer', id);
  const description = checkedOf(world);
  let changed = 0;
  for (const [record, raw] of copy.stored.records.entries()) {
    const missed = [...raw.keys()].filter((byte) => {
      changed++;
      const { fault } = audit(description, id, flipped(copy, record, byte));
      return fault === undefined || fault.record < record;
    });
    t.same(missed, [], `record ${record}`);
  }
  t.ok(changed > 1_000, `${changed} bytes`);
});

t.test('a chain that lacks its end, its word or its name is found', async (t) => {
  const world = await worldOf(t, purchase, purchaseRun.agents);
  const { instance: id } = await world.run('buyer', { item: 'bicycle', limit: 1_000 });
  const copy = await world.copy('buyer', id);
  const description = checkedOf(world);
  const { records } = copy.stored;
  const faultOf = (changed: Copy, as: string = id) => audit(description, as, changed).fault;
  t.match(faultOf(withRecords(copy, records.slice(0, -1))), { record: records.length - 2, name: 'swarm-chain-broken' });
  t.match(faultOf(withRecords(copy, records.toSpliced(2, 1))), { record: 2, name: 'swarm-chain-broken' });
  t.match(faultOf(withRecords(copy, [])), { record: 0, name: 'swarm-chain-broken' });
  t.match(faultOf({ ...copy, stored: { ...copy.stored, own: undefined } }), { record: records.length - 1 });
  t.match(faultOf(copy, 'another'), { record: 0, detail: `It is the start of '${id}'.` });
  t.match(
    audit({ ...description, deadlineMs: 1 }, id, copy).fault,
    { record: 0, name: 'swarm-hop-out-of-graph' },
    'another description',
  );
});

const p = swarm('test/waits@1', { roles: { one: agent(), other: agent() }, state: {} });
const waits = p.phases('begin', {
  begin: p.at('one', { next: ['wait'], run: ({ go }) => go.wait() }),
  wait: p.at('other', { next: ['done'], run: () => new Promise<never>(() => undefined) }),
  done: end('ok'),
});

t.test('of an instance under way, what the parties have stored is compared', async (t) => {
  const world = await worldOf(t, waits);
  const { program, bind } = world;
  const id = await world.host('one').begin({ program, bind, input: undefined });
  await until(async () => (await world.copy('other', id)).stored.records.length === 2);
  const [own, other] = [await world.copy('one', id), await world.copy('other', id)];
  const { fault, instance } = audit(program.description, id, own, [other]);
  t.equal(fault, undefined);
  t.equal(machineOf(instance), 'wait');
  t.equal(instance.book.life, 'running');
  const last = own.stored.records.at(-1) as Uint8Array;
  for (const byte of last.keys()) {
    t.match(audit(program.description, id, flipped(own, 1, byte), [other]).fault, { record: 1 }, `byte ${byte}`);
    t.match(audit(program.description, id, flipped(other, 1, byte)).fault, { record: 1 }, `byte ${byte}, alone`);
  }
  const short = withRecords(own, own.stored.records.slice(0, 1));
  t.match(audit(program.description, id, short, [other]).fault, { record: 1 }, 'what was sent was stored before');
});

/** The phases in which a machine is; names of other states have spaces. */
function phasesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.includes(' ') ? [] : [value];
  return Object.values(value as object).flatMap(phasesIn);
}

t.test('at every record the machine stands where the chain says, in branches where there are', async (t) => {
  const world = await worldOf(t, orderFulfilment, orderRun.agents);
  const outcome = await world.run(orderRun.start.role, orderRun.start.input);
  const copy = await world.copy(orderRun.start.role, outcome.instance);
  const whole = audit(checkedOf(world), outcome.instance, copy);
  t.equal(whole.fault, undefined);
  t.equal(machineOf(whole.instance), whole.instance.book.end);
  let branches = 1;
  for (const n of copy.stored.records.keys()) {
    const { instance } = audit(
      checkedOf(world),
      outcome.instance,
      withRecords(copy, copy.stored.records.slice(0, n + 1)),
    );
    if (instance.book.over) continue;
    const active = [...instance.book.tokens.active].map(({ phase }) => phase);
    t.same([...phasesIn(machineOf(instance))].sort(), active.sort(), `record ${n}`);
    branches = Math.max(branches, active.length);
  }
  t.ok(branches > 1, `${branches} at once`);
  const { instance } = audit(world.program.description, outcome.instance, copy);
  t.equal(machineOf(instance), null, 'without the source there is none');
});
