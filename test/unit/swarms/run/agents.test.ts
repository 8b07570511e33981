import t from 'tap';
import { z } from 'zod';
import { orderFulfilment } from '../../../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import orderRun from '../../../../examples/order-fulfilment/run.ts';
import { purchase } from '../../../../examples/purchase/purchase.swarm.ts';
import purchaseRun from '../../../../examples/purchase/run.ts';
import { milliseconds } from '../../../../lib/units.ts';
import { agent, between, end, group, only, shared, swarm } from '../../../../swarms/index.ts';
import type { PhaseContext } from '../../../../swarms/run/phase-runner.ts';
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

const refusal = (given: Promise<unknown>): Promise<unknown> =>
  given.then(
    () => 'not refused',
    (error: unknown) => error,
  );

const p = swarm('test/secrets@1', {
  roles: { giver: agent(), friend: agent(), stranger: agent() },
  state: {
    open: shared(z.unknown()),
    between: between('giver', 'friend', z.unknown()),
    kept: only('giver', z.unknown()),
  },
});
const secrets = p.phases('tell', {
  tell: p.at('giver', {
    input: z.object({ open: z.unknown(), between: z.unknown(), kept: z.unknown() }),
    next: ['hear'],
    run: ({ state, input, go }) => {
      state.open = input.open;
      state.between = input.between;
      state.kept = input.kept;
      return go.hear();
    },
  }),
  hear: p.at('friend', {
    next: ['pass'],
    run: ({ state, go }) => {
      if (JSON.stringify(state.between) !== '"canary-between"') throw new Error('the friend reads it');
      return go.pass('canary-input');
    },
  }),
  pass: p.at('stranger', {
    input: z.string(),
    next: ['back'],
    run: ({ state, input, go }) => {
      if (input !== 'canary-input') throw new Error('the input arrives');
      if (Object.keys(state).join() !== 'open') throw new Error(`a stranger sees ${Object.keys(state).join()}`);
      return go.back();
    },
  }),
  back: p.at('giver', {
    next: ['done'],
    run: ({ state, go }) => {
      if (state.kept !== 'canary-kept') throw new Error('the giver still has it');
      return go.done();
    },
  }),
  done: end('ok'),
});

const holds = (bytes: Uint8Array, text: string): boolean => Buffer.from(bytes).includes(Buffer.from(text));

t.test('what is sealed is in clear on no wire and in no store; what is shared is', async (t) => {
  const world = await worldOf(t, secrets);
  const input = { open: 'canary-open', between: 'canary-between', kept: 'canary-kept' };
  const outcome = await world.run('giver', input);
  t.match(outcome, { end: 'ok', error: null, state: input });
  const stores = Object.keys(world.bind).flatMap((role) => world.stored(role));
  for (const secret of ['canary-between', 'canary-kept', 'canary-input']) {
    t.notOk(
      world.wire.some((bytes) => holds(bytes, secret)),
      `${secret} is on no wire`,
    );
    t.notOk(
      stores.some((bytes) => holds(bytes, secret)),
      `${secret} is in no store`,
    );
  }
  t.ok(
    world.wire.some((bytes) => holds(bytes, 'canary-open')),
    'the search finds what is there',
  );
  t.ok(stores.some((bytes) => holds(bytes, 'canary-open')));
});

t.test('values of every sort survive hops and sealing unchanged', async (t) => {
  const q = swarm('test/values@1', {
    roles: { a: agent(), b: agent() },
    state: { out: between('a', 'b', z.any()), back: shared(z.any()) },
  });
  const values = q.phases('send', {
    send: q.at('a', {
      input: z.any(),
      next: ['turn'],
      run: ({ state, input, go }) => ((state.out = input), go.turn()),
    }),
    turn: q.at('b', { next: ['done'], run: ({ state, go }) => ((state.back = state.out), go.done()) }),
    done: end('ok'),
  });
  const world = await worldOf(t, values);
  const value = {
    text: 'Iași, 東京, 🦊 \ud800',
    big: -(2n ** 90n),
    date: new Date(1_234_567_890_123),
    bytes: Uint8Array.of(0, 1, 255),
    nested: [[{ a: [null, undefined, -0, 0.1, new Map([['k', new Set([1n])]])] }]],
    large: 'ș'.repeat(500_000),
  };
  const { state } = await world.run('a', value);
  t.strictSame(state['back'], value);
});

t.test('a phase that throws fails the instance, and the starter alone reads why', async (t) => {
  const world = await worldOf(t, purchase, purchaseRun.agents);
  const outcome = await world.run('buyer', { item: 'a moon', limit: 1 });
  t.match(outcome, {
    life: 'failed',
    end: 'failed',
    error: { code: 'PSKY-6107', phase: 'quote', role: 'seller', cause: 'We do not sell a moon.' },
    hops: [{ phase: 'order' }, { phase: 'quote', fault: 'PSKY-6107' }],
  });
  t.notOk(
    world.wire.some((bytes) => holds(bytes, 'We do not sell')),
    'the cause is sealed',
  );
});

