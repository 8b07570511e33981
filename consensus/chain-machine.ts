// The life of a chain on this node: its application opens, its actors run, it opens again over a state that it has
// adopted from its peers, and it stops by itself when it must.

import { assign, setup } from 'xstate';

export type ChainEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'ready' }
  | { readonly type: 'open-failed'; readonly reason: string }
  | { readonly type: 'adopted' }
  | { readonly type: 'diverged'; readonly reason: string }
  | { readonly type: 'stop' };

export const chainMachine = setup({
  types: {
    context: {} as { reason: string | null },
    events: {} as ChainEvent,
  },
  actions: {
    explain: assign({ reason: ({ event }) => ('reason' in event ? event.reason : null) }),
    open: () => {},
    startActors: () => {},
    stopActors: () => {},
    announce: () => {},
  },
}).createMachine({
  id: 'chain',
  context: { reason: null },
  initial: 'opening',
  states: {
    opening: {
      entry: 'open',
      on: { opened: 'replaying', 'open-failed': { target: 'failed', actions: 'explain' } },
    },
    replaying: { entry: 'startActors', on: { ready: 'running' } },
    running: { entry: 'announce', on: { adopted: { target: 'opening', actions: 'stopActors' } } },
    /** roots differ from those of a certified block: the core orders and signs nothing any more; status and evidence stay */
    diverged: {},
    failed: {},
    stopped: { type: 'final' },
  },
  on: {
    diverged: { target: '.diverged', actions: 'explain' },
    stop: '.stopped',
  },
});
