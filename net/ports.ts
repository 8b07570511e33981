// What the network room needs from a wire, and what it offers to the rooms above. The simulator injects its faults at
// Transport: sessions, duplicate checks and reconnection above it are the production code.

import type { ActorSystem, Address, Clock, Note, Outlet } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type { Brand } from '../lib/units.ts';
import type { FrameCheck } from './frame-check.ts';

/** Hex of a node's Ed25519 public key; its TLS certificate is pinned to it. */
export type NodeId = Brand<string, 'NodeId'>;

/** Control frames (votes, proposals) never wait behind bulk data (batches, replies to Get): each has its own connection (L3). */
export type Channel = 'control' | 'bulk';

export interface PeerAddress {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
}

/** One authenticated connection. Messages arrive whole, in order and once, or the connection ends: `closed` comes once. */
export interface Connection {
  readonly peer: NodeId;
  readonly channel: Channel;
  /** one message, given in pieces */
  send(parts: readonly Bytes[]): void;
  /** bytes that `send` took and the wire has not */
  readonly bufferedBytes: number;
  /** stops reading (a few messages may still come); the sender feels it through the transport's flow control */
  pause(): void;
  resume(): void;
  close(reason: string): void;
}

export interface ConnectionEvents {
  message(bytes: Bytes): void;
  closed(reason: string): void;
}

export interface Transport {
  /**
   * `accept` gives the events' receiver, or undefined to refuse the connection. It may send before it returns; no event
   * comes before it has returned. `done` comes once.
   */
  listen(
    accept: (connection: Connection) => ConnectionEvents | undefined,
    done: (error: TransportFault | undefined) => void,
  ): void;
  /** `done` comes once and before any event; where the other side refuses, with `refused` */
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

/** In this chain's genesis, or not. Followers get Hello, Get, committed data and forwarded commands only: the rooms above ask. */
export type PeerRole = 'validator' | 'follower';

/** What a chain sees of its peers: messages to the actor that subscribed for it. */
export type LinkMessage =
  | { readonly type: 'link-up'; readonly peer: NodeId; readonly role: PeerRole }
  | { readonly type: 'link-down'; readonly peer: NodeId; readonly reason: string }
  | { readonly type: 'frame'; readonly peer: NodeId; readonly bytes: Bytes }
  | { readonly type: 'bulk'; readonly peer: NodeId; readonly header: Bytes; readonly body: readonly Bytes[] };

/**
 * `control` and `bulk` as above. `reply` has the form of `bulk` (a header and a body) but travels on the control
 * connection, in slices behind its frames: answers to Get never wait on a socket that pauseBulk stopped (L4).
 */
export type FrameChannel = Channel | 'reply';

/**
 * Offered by net to consensus. `link-up` comes when control and bulk are ready in both directions at both ends and the
 * peer serves the domain too. Between one `link-up` and its `link-down` frames arrive in order and at most once.
 */
export interface Links {
  /** frames of `domain` (a chain id) and the state of all its peers go to `receiver`; subscribing again starts anew */
  subscribe(domain: string, receiver: Address): void;
  unsubscribe(domain: string): void;
  /**
   * A stable outlet; frames for a peer whose link is down are dropped.
   * On `control` one write is one frame (≤ 1 MiB); on `bulk` and `reply` the first piece is the header (≤ 64 KiB) and
   * the rest the body (net/limits.ts). Pieces must not change after the write.
   */
  outlet(peer: NodeId, domain: string, channel: FrameChannel): Outlet;
  /** L4: stop and resume reading a peer's bulk link; forgotten when the link ends */
  pauseBulk(peer: NodeId): void;
  resumeBulk(peer: NodeId): void;
  /** counted with its reason; the peer's machine decides what follows */
  misbehaved(peer: NodeId, reason: string): void;
}

/** Who beside the validators may link to this node: anyone, the listed, or nobody. */
export type FollowerPolicy =
  | { readonly mode: 'open' }
  | { readonly mode: 'listed'; readonly listed: ReadonlySet<NodeId> }
  | { readonly mode: 'none' };

/** What net needs from the actor system. */
export type ActorHost = Pick<ActorSystem, 'deliver' | 'onRelief' | 'spawn' | 'stop'>;

export interface LinksOptions {
  readonly self: NodeId;
  /** domain of the peers' addresses: `<domain>/peer/<node id>` */
  readonly domain: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** session numbers and the jitter of back-off */
  readonly random: Random;
  readonly actors: ActorHost;
  /** nodes to link to; those that `validators` names have its rank, the others are followed by us */
  readonly peers: readonly PeerAddress[];
  /** keys in the genesis of any chain of this node */
  readonly validators: ReadonlySet<NodeId>;
  readonly followers: FollowerPolicy;
  readonly note: (note: Note) => void;
  /** the session's duplicate check; only the simulator's test of itself passes another */
  readonly frameCheck?: () => FrameCheck;
}

export interface PeerStatus {
  readonly peer: NodeId;
  readonly role: PeerRole;
  /** state of the peer's machine */
  readonly state: string;
  readonly linked: boolean;
  /** smoothed; undefined before the first ping returned */
  readonly roundTripMs: number | undefined;
  readonly bufferedBytes: number;
  readonly misbehaviour: Readonly<Record<string, number>>;
}

/** To the linked validators whose pings came back. */
export interface RoundTrips {
  /** the highest of the smoothed ones; 0 when none is known */
  readonly slowestMs: number;
  /** the least that each link has ever taken, ascending: what the line takes where nobody is busy */
  readonly leastMs: readonly number[];
}

/** The node's own handle on its links; made by `createLinks(options)`. */
export interface LinksHandle extends Links {
  /** listens, then dials */
  start(done: (error: TransportFault | undefined) => void): void;
  /** what SIGHUP reloads */
  setPeers(peers: readonly PeerAddress[], followers: FollowerPolicy): void;
  peers(): readonly PeerStatus[];
  roundTrips(): RoundTrips;
  /** says goodbye on every link and stops listening */
  close(): void;
}