t.test('every phase tells its own mistake by its code', async (t) => {
  const mistakes: Readonly<Record<string, { readonly run: (turn: never) => unknown; readonly name: string }>> = {
    'returns nothing': { run: () => undefined, name: 'swarm-step-invalid' },
    'goes where it did not say': {
      run: ({ go }: { go: any }) => go.fork({ a: 'x' }).join('y'),
      name: 'swarm-step-invalid',
    },
    'gives an input that is not taken': { run: ({ go }: { go: any }) => go.done(1), name: 'swarm-step-invalid' },
    'writes what its schema refuses': {
      run: ({ state, go }: any) => ((state.count = 'many'), go.done()),
      name: 'swarm-value-invalid',
    },
    'writes what it does not see': {
      run: ({ state, go }: any) => ((state.other = 1), go.done()),
      name: 'swarm-hidden-variable',
    },
    'writes what cannot be sent': {
      run: ({ state, go }: any) => ((state.any = () => 1), go.done()),
      name: 'swarm-value-unsupported',
    },
    'writes too much': {
      run: ({ state, go }: any) => ((state.any = 'x'.repeat(5_000_000)), go.done()),
      name: 'swarm-value-too-large',
    },
    'throws what is no error': { run: () => Promise.reject('no'), name: 'swarm-phase-threw' },
  };
  for (const [what, { run, name }] of Object.entries(mistakes)) {
    const q = swarm('test/mistakes@1', {
      roles: { a: agent() },
      state: { count: shared(z.number()), any: shared(z.any()) },
    });
    const only = q.at('a', { next: ['done'], run: run as never }) as never;
    const wrong = q.phases('only', { only, done: end('ok') });
    const world = await worldOf(t, wrong);
    const outcome = await world.run('a', undefined);
    t.match(outcome.error, { name, phase: 'only', role: 'a' }, what);
  }
});

t.test('starting is refused where it cannot go well', async (t) => {
  const world = await worldOf(t, purchase, purchaseRun.agents);
  const { program, bind } = world;
  const begin = (change: object, role = 'buyer'): Promise<string> =>
    world.host(role).begin({ program, bind, input: { item: 'bicycle', limit: 1 }, ...change });
  t.match(await refusal(begin({ input: { item: 1 } })), { row: { name: 'swarm-input-invalid' } });
  t.match(await refusal(begin({ bind: { ...bind, bank: undefined } })), { row: { name: 'swarm-agent-unnamed' } });
  t.match(await refusal(begin({ bind: { ...bind, bank: 'test/agent/nobody' } })), {
    row: { name: 'swarm-agent-unknown' },
  });
  t.match(await refusal(begin({}, 'seller')), { row: { name: 'swarm-run-unusable' } });
  t.match(await refusal(begin({ instance: 'a/b' })), { row: { name: 'swarm-run-unusable' } });
  const q = swarm('test/group@1', { roles: { a: agent(), all: group() }, state: {} });
  const groups = q.phases('x', { x: q.at('a', { next: ['done'], run: ({ go }) => go.done() }), done: end('ok') });
  t.match(await refusal((await worldOf(t, groups)).run('a', undefined)), { row: { name: 'swarm-role-not-run' } });
});

