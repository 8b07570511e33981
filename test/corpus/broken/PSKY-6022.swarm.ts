// A broadcast goes to a role that is one party.

import { agent, atLeast, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['answer', 'count'], run: ({ go }) => go.broadcast('answer').join('count') }),
  answer: p.at('answerer', { next: ['count'], run: ({ go }) => go.count() }),
  count: p.at('asker', { join: atLeast(2), next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
});
