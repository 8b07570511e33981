// Fifteen branches can be in 32,768 states together.

import { agent, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), answerer: agent() },
  state: { question: shared(z.string()), answer: shared(z.string()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', {
    next: [
      'part1',
      'part2',
      'part3',
      'part4',
      'part5',
      'part6',
      'part7',
      'part8',
      'part9',
      'part10',
      'part11',
      'part12',
      'part13',
      'part14',
      'part15',
      'meet',
    ],
    run: ({ go }) =>
      go
        .fork({
          b1: 'part1',
          b2: 'part2',
          b3: 'part3',
          b4: 'part4',
          b5: 'part5',
          b6: 'part6',
          b7: 'part7',
          b8: 'part8',
          b9: 'part9',
          b10: 'part10',
          b11: 'part11',
          b12: 'part12',
          b13: 'part13',
          b14: 'part14',
          b15: 'part15',
        })
        .join('meet'),
  }),
  part1: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part2: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part3: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part4: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part5: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part6: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part7: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part8: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part9: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part10: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part11: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part12: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part13: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part14: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  part15: p.at('answerer', { next: ['meet'], run: ({ go }) => go.meet() }),
  meet: p.at('asker', { join: 'all', next: ['done'], run: ({ go }) => go.done() }),
  done: end('ok'),
});
