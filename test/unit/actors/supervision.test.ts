// Failure: strategies, intensity, back-off and escalation under a virtual clock.

import t from 'tap';
import type { Address, Supervision } from '../../../actors/index.ts';
import { seededRandom } from '../../../lib/random.ts';
import { milliseconds, minutes, seconds } from '../../../lib/units.ts';
import { type Any, actor, at, createWorld, type World } from './support.ts';

const oneForOne: Supervision = { strategy: 'one-for-one', restarts: 3, withinMs: minutes(1) };

/** An actor that says when it starts and crashes when told to. */
function fragile(name: string, events: string[], below: readonly string[] = [], supervision: Supervision = oneForOne) {
  return actor(
    (message: Any) => {
      if (message.type === 'crash') throw new Error(`bug in ${name}`);
      events.push(`${name} ${message.type}`);
    },
    {
      start(effects) {
        events.push(`${name} starts`);
        for (const child of below) effects.spawn(at(child), fragile(child, events), { supervision });
      },
      discard: () => void events.push(`${name} discarded`),
    },
  );
}

function crash({ clock, system }: World, id: string): void {
  system.deliver(at(id), { type: 'crash' });
  clock.settle();
}

const alive = ({ system }: World): Address[] => system.inspect().actors.map((each) => each.address);

t.test('one-for-one restarts the failed actor alone, with the messages that others sent it', async (t) => {
  const world = createWorld();
  const events: string[] = [];
  world.system.spawn(at('top'), fragile('top', events, ['a', 'b', 'c']));
  world.clock.settle();
  events.length = 0;
  for (const type of ['before', 'crash', 'after']) world.system.deliver(at('b'), { type });
  world.clock.settle();
  t.same(events, ['b before', 'b discarded', 'b starts', 'b after']);
  t.match(world.system.describe(at('b')), { restarts: 1, lastError: { message: 'bug in b' }, strategy: 'one-for-one' });
  t.match(world.system.inspect().deadLetters.byReason, { 'turn-failed': 1 });
  t.match(world.notes[0]?.note, { log: 'error', message: /bug in b/ });
});

t.test('a failed turn has no effect, and its timers, requests and children are gone', async (t) => {
  const { clock, system } = createWorld();
  const heard: string[] = [];
  let answer: ((message: Any) => void) | undefined;
  system.spawn(
    at('a'),
    actor((message, effects) => {
      heard.push(message.type);
      if (message.type === 'prepare') {
        effects.schedule('tick', milliseconds(10), { type: 'tick' });
        effects.spawn(
          at('child'),
          actor(() => {}),
        );
        effects.request((give) => {
          answer = give;
        });
      }
      if (message.type !== 'crash') return;
      effects.send(at('a'), { type: 'never' });
      effects.spawn(
        at('never'),
        actor(() => {}),
      );
      throw new Error('bug');
    }),
  );
  system.deliver(at('a'), { type: 'prepare' });
  clock.settle();
  t.ok(system.has(at('child')));
  system.deliver(at('a'), { type: 'crash' });
  clock.settle();
  answer?.({ type: 'answer' });
  clock.advance(100);
  t.same(heard, ['prepare', 'crash']);
  t.notOk(system.has(at('child')) || system.has(at('never')));
  t.match(system.inspect().deadLetters.byReason, { 'earlier-life': 1 });
});

t.test(
  'rest-for-one restarts those that were started later, in order, and counts their failures together',
  async (t) => {
    const world = createWorld();
    const events: string[] = [];
    const restForOne: Supervision = { strategy: 'rest-for-one', restarts: 1, withinMs: minutes(5) };
    const chain = fragile('chain', events, ['lanes', 'verifier', 'consensus'], restForOne);
    world.system.spawn(at('chain'), chain, { supervision: { ...oneForOne, strategy: 'stop' } });
    world.system.spawn(at('other'), fragile('other', events));
    world.clock.settle();
    events.length = 0;
    crash(world, 'verifier');
    t.same(events, ['consensus discarded', 'verifier discarded', 'verifier starts', 'consensus starts']);
    crash(world, 'lanes');
    t.same(alive(world), [at('other')], 'the second failure in five minutes stops this chain; others go on');
  },
);

