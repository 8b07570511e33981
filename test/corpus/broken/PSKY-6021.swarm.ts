// After the deadline the process goes to a phase that takes an input, and nobody gives it one.

import { agent, end, minutes, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
  answer: p.at('answerer', { next: ['done'], deadline: minutes(5), onTimeout: 'complain', run: ({ go }) => go.done() }),
  complain: p.at('asker', {
    input: z.string(),
    next: ['done'],
    run: ({ state, input, go }) => {
      state.question = input;
      return go.done();
    },
  }),
  done: end('ok'),
});
