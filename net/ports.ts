// What the network room needs from a wire, and what it offers to the rooms above. The simulator injects its faults at
// Transport: sessions, duplicate checks and reconnection above it are the production code.

import type { Address } from '../actors/address.ts';
import type { Outlet } from '../actors/ports.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Brand } from '../lib/units.ts';

/** Hex of a node's Ed25519 public key; its TLS certificate is pinned to it. */
export type NodeId = Brand<string, 'NodeId'>;

/** Control frames (votes, proposals) never wait behind bulk data (batches, replies to Get): each has its own connection (L3). */
export type Channel = 'control' | 'bulk';

export interface PeerAddress {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
}

/** One authenticated connection. Messages arrive whole, in order and once, or the connection ends. */
export interface Connection {
  readonly peer: NodeId;
  readonly channel: Channel;
  /** one message, given in pieces */
  send(parts: readonly Bytes[]): void;
  /** bytes that `send` took and the wire has not */
  readonly bufferedBytes: number;
  /** stops reading; the sender feels it through the transport's flow control */
  pause(): void;
  resume(): void;
  close(reason: string): void;
}

export interface ConnectionEvents {
  message(bytes: Bytes): void;
  closed(reason: string): void;
}

export interface Transport {
  /** `accept` gives the events' receiver, or undefined to refuse the connection */
  listen(
    accept: (connection: Connection) => ConnectionEvents | undefined,
    done: (error: TransportFault | undefined) => void,
  ): void;
  dial(
    target: PeerAddress,
    channel: Channel,
    done: (error: TransportFault | undefined, connection: Connection | undefined) => void,
    events: ConnectionEvents,
  ): void;
  close(): void;
}

export interface TransportFault {
  readonly code: 'refused' | 'unreachable' | 'wrong-identity' | 'timeout' | 'address-in-use';
  readonly message: string;
}

/** What a chain sees of its peers: messages to the actor that subscribed for it. */
export type LinkMessage =
  | { readonly type: 'link-up'; readonly peer: NodeId }
  | { readonly type: 'link-down'; readonly peer: NodeId; readonly reason: string }
  | { readonly type: 'frame'; readonly peer: NodeId; readonly bytes: Bytes }
  | { readonly type: 'bulk'; readonly peer: NodeId; readonly header: Bytes; readonly body: readonly Bytes[] };

/** Offered by net to consensus. `link-up` comes when control and bulk are both ready in both directions. */
export interface Links {
  /** frames of `domain` (a chain id) and the state of all its peers go to `receiver` */
  subscribe(domain: string, receiver: Address): void;
  unsubscribe(domain: string): void;
  /**
   * A stable outlet; frames for a peer whose link is down are dropped.
   * On `control` one write is one frame; on `bulk` the first piece is the header and the rest the body.
   */
  outlet(peer: NodeId, domain: string, channel: Channel): Outlet;
  /** L4: stop and resume reading a peer's bulk link */
  pauseBulk(peer: NodeId): void;
  resumeBulk(peer: NodeId): void;
  /** counted with its reason; the peer's machine decides what follows */
  misbehaved(peer: NodeId, reason: string): void;
}
