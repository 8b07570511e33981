// The asker's limit reaches the answerer by a variable of the module.

import { agent, end, only, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

let lastLimit = 0;

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { limit: only('asker', z.number()), answer: shared(z.number()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
  answer: p.at('answerer', {
    next: ['done'],
    run: ({ state, go }) => {
      state.answer = lastLimit++;
      return go.done();
    },
  }),
  done: end('ok'),
});