t.test('stop ends the actor and its subtree', async (t) => {
  const world = createWorld();
  const supervision: Supervision = { ...oneForOne, strategy: 'stop' };
  world.system.spawn(at('top'), fragile('top', [], ['a']), { supervision });
  world.clock.settle();
  crash(world, 'top');
  t.same(alive(world), []);
  t.same(world.fatal, []);
});

t.test('escalate lets the parent fail in its place, and at the root the process stops', async (t) => {
  const world = createWorld();
  const events: string[] = [];
  world.system.spawn(at('top'), fragile('top', events, ['a', 'b'], { ...oneForOne, strategy: 'escalate' }));
  world.clock.settle();
  events.length = 0;
  crash(world, 'a');
  t.same(events, ['a discarded', 'b discarded', 'top discarded', 'top starts', 'a starts', 'b starts']);
  t.match(world.system.describe(at('top'))?.lastError?.message, /test\/actor\/a failed: bug in a/);
  for (let i = 0; i < 3; i++) crash(world, 'top');
  t.match(world.fatal, [/top failed: bug in top/], 'four failures in a minute are one too many');
  t.equal(world.system.deliver(at('top'), { type: 'hello' }), 'refused');
});

t.test('intensity counts only what is recent', async (t) => {
  const world = createWorld();
  world.system.spawn(at('a'), fragile('a', []));
  for (let i = 0; i < 10; i++) {
    crash(world, 'a');
    world.clock.advance(seconds(21));
  }
  t.equal(world.system.describe(at('a'))?.restarts, 10);
  t.same(world.fatal, []);
});

t.test('back-off doubles up to its bound, is forgotten in quiet times, and waits with the mailbox open', async (t) => {
  const world = createWorld();
  const events: string[] = [];
  const backoff = { firstMs: milliseconds(100), maxMs: milliseconds(400) };
  const supervision: Supervision = {
    strategy: 'one-for-one',
    restarts: Number.POSITIVE_INFINITY,
    withinMs: seconds(60),
    backoff,
  };
  world.system.spawn(at('a'), fragile('a', events), { supervision });
  world.clock.settle();
  const waitsFor = (ms: number): void => {
    events.length = 0;
    crash(world, 'a');
    world.system.deliver(at('a'), { type: 'hello' });
    world.clock.advance(ms - 1);
    t.same(events, ['a discarded'], `not before ${ms} ms`);
    t.match(world.system.describe(at('a')), { life: 'failed', mailboxDepth: 1 });
    world.clock.advance(1);
    t.same(events, ['a discarded', 'a starts', 'a hello']);
  };
  for (const ms of [100, 200, 400, 400]) waitsFor(ms);
  world.clock.advance(seconds(60));
  waitsFor(100);
});

t.test('with randomness a back-off is shortened by at most a quarter', async (t) => {
  const world = createWorld({ random: seededRandom(1) });
  const backoff = { firstMs: milliseconds(1000), maxMs: milliseconds(1000) };
  world.system.spawn(at('a'), fragile('a', []), { supervision: { ...oneForOne, backoff } });
  crash(world, 'a');
  world.clock.advance(749);
  t.equal(world.system.describe(at('a'))?.life, 'failed');
  world.clock.advance(251);
  t.equal(world.system.describe(at('a'))?.life, 'running');
});

t.test('a start that throws is a failure like any other; a taken address fails the spawner', async (t) => {
  const world = createWorld();
  let starts = 0;
  world.system.spawn(
    at('a'),
    actor(() => {}, {
      start: () => {
        if (++starts < 3) throw new Error('not yet');
      },
    }),
  );
  world.clock.settle();
  t.match(world.system.describe(at('a')), { life: 'running', restarts: 2 });
  world.system.spawn(
    at('b'),
    actor((_, effects) =>
      effects.spawn(
        at('a'),
        actor(() => {}),
      ),
    ),
  );
  world.system.deliver(at('b'), { type: 'go' });
  world.clock.settle();
  t.match(world.system.describe(at('b'))?.lastError?.message, /address test\/actor\/a is free/);
});
