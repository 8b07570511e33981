// The left branch goes on in the right one.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), left: agent(), right: agent() },
  state: { first: shared(z.string()), second: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['one', 'two', 'meet'], run: ({ go }) => go.fork({ a: 'one', b: 'two' }).join('meet') }),
  one: p.at('left', { next: ['two'], run: ({ go }) => go.two() }),
  two: p.at('right', {
    next: ['meet'],
    run: ({ state, go }) => {
      state.second = 'right';
      return go.meet();
    },
  }),
  meet: p.at('asker', { join: 'all', next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
});