t.test('what was done is undone in reverse order, and what could not be is told', async (t) => {
  const done: string[] = [];
  const q = swarm('test/undo@1', { roles: { a: agent(), b: agent() }, state: { name: only('b', z.string()) } });
  const undoing = q.phases('one', {
    one: q.at('a', { next: ['two'], run: ({ go }) => go.two(), undo: () => void done.push('one') }),
    two: q.at('b', {
      next: ['three'],
      run: ({ state, go }) => ((state.name = 'two'), go.three()),
      undo: ({ state }) => void done.push(String(state.name)),
    }),
    three: q.at('a', {
      next: ['four'],
      deadline: milliseconds(3_000),
      run: ({ go }) => go.four(),
      undo: () => {
        done.push('three');
        throw new Error('not possible');
      },
    }),
    four: q.at('b', {
      next: ['done'],
      run: () => {
        throw new Error('no further');
      },
    }),
    done: end('ok'),
  });
  const world = await worldOf(t, undoing);
  const outcome = await world.run('a', undefined);
  t.match(outcome, { life: 'failed', error: { phase: 'four', cause: 'no further' } });
  t.strictSame(outcome.notUndone, [{ phase: 'three', role: 'a', code: 'PSKY-6108' }]);
  t.strictSame(
    done.filter((each, i) => done.indexOf(each) === i),
    ['three', 'two', 'one'],
  );
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const order = { sku: 'lamp', quantity: 3, card: 'x', amount: 5, address: 'x' };

t.test('an order that cannot be paid gives back what it had reserved, before it ends', async (t) => {
  const did: string[] = [];
  const world = await worldOf(t, orderFulfilment, {
    ...orderRun.agents,
    warehouse: {
      stock: {
        reserve: () => 'r',
        release: (what: string) => void did.push(`release ${what}`),
        pack: () => pause(1_000),
      },
    },
    payments: { cards: { charge: () => pause(50).then(() => Promise.reject(new Error('no cover'))) } },
  });
  t.match(await world.run('shop', order), { life: 'completed', end: 'card refused', notUndone: [] });
  t.strictSame(did, ['release r']);
});

t.test('what comes too late is taken back, though nobody waits for it', async (t) => {
  const did: string[] = [];
  const released = new Promise<void>((resolve) => {
    void worldOf(t, orderFulfilment, {
      ...orderRun.agents,
      warehouse: {
        stock: {
          reserve: () => pause(100).then(() => 'late'),
          release: (what: string) => {
            did.push(`release ${what}`);
            resolve();
          },
        },
      },
      payments: { cards: { charge: () => Promise.reject(new Error('no cover')) } },
    }).then(async (world) => {
      t.equal((await world.run('shop', order)).end, 'card refused');
      t.strictSame(did, [], 'the starter has not waited');
    });
  });
  await released;
  t.strictSame(did, ['release late']);
});

t.test('values that an agent keeps change once, though instances run side by side', async (t) => {
  const q = swarm('test/counter@1', {
    roles: { a: agent(), till: agent<{ add(): Promise<number> }>() },
    state: { sum: shared(z.number()) },
  });
  const counter = q.phases('ask', {
    ask: q.at('a', { next: ['add'], run: ({ go }) => go.add() }),
    add: q.at('till', {
      next: ['done'],
      run: async ({ state, agent: till, go }) => ((state.sum = await till.add()), go.done()),
    }),
    done: end('ok'),
  });
  const till = ({ kept }: PhaseContext): object => ({
    async add() {
      const sum = Number(kept.get('sum') ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      kept.set('sum', sum);
      return sum;
    },
  });
  const world = await worldOf(t, counter, { till });
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => world.run('a', undefined)));
  t.strictSame(outcomes.map(({ state }) => state['sum']).sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
});

t.test('an instance goes on when all processes were stopped, and is the same for who asks again', async (t) => {
  const world = new LocalWorld(purchase, purchaseRun.agents);
  await world.start();
  t.teardown(() => world.stop());
  const { program, bind } = world;
  const start = { program, bind, input: { item: 'bicycle', limit: 1_000 }, instance: 'again' };
  await world.host('buyer').begin(start);
  await new Promise((resolve) => setTimeout(resolve, 15));
  world.stop();
  await world.start();
  await world.host('buyer').begin(start);
  const outcome = await world.host('buyer').outcome('again');
  t.match(outcome, { end: 'ok', state: { price: 950 } });
  t.equal(outcome.hops.length, 4);
  world.stop();
  await world.start();
  t.same(await world.host('buyer').outcome('again'), outcome, 'the end is remembered');
});

t.test('cancelling tells the starter', async (t) => {
  const q = swarm('test/slow@1', { roles: { a: agent(), b: agent() }, state: {} });
  const slow = q.phases('ask', {
    ask: q.at('a', { next: ['wait'], run: ({ go }) => go.wait() }),
    wait: q.at('b', { next: ['done'], run: () => new Promise<never>(() => undefined) }),
    done: end('ok'),
  });
  const world = await worldOf(t, slow);
  const host = world.host('a');
  const id = await host.begin({ program: world.program, bind: world.bind, input: undefined });
  const outcome = host.outcome(id);
  setTimeout(() => host.cancel(id, 'no longer needed'), 20);
  t.match(await outcome, { life: 'cancelled', error: { code: 'PSKY-6113', cause: 'no longer needed' } });
});

t.test('a phase that is silent beyond its deadline fails the instance', async (t) => {
  const q = swarm('test/silent@1', { roles: { a: agent(), b: agent() }, state: {} });
  const silent = q.phases('ask', {
    ask: q.at('a', { next: ['wait'], run: ({ go }) => go.wait() }),
    wait: q.at('b', { next: ['done'], deadline: milliseconds(50), run: () => new Promise<never>(() => undefined) }),
    done: end('ok'),
  });
  const world = await worldOf(t, silent);
  t.match(await world.run('a', undefined), { life: 'failed', error: { code: 'PSKY-6108', phase: 'wait', role: 'b' } });
});
