import t from 'tap';
import { z } from 'zod';
import { milliseconds } from '../../../../lib/units.ts';
import { agent, between, end, only, shared, swarm } from '../../../../swarms/index.ts';
import { type Interceptor, Interceptors } from '../../../../swarms/run/interceptors.ts';
import { maxInterceptors } from '../../../../swarms/run/limits.ts';
import { testNetwork } from '../../../../testing/index.ts';

const did: string[] = [];
const p = swarm('market/tea@1', {
  roles: { guest: agent(), waiter: agent() },
  state: {
    cups: shared(z.object({ count: z.number() })),
    whisper: between('guest', 'waiter', z.string()),
    purse: only('guest', z.number()),
  },
});
const tea = p.phases('order', {
  order: p.at('guest', {
    input: z.object({ cups: z.number() }),
    next: ['pour'],
    run: ({ state, input, go }) => {
      state.cups = { count: input.cups };
      state.whisper = 'with milk';
      state.purse = 7;
      return go.pour('please');
    },
  }),
  pour: p.at('waiter', {
    input: z.string(),
    next: ['thank'],
    onError: 'noTea',
    deadline: milliseconds(60_000),
    run: ({ state, go }) => {
      did.push(`pour ${state.cups.count}`);
      if (state.cups.count > 90) throw new Error('There are not so many cups.');
      state.cups.count++;
      return go.thank();
    },
  }),
  thank: p.at('guest', { next: ['drunk'], run: ({ go }) => go.drunk() }),
  drunk: end('ok'),
  noTea: end('no tea'),
});
const run = async (intercept: readonly Interceptor[], cups = 1) =>
  (await testNetwork(tea, { intercept })).run({ cups });

t.test('an interceptor sees what the role sees, before and after, and nothing more', async (t) => {
  const seen: Record<string, unknown> = {};
  const intercept: Interceptor[] = [
    { when: 'before', role: 'waiter', run: (phase) => void (seen['before'] = phase) },
    { when: 'after', phase: 'pour', run: (phase) => void (seen['after'] = phase) },
    { when: 'after', phase: 'order', run: (phase) => void (seen['order'] = phase) },
  ];
  t.match(await run(intercept), { end: 'ok', state: { cups: { count: 2 } } });
  const place = { swarm: 'market/tea@1', phase: 'pour', role: 'waiter', input: 'please', key: /\/2$/ };
  t.match(seen['before'], { ...place, state: { cups: { count: 1 }, whisper: 'with milk' } });
  t.match(seen['after'], { ...place, state: { cups: { count: 2 } }, result: { to: ['thank'] } });
  t.notOk('purse' in (seen['before'] as { state: object }).state, 'the purse is only of the guest');
  t.match(seen['order'], { state: { purse: 7 }, input: { cups: 1 } }, 'whose owner sees it');
});

t.test(
  'one that throws before a phase refuses it: the phase has done nothing, the process goes to onError',
  async (t) => {
    did.length = 0;
    const after: unknown[] = [];
    const { end: reached, hops } = await run([
      { when: 'before', phase: 'pour', run: async () => Promise.reject(new Error('Tea is out.')) },
      { when: 'before', phase: 'pour', run: () => void did.push('a later one is not asked') },
      { when: 'after', phase: 'pour', run: ({ result }) => void after.push(result) },
    ]);
    t.equal(reached, 'no tea');
    t.match(hops.at(-1), { phase: 'pour', fault: 'PSKY-6141' });
    t.same(did, []);
    t.match(after, [{ code: 'PSKY-6141', name: 'swarm-phase-refused', cause: /Tea is out/ }]);
    const { error } = await run([{ when: 'before', phase: 'order', run: () => Promise.reject('not today') }]);
    t.match(error, { code: 'PSKY-6141', phase: 'order', role: 'guest', cause: /not today/ });
  },
);

t.test('what one throws after a phase is not swallowed', async (t) => {
  const broken: Interceptor = {
    when: 'after',
    phase: '*u*',
    run: () => {
      throw new Error('The book is full.');
    },
  };
  const { end: reached, hops } = await run([broken]);
  t.equal(reached, 'no tea');
  t.match(hops.at(-1), { phase: 'pour', fault: 'PSKY-6142' });
  const both = await run([
    { ...broken, phase: 'order' },
    { when: 'before', phase: 'order', run: () => Promise.reject(new Error('No.')) },
  ]);
  t.match(both.error, { code: 'PSKY-6141', cause: /No\. An interceptor after it: The book is full\./ });
});

