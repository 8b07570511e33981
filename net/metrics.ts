// What net counts. A node declares these in its registry.

import type { MetricDeclaration } from '../lib/metrics.ts';

export const netMetrics: readonly MetricDeclaration[] = [
  { name: 'psky_p2p_peers', help: 'Peers with a connection now.', type: 'gauge' },
  {
    name: 'psky_p2p_dropped_messages_total',
    help: 'Messages of peers that were dropped: duplicates, leftovers of an earlier link, full mailboxes.',
    type: 'counter',
    labels: ['reason'],
  },
  {
    name: 'psky_p2p_misbehaviour_total',
    help: 'What peers did that no honest peer does.',
    type: 'counter',
    labels: ['reason'],
  },
  {
    name: 'psky_p2p_refused_connections_total',
    help: 'Peer connections refused before they became a link.',
    type: 'counter',
    labels: ['reason'],
  },
  {
    name: 'psky_rpc_requests_total',
    help: 'JSON-RPC calls answered, by method and outcome (ok or the slug of the error).',
    type: 'counter',
    labels: ['method', 'outcome'],
  },
  {
    name: 'psky_gateway_refused_total',
    help: 'Requests refused before a handler saw them, by the slug of the error.',
    type: 'counter',
    labels: ['reason'],
  },
  { name: 'psky_gateway_sockets', help: 'WebSocket clients now.', type: 'gauge', labels: ['kind'] },
  {
    name: 'psky_gateway_lagged_total',
    help: 'Clients that were cut off because they did not read.',
    type: 'counter',
    labels: ['kind'],
  },
];
