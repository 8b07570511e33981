// What nodes say to each other (CONSENSUS §2, §7) and what goes into the journal (§3), as the core sees it: decoded,
// within bounds, but neither verified nor believed.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type {
  CheckpointCert,
  CheckpointVote,
  EntryCert,
  Header,
  LaneHead,
  QuorumCert,
  Rank,
  Timeout,
  TimeoutCert,
  Vote,
} from '../certificate/types.ts';
import type { StopReason } from './core-types.ts';
import type { Peaks } from './history.ts';

/** A batch of entries of one lane. The core never looks into `body`; its digest was computed from it on arrival. */
export interface Batch {
  readonly lane: number;
  readonly seq: number;
  readonly prev: Hash;
  readonly count: number;
  readonly size: number;
  readonly digest: Hash;
  /** SHA-256 of the body: what stays the same when a batch is appended again under another number */
  readonly contentHash: Hash;
  readonly body: readonly Bytes[];
}

export interface SignedHeader {
  readonly header: Header;
  readonly signature: Bytes;
  /** for the first block of a term */
  readonly entry: TimeoutCert | null;
}

export interface Proposal extends SignedHeader {
  readonly type: 'proposal';
  readonly chainQc: QuorumCert | null;
}

export interface VoteMessage {
  readonly type: 'vote';
  readonly vote: Vote;
  /** E2: the sender's executed height, unsigned */
  readonly executed: number;
}

export interface TimeoutMessage {
  readonly type: 'timeout';
  readonly timeout: Timeout;
  readonly qc: QuorumCert | null;
}

export interface Hello {
  readonly type: 'hello';
  readonly epoch: number;
  readonly term: number;
  readonly commitHeight: number;
  readonly commitRank: Rank | null;
  readonly vote: Vote | null;
  readonly timeout: Timeout | null;
  readonly highQc: QuorumCert | null;
  readonly entry: EntryCert | null;
  readonly tipHeight: number;
  readonly executed: number;
  /** contiguous head per lane */
  readonly lanes: readonly LaneHead[];
  /** the receiver's newest signed objects that the sender holds (D5) */
  readonly yourVote: Vote | null;
  readonly yourTimeout: Timeout | null;
  /** sequence number of the highest batch that came from the receiver itself: a cut may name forged ones beyond (L4) */
  readonly yourBatch: number;
  /** height of the newest checkpoint certificate, 0 for none */
  readonly checkpoint: number;
}

export type PeerMessage =
  | Proposal
  | VoteMessage
  | TimeoutMessage
  | Hello
  | { readonly type: 'entry'; readonly entry: EntryCert }
  | { readonly type: 'qc'; readonly qc: QuorumCert }
  | { readonly type: 'commit'; readonly certificate: QuorumCert }
  | { readonly type: 'batch'; readonly batch: Batch; readonly answer: boolean }
  | {
      readonly type: 'have';
      readonly batches: readonly { readonly lane: number; readonly seq: number; readonly digest: Hash }[];
    }
  | { readonly type: 'get-headers'; readonly id: Hash; readonly above: number; readonly count: number }
  | { readonly type: 'headers'; readonly id: Hash; readonly headers: readonly SignedHeader[] }
  | { readonly type: 'get-batches'; readonly digests: readonly Hash[] }
  | { readonly type: 'checkpoint-vote'; readonly vote: CheckpointVote }
  | { readonly type: 'checkpoint'; readonly certificate: CheckpointCert }
  | { readonly type: 'offer'; readonly certificate: CheckpointCert; readonly oldest: number }
  /** asks for parts of the snapshot at a height, and for its head where `from` is 0 */
  | { readonly type: 'get-snapshot'; readonly height: number; readonly from: number; readonly count: number }
  /** `commitCert`: of exactly this block, where the sender holds it */
  | { readonly type: 'snapshot-head'; readonly head: SnapshotHead; readonly commitCert: QuorumCert | null }
  | { readonly type: 'snapshot-part'; readonly height: number; readonly index: number; readonly bytes: Bytes }
  /** the ledger's own traffic between validators: opaque here, handed on by the engine */
  | { readonly type: 'app'; readonly topic: string; readonly bytes: Bytes }
  | Forwarded;

/** A validator's answer to commands that a follower has passed on: what its own admission said of them. */
export interface Forwarded {
  readonly type: 'forwarded';
  /** the follower's own */
  readonly number: number;
  /** why none was looked at; null where each was */
  readonly code: number | null;
  /** indices of refused entries with their codes; all others are accepted */
  readonly refused: readonly { readonly index: number; readonly code: number }[];
  /** of the first accepted entry; null where all were refused */
  readonly place: {
    readonly lane: number;
    readonly seq: number;
    readonly digest: Hash;
    readonly offset: number;
  } | null;
}

/** The safety record of one's own vote: what is signed once it is durable. */
export interface VoteRecord {
  readonly term: number;
  readonly tipHeight: number;
  readonly tipId: Hash;
  readonly commit: number | null;
}

export interface TimeoutRecord {
  readonly term: number;
  readonly qc: QuorumCert | null;
}

/** What a snapshot holds beside the application's state (§9): proved by the checkpoint's certificate over the block's id. */
export interface SnapshotHead {
  readonly signed: SignedHeader;
  /** the history before the block, which its header commits to */
  readonly past: Peaks;
  /** of the application's state */
  readonly parts: number;
}

/** Where a journal begins when what came before was pruned, or a chain when it was adopted from a checkpoint. */
export interface Base {
  readonly signed: SignedHeader;
  /** as in a snapshot's head */
  readonly past: Peaks;
  readonly lastOrdered: number;
  readonly commitCert: QuorumCert | null;
}

export type JournalRecord =
  /** D5: written by `init`; a journal without it is fenced */
  | { readonly type: 'init' }
  | { readonly type: 'enter'; readonly term: number; readonly certificate: EntryCert | null }
  /** `fetched`: asked for by its digest, so on the own lane not sealed by this node (L4) */
  | { readonly type: 'batch'; readonly batch: Batch; readonly fetched: boolean }
  | { readonly type: 'header'; readonly signed: SignedHeader }
  | { readonly type: 'qc'; readonly qc: QuorumCert }
  | { readonly type: 'vote'; readonly vote: VoteRecord }
  | { readonly type: 'timeout'; readonly timeout: TimeoutRecord }
  | { readonly type: 'commit'; readonly certificate: QuorumCert }
  | { readonly type: 'checkpoint'; readonly certificate: CheckpointCert }
  | { readonly type: 'base'; readonly base: Base }
  /** the node is fenced for good under this key */
  | { readonly type: 'fenced'; readonly reason: string }
  /** E1: the node has diverged, or met a fork, and orders and signs nothing on this chain any more */
  | { readonly type: 'stopped'; readonly reason: StopReason };