t.test('an interceptor changes nothing', async (t) => {
  const spoil = ({ state, input }: { state: any; input: any }): void => {
    if (state.cups !== undefined) state.cups.count = 80;
    state.whisper = 'with salt';
    if (typeof input === 'object') input.cups = 50;
  };
  const seen: unknown[] = [];
  const intercept: Interceptor[] = [
    { when: 'before', run: spoil },
    { when: 'before', phase: 'pour', run: ({ state }) => void seen.push(state['whisper']) },
    { when: 'after', run: spoil },
  ];
  t.match(await run(intercept), { end: 'ok', state: { cups: { count: 2 }, whisper: 'with milk' } });
  t.same(seen, ['with milk'], 'nor for the next one');
});

t.test('they are called in the order in which they were added, and after a phase the other way round', async (t) => {
  const called: string[] = [];
  const one = (when: 'before' | 'after', name: string): Interceptor => ({
    when,
    phase: 'thank',
    run: () => void called.push(`${when} ${name}`),
  });
  await run([one('before', 'a'), one('after', 'a'), one('before', 'b'), one('after', 'b')]);
  t.same(called, ['before a', 'before b', 'after b', 'after a']);
});

t.test('one that is removed is not called any more, and one may be added at any time', async (t) => {
  const network = await testNetwork(tea);
  let count = 0;
  const remove = network.intercept({ when: 'before', swarm: 'market/*', run: () => void count++ });
  await network.run({ cups: 1 });
  t.equal(count, 3);
  network.crash('waiter');
  await network.restart('waiter');
  await network.run({ cups: 1 });
  t.equal(count, 6, 'also by an agent that was started again');
  remove();
  remove();
  await network.run({ cups: 1 });
  t.equal(count, 6);
});

t.test('patterns', async (t) => {
  const matching = (pattern: string, name: string): boolean =>
    new Interceptors([{ when: 'before', phase: pattern, run: () => undefined }]).of('before', {
      ...{ swarm: 'a/b@1', role: 'r' },
      phase: name,
    }).length === 1;
  for (const [pattern = '', name = ''] of [
    ['pay', 'pay'],
    ['pay*', 'payment'],
    ['*ment', 'payment'],
    ['*', ''],
    ['p*y*t', 'payment'],
    ['a**b', 'ab'],
    ['a*b*b', 'abb'],
  ])
    t.ok(matching(pattern, name), `${pattern} ${name}`);
  for (const [pattern = '', name = ''] of [
    ['pay', 'payment'],
    ['pay*', 'repay'],
    ['*ment', 'mentor'],
    ['a*a', 'a'],
    ['a*b*b', 'ab'],
    ['.*', 'x'],
    ['Pay', 'pay'],
  ])
    t.notOk(matching(pattern, name), `${pattern} ${name}`);
  t.ok(matching(`${'*a'.repeat(120)}*`, 'a'.repeat(200)));
  t.notOk(matching(`${'*a'.repeat(120)}b`, 'a'.repeat(200)), 'at once');
});

t.test('what is no interceptor is refused, and so is one too many', async (t) => {
  const refused = (interceptor: unknown): unknown => {
    try {
      return new Interceptors([interceptor as Interceptor]);
    } catch (error) {
      return error;
    }
  };
  const run = (): void => undefined;
  for (const wrong of [
    null,
    {},
    { when: 'during', run },
    { when: 'before' },
    { when: 'before', run, phase: '' },
    { when: 'after', run, role: 7 },
    { when: 'after', run, swarm: 'x'.repeat(300) },
  ])
    t.match(refused(wrong), { row: { name: 'swarm-interceptor-unusable' } }, JSON.stringify(wrong));
  const many = new Interceptors(Array.from({ length: maxInterceptors }, () => ({ when: 'before', run }) as const));
  t.throws(() => many.add({ when: 'before', run }), /100 at most/);
});
