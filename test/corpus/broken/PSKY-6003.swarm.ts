// A successor is misspelt.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['anwser'], run: ({ go }) => go.anwser() }),
  answer: p.at('answerer', { next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
});
