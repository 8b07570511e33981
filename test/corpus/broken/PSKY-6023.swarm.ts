// A phase on a chain asks for the time, which differs between validators.

import { agent, chain, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

const p = swarm('test/broken@1', {
  roles: { asker: agent(), ledger: chain('main') },
  state: { at: shared(z.number()) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', { next: ['record'], run: ({ go }) => go.record() }),
  record: p.at('ledger', {
    next: ['done'],
    run: ({ state, go }) => {
      state.at = Date.now();
      return go.done();
    },
  }),
  done: end('ok'),
});
