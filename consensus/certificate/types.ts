// The signed and hashed objects of the protocol (CONSENSUS §2). They are immutable; `bytes` fields hold what was received,
// because hashes and signatures cover received bytes.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';

/** The state of one lane: the highest batch of its contiguous chain. Sequence 0 with the zero hash is the empty lane. */
export interface LaneHead {
  readonly seq: number;
  readonly digest: Hash;
}

/** One head per lane, in lane order. */
export type Cut = readonly LaneHead[];

/** What a block orders. */
export interface Order {
  readonly chain: Hash;
  readonly epoch: number;
  readonly term: number;
  readonly height: number;
  readonly cut: Cut;
  /** reserved for a change of validators (§10); null in version 1 */
  readonly control: Bytes | null;
}

/** What a block says about execution and time (E1–E4). */
export interface StateClaim {
  readonly chain: Hash;
  readonly epoch: number;
  readonly height: number;
  readonly timeMs: number;
  readonly execHeight: number;
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
  /** Merkle mountain range over the ids of all earlier blocks (§9) */
  readonly historyRoot: Hash;
  /** reserved for chains below a parent chain */
  readonly parentRef: Bytes | null;
  /** reserved for a change of validators */
  readonly nextSetHash: Hash | null;
}

export interface Header {
  readonly id: Hash;
  readonly body: Hash;
  readonly parent: Hash;
  readonly order: Order;
  readonly state: StateClaim;
  readonly orderBytes: Bytes;
  readonly stateBytes: Bytes;
}

/** "I accept this term's chain up to block n; I hold a QC for c and commit up to c." */
export interface Vote {
  readonly voter: number;
  readonly term: number;
  readonly tipHeight: number;
  readonly tipId: Hash;
  /** height of c, or nil: never a height for "none" */
  readonly commit: number | null;
  readonly signature: Bytes;
}

export interface CertificateVote {
  readonly voter: number;
  readonly tipHeight: number;
  readonly tipId: Hash;
  readonly commit: number | null;
  readonly signature: Bytes;
}

/** A quorum certificate, and with `commit ≥ height` in q votes a commit certificate. */
export interface QuorumCert {
  readonly term: number;
  readonly height: number;
  readonly parent: Hash;
  readonly body: Hash;
  readonly votes: readonly CertificateVote[];
  /** bodies of the blocks at height+1 .. the highest tip, all of this term (Q1) */
  readonly links: readonly Hash[];
  /** id of the certified block, recomputed from term, height, parent and body */
  readonly id: Hash;
}

export interface Rank {
  readonly term: number;
  readonly height: number;
}

export interface HighestQc extends Rank {
  readonly id: Hash;
}

export interface Timeout {
  readonly voter: number;
  readonly term: number;
  readonly highest: HighestQc;
  /** reserved for the fast path (§13); empty in version 1 */
  readonly tail: readonly Hash[];
  readonly signature: Bytes;
}

export interface TimeoutCert {
  readonly term: number;
  readonly timeouts: readonly Timeout[];
  /** the certificate that the highest `highest` names; null stands for the genesis certificate */
  readonly qc: QuorumCert | null;
}

/** What brings a node into a term: the TC of the term before, or any QC of the term. */
export type EntryCert = { readonly tc: TimeoutCert } | { readonly qc: QuorumCert };

export interface CheckpointVote {
  readonly voter: number;
  readonly height: number;
  readonly id: Hash;
  /** roots of the application after this height */
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
  readonly signature: Bytes;
}

/** q signatures of one (height, id, roots): certified without links (§9). */
export interface CheckpointCert {
  readonly height: number;
  readonly id: Hash;
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
  readonly votes: readonly { readonly voter: number; readonly signature: Bytes }[];
}

/** Lexicographic (term, height). */
export function outranks(a: Rank, b: Rank): boolean {
  return a.term > b.term || (a.term === b.term && a.height > b.height);
}
