// What consensus counts. A node declares these in its registry; each chain has a label.

import type { MetricDeclaration } from '../lib/metrics.ts';

const chain = ['chain'];

export const consensusMetrics: readonly MetricDeclaration[] = [
  { name: 'psky_consensus_height', help: 'Committed height.', type: 'gauge', labels: chain },
  { name: 'psky_consensus_executed_height', help: 'Executed height.', type: 'gauge', labels: chain },
  { name: 'psky_consensus_term', help: 'Current term.', type: 'gauge', labels: chain },
  {
    name: 'psky_consensus_life',
    help: 'What the validator does on this chain: 1 for the current life.',
    type: 'gauge',
    labels: ['chain', 'life'],
  },
  {
    name: 'psky_consensus_abandoned_total',
    help: 'Terms that this node gave up, by reason.',
    type: 'counter',
    labels: ['chain', 'reason'],
  },
  { name: 'psky_consensus_entries_total', help: 'Entries ordered.', type: 'counter', labels: chain },
  {
    name: 'psky_consensus_commit_seconds',
    help: "From a block's time, set by its leader, to its commit at this node.",
    type: 'histogram',
    labels: chain,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  {
    name: 'psky_consensus_evidence_total',
    help: 'Pieces of evidence found.',
    type: 'counter',
    labels: ['chain', 'kind'],
  },
  { name: 'psky_consensus_followers', help: 'Linked nodes that follow this validator.', type: 'gauge', labels: chain },
  {
    name: 'psky_consensus_follower_gets_dropped_total',
    help: 'What followers asked for beyond their share (budget) or all at once (reading): not answered.',
    type: 'counter',
    labels: ['chain', 'reason'],
  },
  {
    name: 'psky_consensus_forwards_total',
    help: "A follower's frames of commands: accepted by a validator, refused, or passed on to the next one.",
    type: 'counter',
    labels: ['chain', 'outcome'],
  },
  {
    name: 'psky_mempool_accounts',
    help: 'Accounts with entries that this validator has admitted and that are not committed.',
    type: 'gauge',
    labels: chain,
  },
  {
    name: 'psky_mempool_account_busy_total',
    help: "Entries refused because their account fills its share of this validator's lane.",
    type: 'counter',
    labels: chain,
  },
  {
    name: 'psky_mempool_size_bytes',
    help: 'Bytes admitted or held and not yet committed.',
    type: 'gauge',
    labels: chain,
  },
];
