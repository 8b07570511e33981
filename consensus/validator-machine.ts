// The life of a validator on one chain, as an operator speaks of it. The core decides; this machine says where it stands,
// since when, and refuses a life that cannot follow from the one before.

import { assign, setup } from 'xstate';

export type ValidatorEvent =
  | { readonly type: 'replayed' }
  | { readonly type: 'synced' }
  | { readonly type: 'behind' }
  | { readonly type: 'led' }
  | { readonly type: 'followed' }
  | { readonly type: 'abandoned' }
  | { readonly type: 'fenced'; readonly reason: string }
  | { readonly type: 'stopped'; readonly reason: string };

export const validatorMachine = setup({
  types: {
    context: {} as { reason: string | null },
    events: {} as ValidatorEvent,
  },
  actions: {
    explain: assign({ reason: ({ event }) => ('reason' in event ? event.reason : null) }),
  },
}).createMachine({
  id: 'validator',
  context: { reason: null },
  initial: 'replaying',
  states: {
    replaying: { on: { replayed: 'syncing' } },
    /** D5: hears its peers before it signs anything new; or fetches what it missed */
    syncing: { on: { synced: 'following', led: 'leading', followed: 'following', abandoned: 'abandoning' } },
    following: { on: { led: 'leading', abandoned: 'abandoning', behind: 'syncing' } },
    leading: { on: { followed: 'following', abandoned: 'abandoning', behind: 'syncing' } },
    abandoning: { on: { followed: 'following', led: 'leading', behind: 'syncing' } },
    /** D5: this key signs nothing any more; the node follows, serves and executes */
    fenced: { on: { stopped: { target: 'stopped', actions: 'explain' } } },
    stopped: {},
  },
  on: {
    fenced: { target: '.fenced', actions: 'explain' },
    stopped: { target: '.stopped', actions: 'explain' },
  },
});
