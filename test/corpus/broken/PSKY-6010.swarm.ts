// The branches are to meet at a phase that does not say that it joins.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), left: agent(), right: agent() },
  state: { first: shared(z.string()), second: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['one', 'two', 'meet'], run: ({ go }) => go.fork({ a: 'one', b: 'two' }).join('meet') }),
  one: p.at('left', {
    next: ['meet'],
    run: ({ state, go }) => {
      state.first = 'left';
      return go.meet();
    },
  }),
  two: p.at('right', {
    next: ['meet'],
    run: ({ state, go }) => {
      state.second = 'right';
      return go.meet();
    },
  }),
  meet: p.at('asker', { next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
});
