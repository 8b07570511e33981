import t from 'tap';
import { orderFulfilment } from '../../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import orderRun from '../../../examples/order-fulfilment/run.ts';
import { purchase } from '../../../examples/purchase/purchase.swarm.ts';
import purchaseRun from '../../../examples/purchase/run.ts';
import tradeRun from '../../../examples/trade-finance/run.ts';
import { tradeFinance } from '../../../examples/trade-finance/trade-finance.swarm.ts';
import { days, hours, minutes } from '../../../lib/units.ts';
import { agent, end, never, swarm } from '../../../swarms/index.ts';
import { testNetwork } from '../../../testing/index.ts';

const bicycle = { item: 'bicycle', limit: 1_000 };

t.test('an instance runs to its end', async (t) => {
  const network = await testNetwork(purchase, { agents: purchaseRun.agents });
  t.match(await network.run(bicycle), { end: 'ok', state: { price: 950 } });
  t.match(await network.run({ item: 'violin', limit: 5 }), { end: 'declined' });
});

t.test('thirty days pass in a moment', async (t) => {
  const network = await testNetwork(tradeFinance, { agents: tradeRun.agents });
  const id = await network.start(tradeRun.start.input);
  network.crash('exporter');
  await network.advance(days(31));
  const { end, hops, notUndone } = await network.outcome(id);
  t.equal(end, 'not shipped');
  t.match(hops.at(-1), { phase: 'ship', fault: 'PSKY-6108' });
  t.same(notUndone, []);
});

t.test('an agent that comes back before the deadline does what it has to do', async (t) => {
  const network = await testNetwork(tradeFinance, { agents: tradeRun.agents });
  const id = await network.start(tradeRun.start.input);
  network.crash('carrier');
  await network.advance(days(2));
  await network.restart('carrier');
  t.match(await network.outcome(id), { end: 'ok', error: null });
});

t.test('a silent party ends in the time-out that the process names', async (t) => {
  const network = await testNetwork(purchase, { agents: purchaseRun.agents });
  network.crash('seller');
  const id = await network.start(bicycle);
  await network.advance(minutes(6));
  t.match(await network.outcome(id), { end: 'timeout' });
});

t.test('who was silent for so long that it was given up is asked again when the other is started again', async (t) => {
  const p = swarm('test/patient@1', { roles: { asker: agent(), answerer: agent() }, state: {}, deadline: days(60) });
  const patient = p.phases('ask', {
    ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
    answer: p.at('answerer', { deadline: never, next: ['answered'], run: ({ go }) => go.answered() }),
    answered: end('ok'),
  });
  const network = await testNetwork(patient);
  network.crash('answerer');
  const id = await network.start(undefined);
  await network.advance(days(9));
  await network.restart('answerer');
  await network.advance(days(1));
  network.crash('asker');
  await network.restart('asker');
  await network.advance(days(1)); // asking for the outcome would wake it
  const { end: reached, hops } = await network.outcome(id);
  t.equal(reached, 'ok');
  const [first, last] = [hops[0], hops.at(-1)].map((hop) => Date.parse(hop?.at ?? ''));
  t.ok((last as number) - (first as number) < days(10) + hours(12), `answered at ${hops.at(-1)?.at}`);
});

t.test('messages that are lost or doubled change nothing but the time', async (t) => {
  for (let seed = 1; seed <= 5; seed++) {
    const network = await testNetwork(orderFulfilment, {
      agents: orderRun.agents,
      seed,
      faults: { lost: 0.3, twice: 0.3 },
    });
    const { end, hops } = await network.run(orderRun.start.input);
    t.equal(end, 'ok', `seed ${seed}`);
    t.equal(hops.length, 6);
  }
});

t.test('cancelling undoes', async (t) => {
  const network = await testNetwork(orderFulfilment, { agents: orderRun.agents });
  const id = await network.start(orderRun.start.input);
  network.crash('carrier');
  await network.advance(hours(1));
  network.cancel(id, 'the customer called');
  t.match(await network.outcome(id), { life: 'cancelled', error: { cause: 'the customer called' }, notUndone: [] });
});

t.test('what is no role is said', async (t) => {
  const network = await testNetwork(purchase, { agents: purchaseRun.agents });
  t.throws(() => network.crash('nobody'), /There is no role 'nobody'/);
});
