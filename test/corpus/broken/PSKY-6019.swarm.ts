// The answer goes to an end that it does not declare.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
  answer: p.at('answerer', {
    next: ['done'],
    run: ({ state, go }) => (state.answer === '' ? go.unknown() : go.done()),
  }),
  done: end('ok'),
  unknown: end('unknown'),
});
