// A plain hop goes to a group, and no member of it is meant.

import { agent, end, group, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), panel: group() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
  answer: p.at('panel', { next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
});
