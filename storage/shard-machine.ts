// The life of a storage shard, as a pure machine: opening → replaying → serving ⇄ low-disk → closing → closed, or failed.
// What its actions do to the world is in shard.ts.

import { assign, setup } from 'xstate';
import type { Address } from '../actors/index.ts';
import type { ShardFault } from './manifest.ts';
import type { StoreEngine } from './ports.ts';

export type ShardMessage =
  | { readonly type: 'opened'; readonly leaseEpoch: number; readonly engine: StoreEngine; readonly direct: boolean }
  /** an owner that was there when the shard was opened has taken its records in */
  | { readonly type: 'replayed'; readonly owner: string }
  | { readonly type: 'check-disk' }
  | { readonly type: 'disk-checked'; readonly freeBytes: number }
  | { readonly type: 'congested'; readonly congested: boolean }
  /** wants an `AdmissionMessage` now and whenever admission changes */
  | { readonly type: 'subscribe'; readonly subscriber: Address }
  | { readonly type: 'fault'; readonly fault: ShardFault }
  | { readonly type: 'close' }
  | { readonly type: 'closed' };

export type ShardPhase = 'not-ready' | 'serving' | 'low-disk' | 'closing' | 'failed';

export interface ShardContext {
  /** what admission goes by */
  readonly phase: ShardPhase;
  readonly name: string;
  readonly lowDiskBytes: number;
  readonly recoveredBytes: number;
  readonly replaying: readonly string[];
  readonly subscribers: readonly Address[];
  readonly leaseEpoch: number;
  readonly engine: StoreEngine | null;
  readonly direct: boolean;
  readonly freeBytes: number | null;
  readonly congested: boolean;
  readonly fault: ShardFault | null;
}

export interface ShardInput {
  readonly name: string;
  /** whose `replayed` is waited for before admission opens */
  readonly owners: readonly string[];
  /** admission closes below this much free space, and opens again at `recoveredBytes` */
  readonly lowDiskBytes: number;
  readonly recoveredBytes: number;
}

export const shardMachine = setup({
  types: {
    context: {} as ShardContext,
    events: {} as ShardMessage,
    input: {} as ShardInput,
  },
  actions: {
    open: () => {},
    handOver: () => {},
    checkDisk: () => {},
    checkDiskLater: () => {},
    answerSubscriber: () => {},
    announceAdmission: () => {},
    closeFiles: () => {},
    reportRefusal: () => {},
    stopProcess: () => {},
  },
  guards: {
    nobodyReplays: ({ context }) => context.replaying.length === 0,
    isLow: ({ event, context }) => event.type === 'disk-checked' && event.freeBytes < context.lowDiskBytes,
    hasRecovered: ({ event, context }) => event.type === 'disk-checked' && event.freeBytes >= context.recoveredBytes,
  },
}).createMachine({
  id: 'shard',
  description: 'The life of a storage shard: one directory with one journal and one store.',
  context: ({ input }) => ({
    phase: 'not-ready',
    name: input.name,
    lowDiskBytes: input.lowDiskBytes,
    recoveredBytes: input.recoveredBytes,
    replaying: input.owners,
    subscribers: [],
    leaseEpoch: 0,
    engine: null,
    direct: false,
    freeBytes: null,
    congested: false,
    fault: null,
  }),
  initial: 'opening',
  on: {
    subscribe: {
      actions: [
        assign({
          subscribers: ({ context, event }) => [
            ...context.subscribers.filter((each) => each !== event.subscriber),
            event.subscriber,
          ],
        }),
        'answerSubscriber',
      ],
    },
    congested: {
      actions: [assign({ congested: ({ event }) => event.congested }), 'announceAdmission'],
    },
    fault: { target: '.failed', actions: [assign({ fault: ({ event }) => event.fault }), 'stopProcess'] },
  },
  states: {
    opening: {
      entry: 'open',
      on: {
        opened: {
          target: 'replaying',
          actions: assign(({ event }) => ({
            leaseEpoch: event.leaseEpoch,
            engine: event.engine,
            direct: event.direct,
          })),
        },
        // Nothing depends on a shard that never opened: its opener decides what follows.
        fault: { target: 'failed', actions: [assign({ fault: ({ event }) => event.fault }), 'reportRefusal'] },
      },
    },
    replaying: {
      entry: 'handOver',
      always: { guard: 'nobodyReplays', target: 'serving' },
      on: {
        replayed: {
          actions: assign({
            replaying: ({ context, event }) => context.replaying.filter((owner) => owner !== event.owner),
          }),
        },
        close: 'closing',
      },
    },
    serving: {
      entry: [assign({ phase: 'serving' }), 'announceAdmission', 'checkDisk'],
      on: {
        'check-disk': { actions: 'checkDisk' },
        'disk-checked': [
          {
            guard: 'isLow',
            target: 'low-disk',
            actions: assign({ freeBytes: ({ event }) => event.freeBytes }),
          },
          { actions: [assign({ freeBytes: ({ event }) => event.freeBytes }), 'checkDiskLater'] },
        ],
        close: 'closing',
      },
    },
    'low-disk': {
      entry: [assign({ phase: 'low-disk' }), 'announceAdmission', 'checkDiskLater'],
      on: {
        'check-disk': { actions: 'checkDisk' },
        'disk-checked': [
          {
            guard: 'hasRecovered',
            target: 'serving',
            actions: assign({ freeBytes: ({ event }) => event.freeBytes }),
          },
          { actions: [assign({ freeBytes: ({ event }) => event.freeBytes }), 'checkDiskLater'] },
        ],
        close: 'closing',
      },
    },
    closing: { entry: [assign({ phase: 'closing' }), 'announceAdmission', 'closeFiles'], on: { closed: 'closed' } },
    closed: { type: 'final' },
    failed: { entry: [assign({ phase: 'failed' }), 'announceAdmission'] },
  },
});
