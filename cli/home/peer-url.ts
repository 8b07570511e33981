// Where a node's peers are, as people pass it on: wss://<node id>@<host>:<port>, and ws:// where the network goes without
// TLS. The node id is the pin of the connection.

import type { NodeId, PeerAddress } from '../../net/ports.ts';

export type PeerTls = 'on' | 'off';

const schemes = { on: 'wss', off: 'ws' } as const;

export interface PeerUrl {
  readonly address: PeerAddress;
  readonly tls: PeerTls;
}

/** @param url as `psky dev --json` prints it */
export function parsePeerUrl(url: string): PeerUrl | undefined {
  const [, scheme, nodeId, host, port] =
    /^(wss?):\/\/([0-9a-f]{64})@(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/.exec(url) ?? [];
  if (nodeId === undefined || host === undefined || Number(port) > 65_535) return undefined;
  const address = { nodeId: nodeId as NodeId, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  return { address, tls: scheme === schemes.on ? 'on' : 'off' };
}

export function formatPeerUrl({ address, tls }: PeerUrl): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${schemes[tls]}://${address.nodeId}@${host}:${address.port}`;
}

/** For messages: what such a URL looks like. */
export function peerUrlForm(tls: PeerTls): string {
  return `${schemes[tls]}://<node id>@<host>:<port>`;
}
