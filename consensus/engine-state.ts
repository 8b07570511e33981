// What the engine's parts share: what it is made with, what it is told, and what it holds.

import type { Asker, Effects, Message, Position, Ticket } from '../actors/index.ts';
import type { Ms } from '../lib/units.ts';
import type { LinkMessage, Links, NodeId, RoundTrips } from '../net/index.ts';
import type { JournalView } from '../storage/index.ts';
import type { Application, Opened } from './application.ts';
import type { Archive } from './archive.ts';
import type { Committee } from './certificate/committee.ts';
import type { ChainAddresses, Cover, ExecutedHeight, Seal, Sealing, ValidatorLife } from './chain-messages.ts';
import type { Core, Input, JournalRecord, Output, PeerMessage, Recovery, RoundTripInput } from './core/index.ts';
import type { Follower } from './engine-followers.ts';
import type { EvidenceBook } from './evidence-book.ts';
import type { CoreHooks } from './hooks.ts';
import type { Snapshots } from './snapshots.ts';
import type { Forward } from './wire.ts';

export interface EngineOptions {
  /** the chain's name in its network, for metrics */
  readonly name: string;
  readonly committee: Committee;
  readonly me: number | undefined;
  /** node ids in committee order: a frame from another node is not a validator's */
  readonly nodeIds: readonly NodeId[];
  readonly sign: (text: Uint8Array) => Uint8Array;
  readonly application: Pick<Application, 'persist'>;
  readonly opened: Opened;
  readonly genesisTimeMs: number;
  readonly plannedTermMs: Ms;
  readonly journal: JournalView;
  readonly archive: Archive;
  readonly snapshots: Snapshots;
  readonly evidence: EvidenceBook;
  readonly links: Links;
  /** the slowest smoothed round trip to a validator, for T1's base */
  readonly roundTrips: () => RoundTrips;
  readonly addresses: ChainAddresses;
  /** the ledger's own traffic (message kind App) */
  readonly onApp: (from: number, topic: string, bytes: Uint8Array) => void;
  /** the simulator's */
  readonly hooks?: CoreHooks | undefined;
  /** hears of every change */
  readonly onReadiness?: ((ready: boolean) => void) | undefined;
}

export type EngineMessage =
  | LinkMessage
  | Seal
  | ExecutedHeight
  | Cover
  | { readonly type: 'status' }
  | { readonly type: 'checkpoint' }
  /** what the archive can serve has changed */
  | { readonly type: 'kept-changed' }
  | { readonly type: 'certify-failed'; readonly reason: string }
  /** this chain holds back the pruning of its shard's journal */
  | { readonly type: 'pruning-held' }
  | { readonly type: 'freeze'; readonly height: number }
  | { readonly type: 'turn' }
  | { readonly type: 'expire-readers' }
  | { readonly type: 'wake' }
  | { readonly type: 'synced'; readonly through: number }
  | { readonly type: 'replayed'; readonly records: readonly ReplayedRecord[]; readonly last: boolean }
  | { readonly type: 'replay-failed'; readonly reason: string }
  /** what a node has asked for, as far as it was found; or what this one asks of it */
  | { readonly type: 'serve'; readonly to: NodeId; readonly messages: readonly PeerMessage[] }
  | { readonly type: 'tell-followers' }
  /** on a follower: commands for a validator */
  | { readonly type: 'forward'; readonly to: number; readonly forward: Forward }
  /** on a validator: what its admission says of a follower's commands */
  | {
      readonly type: 'forward-answered';
      readonly peer: NodeId;
      readonly link: number;
      readonly number: number;
      readonly bytes: number;
      readonly reply: Message | undefined;
    }
  /** a snapshot stands at a height whose certificate may be known already */
  | { readonly type: 'snapshot-stands' }
  | RoundTripInput
  /** a hook's: what a misbehaving validator of the simulator does */
  | { readonly type: 'perform'; readonly outputs: readonly Output[] }
  | { readonly type: 'broadcast-app'; readonly topic: string; readonly bytes: Uint8Array };

export interface ReplayedRecord {
  readonly record: JournalRecord;
  readonly position: number;
}

export interface Reader {
  readonly height: number;
  /** the asker has given up by then */
  readonly until: number;
  readonly asker: Asker | undefined;
}

export interface Engine {
  readonly core: Core;
  recovery: Recovery | undefined;
  inputs: Input[];
  turnDue: boolean;
  deadline: Ms | undefined;
  readonly tickets: Map<number, Ticket>;
  readers: Reader[];
  life: ValidatorLife;
  sealing: Sealing['reason'];
  ready: boolean;
  lastProgressMs: number;
  quorumLostMs: number | undefined;
  readonly evidence: EvidenceBook;
  /** where the journal stood at the newest checkpoint, and how many records the core had appended in this life */
  checkpointMark: { readonly position: Position; readonly records: number } | undefined;
  /** linked nodes that are no validators and follow this one */
  readonly followers: Map<NodeId, Follower>;
  followersSeen: number;
  /** a timer is set for those that were told just now */
  tellingFollowers: boolean;
  readonly measured: Measured;
}

/** What the gauges stand at. */
export type Measured = {
  [Gauge in
    | 'psky_consensus_height'
    | 'psky_consensus_executed_height'
    | 'psky_consensus_term'
    | 'psky_mempool_size_bytes']?: number;
};

export type Fx = Effects<EngineMessage>;
