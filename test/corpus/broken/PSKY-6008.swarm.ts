// The answerer may be asked again, and is not told when the asker gives up.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['answer'], run: ({ go }) => go.answer() }),
  answer: p.at('answerer', { next: ['judge'], run: ({ go }) => go.judge() }),
  judge: p.at('asker', {
    next: ['explain', 'givenUp'],
    run: ({ state, go }) => (state.answer === '' ? go.givenUp() : go.explain()),
  }),
  explain: p.at('answerer', { next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
  givenUp: end('given up', { tell: ['asker'] }),
});
