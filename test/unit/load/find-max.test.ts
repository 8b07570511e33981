import t from 'tap';
import { untilAtRest } from '../../../bench/load/drain.ts';
import { findMax, type MaxEvents, type MaxOutcome } from '../../../bench/load/find-max.ts';
import type { LoadPlan } from '../../../bench/load/plan.ts';
import { errorRow } from '../../../lib/errors.ts';
import { type FakeBatch, type FakeBehaviour, FakeChain, FakeServer } from './fake-stream-server.ts';

const plan: LoadPlan = {
  ...{ mode: 'blob', rate: 400, size: 64, seconds: 0.5, warmUpSeconds: 0, clients: 2, commandsPerEntry: 1 },
  ...{ coalesceMs: 4, createdMs: 0, runId: '' },
};

interface Scene {
  /** what the servers do while this rate is offered */
  readonly at: (rate: number) => FakeBehaviour;
  readonly plan?: Partial<LoadPlan>;
  readonly diskHolds?: (plan: LoadPlan) => boolean;
  readonly settleMs?: number;
}

async function search(scene: Scene): Promise<MaxOutcome & { readonly began: readonly number[] }> {
  const chain = new FakeChain();
  const servers = [new FakeServer(chain, 0), new FakeServer(chain, 1)];
  await Promise.all(servers.map((server) => server.listen()));
  const validators = servers.map(({ rpc }, i) => ({ name: `v${i + 1}`, rpc, pid: process.pid, home: '' }));
  const began: number[] = [];
  const events: MaxEvents = {
    begins({ rate }) {
      began.push(rate);
      for (const server of servers) server.behaviour = scene.at(rate);
    },
    started() {},
    progress() {},
    ended() {},
    stopped: () => false,
  };
  let made = 0;
  const options = {
    site: { validators, chain: chain.id, ...(scene.settleMs === undefined ? {} : { settleMs: scene.settleMs }) },
    plan: { ...plan, ...scene.plan },
    profiled: false,
    diskHolds: scene.diskHolds ?? (() => true),
    renew: (old: LoadPlan) => ({ ...old, createdMs: Date.now(), runId: String(++made).padStart(16, '0') }),
  };
  const found = await findMax(options, events).finally(() => {
    for (const server of servers) server.kill();
  });
  t.equal(Math.max(...chain.seen.values()), 1, 'no two tries send the same bytes');
  return { ...found, began };
}

/** one frame in ten: less than 98 % are committed, and those that are come in time */
const refuse: FakeBehaviour['admit'] = ({ frame }) => (frame % 10 === 0 ? errorRow('overloaded').code : 0);

t.test('the highest rate with 98 % committed is found and confirmed; refusing more makes a try fail', async (t) => {
  const found = await search({ at: (rate) => (rate > 500 ? { admit: refuse } : {}) });
  t.ok(found.max <= 500 && found.max >= 470, `${found.max}`);
  t.match(found, { confirmed: true, boundBy: 'network', lost: 0, missing: [] });
  t.equal(found.tries.at(-1)?.rate, found.max);
  const all = Math.round(found.max / 2);
  t.match(found.tries.at(-1), { ok: true, offered: all, committed: all });
  t.equal(found.best?.outcome.counts.committed, all);
  for (const { rate, ok } of found.tries) t.equal(ok, rate <= 500, `${rate}`);
});

t.test('a try whose p99 can only be above a second ends early, and the next one finds the chain at rest', async (t) => {
  const found = await search({
    at: (rate) => ({ commitMs: rate > 500 ? 2_500 : 5 }),
    plan: { seconds: 2 },
    diskHolds: ({ rate }) => rate === 400 || rate === 800, // one try of each is enough here
  });
  const [first, late, confirming] = found.tries;
  t.same(found.began, [400, 800, 400]);
  t.match(late, { ok: false });
  t.ok((late?.offered ?? 0) < 1_600, `ended after ${late?.offered}`);
  t.ok((late?.p99 ?? 0) > 1_000, `${late?.p99} ms`);
  for (const borne of [first, confirming]) t.match(borne, { ok: true, offered: 800, committed: 800 });
});

t.test('what the free disk cannot hold twice is not tried, and the best rate so far is confirmed', async (t) => {
  const found = await search({ at: () => ({}), diskHolds: ({ rate }) => rate <= 1_000 });
  t.same(found.began, [400, 800, 800]);
  t.match(found, { max: 800, confirmed: true, boundBy: 'disk' });
});

t.test('a chain is at rest when every validator says so, and those that do not are named', async (t) => {
  const chain = new FakeChain();
  const servers = [new FakeServer(chain, 0), new FakeServer(chain, 1)];
  await Promise.all(servers.map((server) => server.listen()));
  const targets = servers.map(({ rpc }, i) => ({ name: `v${i + 1}`, rpc }));
  t.same(await untilAtRest(targets, chain.id, 0), []);
  const place = { lane: 0, seq: 0, digest: chain.id, offset: 0 };
  const batch: FakeBatch = { place, count: 1, height: undefined, codes: new Map(), watchers: [] };
  chain.batches.set('waits', batch);
  t.same(await untilAtRest(targets, chain.id, 0), ['v1', 'v2']);
  setTimeout(() => {
    batch.height = 1;
  }, 300);
  t.same(await untilAtRest(targets, chain.id, 20_000), [], 'it is waited for');
  servers[1]?.kill();
  t.same(await untilAtRest(targets, chain.id, 0), ['v2'], 'one that does not answer is not at rest');
  servers[0]?.kill();
});

t.test('a loss ends the search', async (t) => {
  const found = await search({
    at: (rate) => (rate > 500 ? { loses: ({ frame }) => frame === 3 } : {}),
    settleMs: 300,
  });
  t.same(found.began, [400, 800]);
  t.ok(found.lost > 0);
  t.match(found, { max: 400, confirmed: false });
});
