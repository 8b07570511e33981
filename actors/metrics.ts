// The metrics of this room.

import type { MetricDeclaration } from '../lib/metrics.ts';

export const actorMetrics = [
  {
    name: 'psky_actor_turn_seconds',
    help: 'Duration of turns, from taking the message to the last effect.',
    type: 'histogram',
    labels: ['kind'],
    buckets: [0.000001, 0.000005, 0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1],
  },
  {
    name: 'psky_actor_slow_turns_total',
    help: 'Turns that took longer than the budget of 5 ms.',
    type: 'counter',
    labels: ['kind'],
  },
  {
    name: 'psky_actor_failures_total',
    help: 'Turns that threw.',
    type: 'counter',
    labels: ['kind'],
  },
  { name: 'psky_actor_restarts_total', help: 'Restarts of actors.', type: 'counter', labels: ['kind'] },
  { name: 'psky_actor_actors', help: 'Actors that are alive.', type: 'gauge', labels: ['kind'] },
  {
    name: 'psky_actor_mailbox_messages',
    help: 'Messages that wait in the mailboxes of a kind of actor.',
    type: 'gauge',
    labels: ['kind'],
  },
  {
    name: 'psky_actor_dead_letters_total',
    help: 'Messages that reached nobody.',
    type: 'counter',
    labels: ['reason'],
  },
  {
    name: 'psky_actor_durable_ignored_total',
    help: 'Durable messages that had no effect; all but the unreadable come again.',
    type: 'counter',
    labels: ['kind', 'reason'],
  },
  { name: 'psky_gate_waiting_frames', help: 'Frames that wait for a sync.', type: 'gauge' },
  { name: 'psky_gate_waiting_bytes', help: 'Bytes of the frames that wait for a sync.', type: 'gauge' },
  {
    name: 'psky_gate_abandoned_outlets',
    help: 'Outlets whose waiting frames were dropped because too much waited.',
    type: 'gauge',
  },
] as const satisfies readonly MetricDeclaration[];
