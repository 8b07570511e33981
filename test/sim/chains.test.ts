// Many chains in one process: one that fails stops alone, and those that rest cost nothing.

import t from 'tap';
import { explain } from '../../cli/why.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { MiB } from '../../lib/units.ts';
import { WholeNodes } from './whole-nodes.ts';

t.setTimeout(0); // the runner's budget for the file decides

const validators = ['v1', 'v2', 'v3', 'v4'];

/** In segments that hold the live records of all of them. */
const manyChains = (count: number) => ({
  segmentBytes: 16 * MiB,
  chains: Array.from({ length: count }, (_, index) => ({ name: `chain-${index}`, application: 'blob' as const })),
});
/** how often each process was started: none may end by itself */
const starts = ({ hosts }: WholeNodes): readonly number[] => hosts.map((host) => host.starts);

t.test('three chains in one process: the one that fails twice is stopped, the others go on', async (t) => {
  let fails = false;
  const net = new WholeNodes(7, {
    validators: 4,
    chains: ['a', 'b', 'c'].map((name) => ({ name, application: 'blob' as const })),
    hooks: (validator, chain) =>
      validator !== 0 || chain !== 'b'
        ? undefined
        : {
            stepped: (_core, outputs) => {
              if (!fails) return outputs;
              fails = false;
              throw new Error('a bug');
            },
          },
  });
  const heights = (chain: string): readonly number[] => validators.map((_, index) => net.told(index, chain).height);
  const commitOn = (index: number, chain: string, entry: string): void => {
    const [before] = heights(chain).slice(index, index + 1) as [number];
    t.equal(net.submitAll(index, chain, [fromUtf8(entry)]).accepted, 1, `${entry} on ${chain}`);
    net.run(3_000);
    t.ok(net.told(index, chain).height > before, `${chain} goes on at v${index + 1}`);
  };
  for (const chain of ['a', 'b', 'c']) commitOn(0, chain, 'first');

  fails = true;
  t.equal(net.submitAll(1, 'b', [fromUtf8('one failure')]).accepted, 1);
  net.run(3_000);
  t.notOk(fails, 'the engine of b failed at v1');
  commitOn(0, 'b', 'after a restart of the chain');
  const before = heights('b');
  t.equal(new Set(before).size, 1, 'it has caught up');

  fails = true;
  t.equal(net.submitAll(1, 'b', [fromUtf8('another failure')]).accepted, 1);
  net.run(3_000);
  t.notOk(fails);
  for (const chain of ['a', 'c']) {
    commitOn(0, chain, 'second');
    t.equal(net.told(0, chain).state, 'idle');
  }
  commitOn(1, 'b', 'without v1');
  t.same(net.submitAll(0, 'b', [fromUtf8('refused')]), { accepted: 0, codes: [] });
  const stopped = net.told(0, 'b');
  t.match(stopped, { state: 'halted', have: 0, sentence: /Chain b has been stopped on this node/ });
  t.ok(net.told(1, 'b').height > (before[0] as number));

  const why = explain({
    chain: 'b',
    validators,
    asked: validators.map((name, index) => ({ name, status: net.told(index, 'b') })),
    revive: (name) => `psky dev revive ${name}`,
    fallbackSince: '',
  });
  t.match(why, { state: 'idle', missing: ['v1'], have: 3, sentence: /without v1/, remedy: /restart/ });
  t.same(starts(net), [1, 1, 1, 1]);

  // the process starts again: the stopped chain comes back with the others
  net.hosts[0]?.crash('killed');
  net.hosts[0]?.start();
  net.run(5_000);
  commitOn(0, 'b', 'back again');
  t.equal(new Set(heights('b')).size, 1);
  t.same(starts(net), [2, 1, 1, 1]);
  t.same(net.world.violations, []);
});

t.test('a hundred idle chains send nothing, take no turn and hold no timer', async (t) => {
  const idle = (chains: number) => {
    let steps = 0;
    const net = new WholeNodes(11, {
      ...{ validators: 4, ...manyChains(chains) },
      hooks: () => ({
        stepped: (_core, outputs) => {
          steps += 1;
          return outputs;
        },
      }),
    });
    net.run(3_000);
    for (const { name } of net.genesis.chains)
      t.equal(net.submitAll(0, name, [fromUtf8('work')]).accepted, 1, `${name} accepts`);
    net.run(30_000);
    for (const [index, { name }] of net.genesis.chains.entries())
      if (index % 10 === 0) t.match(net.told(1, name), { state: 'idle', height: 2 }, `${name} is at rest`);
    const ofChains = new Set<string | null>(net.node(0).served.map(({ chain }) => chain));
    const turns = (): number =>
      validators
        .flatMap((_, index) => net.node(index).system.inspect().actors)
        .filter(({ shard }) => ofChains.has(shard))
        .reduce((sum, actor) => sum + actor.turns, 0);
    const before = { steps, turns: turns(), events: net.world.events, messages: net.network.messages };
    const pending = net.world.pendingEvents;
    net.run(60_000);
    t.same(starts(net), [1, 1, 1, 1]);
    t.same(net.world.violations, []);
    return {
      steps: steps - before.steps,
      turns: turns() - before.turns,
      events: net.world.events - before.events,
      messages: net.network.messages - before.messages,
      timers: pending,
    };
  };
  const [one, hundred] = [idle(1), idle(100)];
  t.equal(hundred.steps, 0, 'no step of any core');
  t.equal(hundred.turns, 0, 'no turn of any actor of a chain');
  t.equal(hundred.messages, one.messages, 'links ping, chains say nothing');
  t.equal(hundred.events, one.events, 'the world has no more to do than for one chain');
  t.equal(hundred.timers, one.timers, 'chains hold no timers');
});

t.test('a network of a thousand chains, as many as a genesis may list, starts and takes in work on each', async (t) => {
  const net = new WholeNodes(13, { validators: 1, ...manyChains(1_000) });
  net.run(3_000);
  t.equal(net.node(0).system.inspect().deadLetters.total, 0);
  const refused = net.genesis.chains.filter(({ name }) => net.submitAll(0, name, [fromUtf8('work')]).accepted !== 1);
  t.same(refused, []);
  t.same(starts(net), [1]);
  t.same(net.world.violations, []);
});
