// JSON has no dates, and a phase on a chain writes one.

import { agent, chain, end, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

export interface Notes {
  note(due: Date): void;
}

const due = z.date();

const p = swarm('test/broken@1', {
  roles: { asker: agent(), ledger: chain<Notes>('main') },
  state: { due: shared(due) },
});

export const broken = p.phases('ask', {
  ask: p.at('asker', {
    input: due,
    next: ['record'],
    run: ({ state, input, go }) => {
      state.due = input;
      return go.record();
    },
  }),
  record: p.at('ledger', {
    next: ['done'],
    run: ({ state, ledger, go }) => {
      ledger.note(state.due);
      return go.done();
    },
  }),
  done: end('ok'),
});
