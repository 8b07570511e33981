import t from 'tap';
import { z } from 'zod';
import { orderFulfilment } from '../../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import orderRun from '../../../examples/order-fulfilment/run.ts';
import { purchase } from '../../../examples/purchase/purchase.swarm.ts';
import purchaseRun from '../../../examples/purchase/run.ts';
import { type Bytes, concatBytes, fromUtf8, toHex } from '../../../lib/bytes.ts';
import { countingEffects } from '../../../sim/index.ts';
import { agent, between, type Choreography, end, group, only, shared, swarm } from '../../../swarms/index.ts';
import { programOf } from '../../../swarms/run/index.ts';
import { neverReached } from '../../../testing/coverage.ts';
import { faultNames, parseFaultNames } from '../../../testing/faults.ts';
import { explore } from '../../../testing/index.ts';
import { examine } from '../../../testing/invariants.ts';
import { Network } from '../../../testing/network.ts';
import { Secrets } from '../../../testing/secrets.ts';

// PSKY_SEED moves the seeds that are searched; a failure names its own.
const seed = Number(process.env['PSKY_SEED'] ?? 1);
const bicycle = { item: 'bicycle', limit: 1_000 };
const { input: order } = orderRun.start;

t.test(`under every fault nothing is wrong, seeds from ${seed}`, { timeout: 300_000 }, async (t) => {
  const found = await explore(orderFulfilment, { agents: orderRun.agents, input: order, seed, seeds: 25 });
  t.same(found.violations, []);
  t.match(found, { seeds: 25, instances: 75 });
  for (const name of faultNames) t.ok(found.faults[name] > 0, `${name} fell`);
  t.same(neverReached(found.coverage).phases, []);
  t.equal(found.coverage.phases['accept'], 25);
  t.ok((found.coverage.successors['accept → charge'] ?? 0) > 0, 'a branch of a fork');
  t.ok((found.coverage.successors['charge → refused on error'] ?? 0) > 0);
  t.ok((found.coverage.ends['late'] ?? 0) > 0);
});

t.test('the same seed finds the same', { timeout: 300_000 }, async (t) => {
  const options = { agents: purchaseRun.agents, input: bicycle, seed: 5, seeds: 6 };
  t.same(await explore(purchase, options), await explore(purchase, options));
});

t.test('without faults there are none, and what was never reached is named', async (t) => {
  const found = await explore(purchase, { agents: purchaseRun.agents, input: bicycle, seeds: 2, faults: [] });
  t.same(found.faults, { lost: 0, twice: 0, late: 0, deaths: 0, throws: 0, silent: 0 });
  t.same(neverReached(found.coverage), {
    phases: [],
    successors: ['quote → abandoned on timeout', 'decide → declined', 'pay → unpaid on error'],
    ends: ['declined', 'unpaid', 'abandoned'],
  });
});

t.test('only the faults that are named fall', async (t) => {
  const found = await explore(purchase, { agents: purchaseRun.agents, input: bicycle, seeds: 8, faults: ['silent'] });
  t.ok(found.faults.silent > 0);
  t.equal(found.faults.lost + found.faults.deaths + found.faults.throws, 0);
  t.same(parseFaultNames('all'), faultNames);
  t.same(parseFaultNames('none'), []);
  t.same(parseFaultNames('silent,lost'), ['lost', 'silent']);
  t.equal(parseFaultNames('lost,plague'), undefined);
});

const nameOf = (refused: Promise<unknown>): Promise<string> =>
  refused.then(
    () => 'not refused',
    ({ row }) => row.name,
  );

t.test('what cannot be searched is refused', async (t) => {
  const p = swarm('test/groups@1', { roles: { a: agent(), all: group() }, state: {} });
  const groups = p.phases('x', { x: p.at('a', { next: ['done'], run: ({ go }) => go.done() }), done: end('ok') });
  t.equal(await nameOf(explore(groups, { input: undefined })), 'swarm-role-not-run');
  t.equal(await nameOf(explore(purchase, { input: bicycle, seeds: 0 })), 'bad-usage');
  t.equal(await nameOf(explore(purchase, { input: { item: 1 } as never })), 'swarm-input-invalid');
});

/** A network in which a purchase is over. */
async function bought(counting = true): Promise<{ network: Network; id: string }> {
  const roles = ['buyer', 'seller', 'bank'] as const;
  const given: Readonly<Record<string, object>> = purchaseRun.agents;
  const agents = counting
    ? Object.fromEntries(roles.map((role) => [role, countingEffects(given[role])]))
    : purchaseRun.agents;
  const network = await Network.open(programOf(purchase as unknown as Choreography), { agents });
  const id = await network.start(bicycle);
  await network.outcome(id);
  await network.advance(1_000 as never);
  return { network, id };
}

t.test('each invariant notices what breaks it', async (t) => {
  const { network, id } = await bought();
  t.same(examine(network, [id]).breaches, []);
  const view = (role: string, change: (records: readonly Bytes[]) => readonly Bytes[]) => ({
    program: network.program,
    starterRole: network.starterRole,
    roles: network.roles,
    rows: (each: string) => network.rows(each),
    stored: (each: string, instance: string) => {
      const stored = network.stored(each, instance);
      return each === role ? { ...stored, records: change(stored.records) } : stored;
    },
  });
  const invariants = (looked: Parameters<typeof examine>[0]) =>
    examine(looked, [id]).breaches.map(({ invariant }) => invariant);
  const cut = (records: readonly Bytes[]) => records.slice(0, -1);
  t.same(invariants(view('buyer', cut)), ['the starter holds the whole chain']);
  t.same(invariants(view('seller', cut)), ['every party is told']);
  const other = (records: readonly Bytes[]) => records.map((raw) => concatBytes([raw, fromUtf8('x')]));
  t.same(invariants(view('bank', other)), ['all chains agree']);
  const uncounted = await bought(false);
  t.match(examine(uncounted.network, [uncounted.id]).breaches, [{ invariant: 'each phase takes effect once' }]);
  const twice = { ...view('nobody', cut), rows: () => doubled(network) };
  t.ok(invariants(twice).includes('each phase takes effect once'));
});

const doubled = (network: Network): ReadonlyMap<string, Bytes> =>
  new Map(
    [...network.rows('seller')].map(([key, value]) => [
      key,
      key.startsWith(toHex(fromUtf8('k/effect'))) ? Uint8Array.of(2) : value,
    ]),
  );

t.test('a sealed text or bytes in clear is a leak, one that is shared too is none', async (t) => {
  const p = swarm('test/leaks@1', {
    roles: { a: agent(), b: agent() },
    state: { open: shared(z.any()), both: between('a', 'b', z.any()), own: only('a', z.any()) },
  });
  const leaks = p.phases('x', {
    x: p.at('a', { next: ['y'], run: ({ go }) => go.y() }),
    y: p.at('b', { next: ['done'], run: ({ go }) => go.done() }),
    done: end('ok'),
  });
  const secrets = new Secrets(programOf(leaks as unknown as Choreography).description);
  secrets.input({ asked: ['input canary'] });
  secrets.state({ open: 'shared canary', both: new Map([['k', 'between canary']]), own: fromUtf8('own canary') });
  secrets.state({ both: 'shared canary', own: 'short' });
  const found = (text: string): number => secrets.leaksIn([fromUtf8(`… ${text} …`)]);
  for (const text of ['input canary', 'between canary', 'own canary']) t.equal(found(text), 1, text);
  for (const text of ['shared canary', 'short', 'other']) t.equal(found(text), 0, text);
});
