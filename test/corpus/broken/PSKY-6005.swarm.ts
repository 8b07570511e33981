// The answer leads nowhere.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', {
    next: ['answer', 'done'],
    run: ({ state, go }) => (state.question === '' ? go.done() : go.answer()),
  }),
  answer: p.at('answerer', {
    next: [],
    run: ({ state }) => {
      state.answer = 'forty-two';
    },
  }),
  done: end('ok'),
});
