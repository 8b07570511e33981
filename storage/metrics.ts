// Metrics of the storage room. Notes of a shard's journal get their `shard` label in shard.ts.

import type { Note } from '../actors/index.ts';
import type { MetricDeclaration } from '../lib/metrics.ts';

export const storageMetrics: readonly MetricDeclaration[] = [
  {
    name: 'psky_journal_sync_seconds',
    help: 'From the start of a group commit to its durability.',
    type: 'histogram',
    labels: ['shard'],
    buckets: [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
  },
  {
    name: 'psky_journal_group_records',
    help: 'Records that became durable with one sync.',
    type: 'histogram',
    labels: ['shard'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 512, 2048],
  },
  {
    name: 'psky_journal_bytes_total',
    help: 'Bytes written to the journal, with headers and padding.',
    type: 'counter',
    labels: ['shard'],
  },
  {
    name: 'psky_journal_congested',
    help: '1 while more waits for the disk than owners may add to.',
    type: 'gauge',
    labels: ['shard'],
  },
  {
    name: 'psky_shard_free_bytes',
    help: 'Free space on the disk of the shard, at the last check.',
    type: 'gauge',
    labels: ['shard'],
  },
  {
    name: 'psky_shard_admission_open',
    help: '0 while the shard takes in nothing new: not ready, low disk, congested or closing.',
    type: 'gauge',
    labels: ['shard'],
  },
];

/** The same note, about one shard. */
export function ofShard(shard: string, note: Note): Note {
  if ('count' in note || 'gauge' in note || 'observe' in note) return { ...note, labels: { ...note.labels, shard } };
  if ('log' in note) return { ...note, fields: { ...note.fields, shard } };
  return note;
}
