// Who waits for an outcome is always told: how it ended, that there is none, or what kept it from being read.

import t from 'tap';
import { seconds } from '../../../../lib/units.ts';
import type { Outcome } from '../../../../swarms/run/outcome.ts';
import { OutcomeWaiters } from '../../../../swarms/run/outcome-waiters.ts';
import { createWorld } from '../../actors/support.ts';

t.test('each answer reaches who waits, and nobody waits afterwards', async (t) => {
  const { clock } = createWorld();
  const waiters = new OutcomeWaiters(clock);
  const outcome = { end: 'ok' } as Outcome;
  for (const [told, wanted] of [
    [Promise.resolve(outcome), { value: outcome }],
    [undefined, { reason: { row: { name: 'swarm-instance-unknown' } } }],
    [Promise.reject(new Error('a letter is closed')), { reason: { message: 'a letter is closed' } }],
  ] as const) {
    const both = Promise.allSettled([waiters.wait('a', seconds(5)), waiters.wait('a', seconds(5))]);
    await waiters.tell('a', told);
    t.match(await both, [wanted, wanted]);
  }
  const late = Promise.allSettled([waiters.wait('a', seconds(5))]);
  clock.advance(5_000);
  t.match(await late, [{ reason: { row: { name: 'swarm-outcome-open' } } }]);
});
