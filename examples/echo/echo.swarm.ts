// The smallest process between two parties: one asks, the other answers.

import { agent, end, minutes, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('examples/echo@1', {
  roles: { caller: agent(), mirror: agent() },
  state: { words: shared(z.string()), reflected: shared(z.string()) },
});

export const echo = p.phases('call', {
  call: p.at('caller', {
    input: z.object({ words: z.string() }),
    next: ['reflect'],
    run: ({ state, input, go }) => {
      state.words = input.words;
      return go.reflect();
    },
  }),
  reflect: p.at('mirror', {
    next: ['hear'],
    deadline: minutes(1),
    onTimeout: 'unheard',
    run: ({ state, go }) => {
      state.reflected = [...state.words].reverse().join('');
      return go.hear();
    },
  }),
  hear: p.at('caller', { next: ['heard'], run: ({ go }) => go.heard() }),
  heard: end('ok'),
  unheard: end('timeout'),
});
