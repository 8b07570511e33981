import t from 'tap';
import { orderFulfilment } from '../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import orderRun from '../../examples/order-fulfilment/run.ts';
import tradeRun from '../../examples/trade-finance/run.ts';
import { tradeFinance } from '../../examples/trade-finance/trade-finance.swarm.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { faultKinds } from '../../sim/faults.ts';
import { type SwarmSimReport, simulateSwarm } from '../../sim/swarm.ts';
import type { Choreography } from '../../swarms/index.ts';
import { programOf } from '../../swarms/run/program.ts';

const seed = Number(process.env['PSKY_SEED'] ?? Date.now() % 2 ** 31);
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const trade = { program: programOf(tradeFinance as never as Choreography), run: tradeRun };
const order = { program: programOf(orderFulfilment as never as Choreography), run: orderRun };

function simulate(
  { program, run }: typeof trade | typeof order,
  seed: number,
  more: object = {},
): Promise<SwarmSimReport> {
  const world = { suite: sodiumSuite, drain, seed, faults: faultKinds, virtualSeconds: 60 };
  return simulateSwarm({ ...world, program, implementations: run.agents, input: run.start.input, ...more });
}

t.test(
  `under all faults every instance ends, and each phase takes effect once, seed ${seed}`,
  { timeout: 240_000 },
  async (t) => {
    for (const what of [trade, order]) {
      for (const each of [seed, seed + 1]) {
        const report = await simulate(what, each);
        t.match(
          report,
          { verdict: 'ok', violations: [], instances: 15, effects: 'once' },
          `${what.program.description.name} ${each}`,
        );
        t.ok(Object.keys(report.faults).length >= 15, 'faults of many kinds fell');
      }
    }
  },
);

t.test('one seed gives one course, byte for byte', { timeout: 120_000 }, async (t) => {
  const first = await simulate(trade, seed, { virtualSeconds: 20 });
  t.same(await simulate(trade, seed, { virtualSeconds: 20 }), first);
  t.not((await simulate(trade, seed + 1, { virtualSeconds: 20 })).traceHash, first.traceHash);
});

t.test('an effect that counts twice is found', { timeout: 60_000 }, async (t) => {
  const report = await simulate(trade, 1, { virtualSeconds: 8, faults: [], sabotage: { countsTwice: true } });
  t.match(report, {
    verdict: 'violated',
    effects: 'not once',
    violations: [{ invariant: 'each phase takes effect once' }],
  });
});
