// The xstate adapter under a virtual clock, its transitions, its drawing, and what an observer sees of it.

import t from 'tap';
import { assign, setup } from 'xstate';
import { createTransitionRing, diagramOf, machineBehavior, type TransitionPage } from '../../../actors/index.ts';
import { Secret } from '../../../lib/secret.ts';
import { stalePages } from '../../diagrams.ts';
import { at, createWorld } from './support.ts';

interface LinkContext {
  readonly failures: number;
  readonly password: Secret<string>;
}

const linkMachine = setup({
  types: {} as {
    context: LinkContext;
    events: { type: 'refused' } | { type: 'opened' } | { type: 'closed' } | { type: 'give-up' } | { type: 'odd' };
  },
  actions: { dial: () => {}, report: (_, _params: { readonly text: string }) => {} },
  guards: { tooOften: ({ context }) => context.failures >= 2 },
  delays: { backoff: ({ context }) => 100 * context.failures },
}).createMachine({
  id: 'link',
  initial: 'dialing',
  context: { failures: 0, password: new Secret('hunter2') },
  on: { 'give-up': '.ended' },
  states: {
    dialing: {
      entry: 'dial',
      on: {
        opened: 'up',
        refused: [
          { guard: 'tooOften', target: 'ended', actions: { type: 'report', params: { text: 'too often' } } },
          { target: 'waiting', actions: assign({ failures: ({ context }) => context.failures + 1 }) },
        ],
      },
      after: { 5000: 'waiting' },
    },
    waiting: { after: { backoff: 'dialing' } },
    up: { initial: 'idle', states: { idle: { after: { 300: 'stale' } }, stale: {} }, on: { closed: 'dialing' } },
    ended: { type: 'final' },
  },
});

function startLink() {
  const world = createWorld();
  const dials: number[] = [];
  const reports: unknown[] = [];
  world.system.spawn(
    at('link'),
    machineBehavior({
      machine: linkMachine,
      mailbox: { capacity: 10 },
      actions: {
        dial: (_, effects) => void dials.push(effects.now),
        report: ({ params, context }) => void reports.push([params, context.failures]),
      },
    }),
  );
  world.clock.settle();
  const tell = (type: string): void => {
    world.system.deliver(at('link'), { type });
    world.clock.settle();
  };
  return { ...world, dials, reports, tell };
}

t.test('a machine runs its timers by the system clock and names its effects', async (t) => {
  const { clock, system, dials, reports, tell } = startLink();
  tell('refused');
  t.equal(system.describe(at('link'))?.state, 'waiting');
  clock.advance(99);
  t.same(dials, [0]);
  clock.advance(1);
  t.same(dials, [0, 100], 'the delay is computed from the context');
  clock.advance(5000);
  t.equal(system.describe(at('link'))?.state, 'waiting', 'a fixed delay');
  clock.advance(100);
  tell('opened');
  t.equal(system.describe(at('link'))?.state, 'up.idle');
  t.equal(clock.pendingTimers, 1, 'leaving a state cancels its timer');
  clock.advance(300);
  t.equal(system.describe(at('link'))?.state, 'up.stale');
  tell('odd');
  tell('closed');
  tell('refused');
  clock.advance(200);
  tell('refused');
  t.same(reports, [[{ text: 'too often' }, 2]]);
  t.notOk(system.has(at('link')), 'a final state ends the actor');
  t.equal(clock.pendingTimers, 0);
});

t.test('a machine that names an action without an effect is refused when it is made', async (t) => {
  t.throws(
    () => machineBehavior({ machine: linkMachine, mailbox: { capacity: 1 }, actions: { dial: () => {} } }),
    /the action report/,
  );
});

t.test('transitions are recorded in a ring, secrets are not shown', async (t) => {
  const { system, tell } = startLink();
  tell('refused');
  tell('odd');
  const { records } = system.transitions.read(0, 10);
  t.match(records, [
    { seq: 1, actor: at('link'), machine: 'link', from: '', event: 'start', to: 'dialing' },
    { seq: 2, from: 'dialing', event: 'refused', to: 'waiting' },
  ]);
  t.equal(records.length, 2, 'an event that is not taken is no transition');
  t.same(system.describe(at('link'))?.context, { failures: 1, password: '[secret]' });
  t.notMatch(JSON.stringify([system.inspect(), system.describe(at('link'))]), /hunter2/);
});

t.test('readers of the ring pull, and a slow one is told what it lost', async (t) => {
  const ring = createTransitionRing(4);
  const append = (n: number): void => {
    for (let i = 0; i < n; i++)
      ring.append({ wallMs: 0, actor: at('a'), machine: 'm', from: 'x', event: 'e', to: 'y' });
  };
  let calls = 0;
  const subscription = ring.subscribe('now', () => calls++);
  append(2);
  t.equal(calls, 1, 'told once until it takes');
  const seqs = ({ records }: TransitionPage) => records.map(({ seq }) => seq);
  t.same(seqs(subscription.take(1)), [1]);
  t.equal(calls, 2, 'there is more');
  append(5);
  const late = subscription.take(10);
  t.same([seqs(late), late.lost], [[4, 5, 6, 7], 2]);
  t.same(subscription.take(10), { records: [], cursor: 7, lost: 0 });
  subscription.end();
  append(1);
  t.equal(calls, 2);
  t.same(seqs(ring.read(99, 10)), [5, 6, 7, 8], 'a cursor of a former life starts over');
});

t.test('a drawing shows states, timers, guards and actions', async (t) => {
  const drawing = diagramOf(linkMachine);
  for (const line of [
    '[*] --> link_dialing',
    'link_dialing --> link_ended : refused [tooOften] / report',
    'link_dialing --> link_waiting : after 5000 ms',
    'link_waiting --> link_dialing : after backoff',
    'link_up_idle --> link_up_stale : after 300 ms',
    'link_any --> link_ended : give-up',
    'link_ended --> [*]',
  ]) {
    t.ok(drawing.includes(`${line}\n`), line);
  }
});

t.test('the drawings in docs/machines are up to date (npm run diagrams)', async (t) => {
  t.same(stalePages(), []);
});
