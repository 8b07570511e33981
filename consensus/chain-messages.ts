// What the actors of one chain say to each other and to those outside who ask. Addresses: <chain>/chain/main is the
// supervisor; below it admission/main, engine/main, executor/main, adoption/main and validator/main.

import { type Address, address, type Message } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Hash } from '../lib/hash.ts';
import type { Ms } from '../lib/units.ts';
import type { BatchOutcome, QueryRequest } from './application.ts';
import type { Batch, BatchContent, Block, Roots, SignedHeader, StopReason } from './core/index.ts';

export interface ChainAddresses {
  readonly chain: Address;
  readonly admission: Address;
  readonly engine: Address;
  readonly executor: Address;
  readonly adoption: Address;
  readonly validator: Address;
}

export function chainAddresses(chain: Hash): ChainAddresses {
  const part = (kind: string): Address => address(chain, kind, 'main');
  return {
    chain: part('chain'),
    admission: part('admission'),
    engine: part('engine'),
    executor: part('executor'),
    adoption: part('adoption'),
    validator: part('validator'),
  };
}

// — admission —

/** Asked by gateways. Entries side by side, each after its length as 4 bytes little-endian. Answered by `Submitted`. */
export interface Submit extends Message {
  readonly type: 'submit';
  readonly count: number;
  readonly entries: Bytes;
}

export interface Place {
  readonly lane: number;
  readonly seq: number;
  readonly digest: Hash;
  /** index within the batch of the first accepted entry; the others follow it */
  readonly offset: number;
}

/** The answer to Submit, once what was accepted is durable. */
export interface Submitted extends Message {
  readonly type: 'submitted';
  /** indices of refused entries with their codes; all others are accepted */
  readonly refused: readonly { readonly index: number; readonly code: number }[];
  readonly place: Place | undefined;
}

// — engine —

/** Asked by admission; answered by `accepted` when the batch is durable. */
export interface Seal extends Message {
  readonly type: 'seal';
  readonly content: BatchContent;
}

export interface Accepted extends Message {
  readonly type: 'accepted';
  readonly contentHash: Hash;
  readonly lane: number;
  readonly seq: number;
  readonly digest: Hash;
}

/** To admission: the node may not sign any more, so what was given to seal is refused. */
export interface NotSealed extends Message {
  readonly type: 'not-sealed';
  readonly contentHash: Hash;
}

/** Whether new batches may be sealed: told to admission whenever it changes. */
export interface Sealing extends Message {
  readonly type: 'sealing';
  readonly allowed: boolean;
  readonly reason: 'open' | 'window-full' | 'not-ready' | 'fenced' | 'stopped';
}

/** To admission after a restart: the batches of this node's lane that are not committed. */
export interface OwnRecovered extends Message {
  readonly type: 'own-recovered';
  readonly batches: readonly Batch[];
}

/** To admission at every commit. */
export interface Progress extends Message {
  readonly type: 'progress';
  readonly height: number;
  readonly timeMs: number;
  /** of this node's lane: the highest sequence number that the committed cut contains; 0 for a follower */
  readonly ownSeq: number;
  /** what a commit takes on the lines alone: a batch and its block, and two rounds of votes */
  readonly lineMs: Ms;
}

/** Asked by executors and gateways: answered by `covered` as soon as a committed header covers everything ordered by now. */
export interface Cover extends Message {
  readonly type: 'cover';
  readonly minHeight: number;
  /** the asker waits no longer than this, and is forgotten then */
  readonly withinMs: number;
}

export interface Covered extends Message {
  readonly type: 'covered';
  readonly execHeight: number;
  readonly signed: SignedHeader;
  /** encoded commit certificate of exactly this header */
  readonly certificate: Bytes;
}

export interface ChainStatus extends Message {
  readonly type: 'status';
  readonly height: number;
  readonly executed: number;
  readonly covered: number;
  readonly lastOrdered: number;
  readonly term: number;
  readonly leader: number;
  readonly me: number | undefined;
  readonly life: ValidatorLife;
  readonly fenced: string | undefined;
  readonly stopped: StopReason | undefined;
  readonly timedOut: boolean;
  readonly work: boolean;
  /** validators whose links are up, this node included */
  readonly connected: readonly boolean[];
  readonly quorum: number;
  /** wall clock of the last commit, or of the start */
  readonly lastProgressMs: number;
  /** wall clock since when work is known without a pause; undefined while there is none */
  readonly workSinceMs: number | undefined;
  /** wall clock since when fewer than a quorum are connected, at a follower none; undefined while enough are */
  readonly quorumLostMs: number | undefined;
  readonly timeMs: number;
  readonly checkpoint: number;
  readonly evidence: readonly Evidence[];
  readonly stateRoot: Hash;
}

/** The answer to `checkpoint`: the newest certificate, encoded; undefined where none was made yet. */
export interface CheckpointStatus extends Message {
  readonly type: 'checkpoint';
  readonly height: number;
  readonly certificate: Bytes | undefined;
}

/** §11: what proves that a validator broke the protocol; one piece per validator, kind and epoch is kept. */
export interface Evidence {
  readonly kind: string;
  readonly validator: number;
  readonly epoch: number;
  readonly detail: string;
  /** when it was found */
  readonly wallMs: number;
  /** the signed objects that contradict each other, encoded (core/evidence.ts) */
  readonly proof: readonly Bytes[];
}

export type ValidatorLife = 'replaying' | 'syncing' | 'following' | 'leading' | 'abandoning' | 'fenced' | 'stopped';

// — executor —

export interface Execute extends Message {
  readonly type: 'execute';
  readonly block: Block;
  readonly batches: readonly Batch[];
}

/** To the executor: the journal can prune no more until a snapshot takes the place of older blocks (§9). */
export interface SnapshotDue extends Message {
  readonly type: 'snapshot-due';
}

/** To the executor: the same for a chain at rest, whose last block this is. */
export interface SnapshotNow extends Message {
  readonly type: 'snapshot-now';
  readonly block: Block;
}

export interface ExecutedHeight extends Message {
  readonly type: 'executed';
  readonly height: number;
  readonly roots: Roots;
}

/** A read of the ledger, answered by `queried`. */
export interface Query extends Message {
  readonly type: 'query';
  readonly request: QueryRequest;
  /** waits until this height is executed; with a proof, until a committed header covers it */
  readonly minHeight: number;
  readonly timeoutMs: number;
}

export interface Queried extends Message {
  readonly type: 'queried';
  readonly height: number;
  readonly value: Bytes | undefined;
  readonly proof: Bytes | undefined;
  readonly code: number | undefined;
  readonly cover: Covered | undefined;
}

/** Asked by gateways: answered by `outcome` when the entry is executed. */
export interface AwaitOutcome extends Message {
  readonly type: 'await-outcome';
  readonly place: Place;
}

export interface Outcome extends Message {
  readonly type: 'outcome';
  readonly height: number;
  /** of the entry within its block */
  readonly index: number;
  readonly code: number;
}

/** Asked by clients' streams that come too late for a block: answered by `batch-fate`. */
export interface TellFate extends Message {
  readonly type: 'tell-fate';
  readonly digest: Hash;
}

export type BatchFate = {
  readonly type: 'batch-fate';
  /** where the content stands now (L4) */
  readonly digest: Hash;
} & (
  | {
      readonly fate: 'executed';
      readonly height: number;
      readonly timeMs: number;
      readonly outcome: BatchOutcome;
    }
  /** its block is being executed: subscribers hear of it */
  | { readonly fate: 'coming' }
  /** executed long ago, or not ordered yet: the archive knows */
  | { readonly fate: 'unknown' }
);

/** To subscribers of the executor, once per executed block, in order. */
export interface BlockExecuted extends Message {
  readonly type: 'block-executed';
  readonly height: number;
  readonly id: Hash;
  readonly timeMs: number;
  readonly outcomes: readonly BatchOutcome[];
  readonly digests: readonly Hash[];
}

/** L4: own content that a committed cut left out stands in another batch now. Executors pass it on to their subscribers; admission moves what it counts. */
export interface Reappended extends Message {
  readonly type: 'reappended';
  readonly lost: Hash;
  readonly place: { readonly lane: number; readonly seq: number; readonly digest: Hash };
}

export interface Subscribe extends Message {
  readonly type: 'subscribe';
  readonly subscriber: Address;
}

/** To a subscriber beyond the bound: it hears of nothing. */
export interface NotSubscribed extends Message {
  readonly type: 'not-subscribed';
}

export interface Unsubscribe extends Message {
  readonly type: 'unsubscribe';
  readonly subscriber: Address;
}

/** A question that cannot be answered now. */
export interface Refusal extends Message {
  readonly type: 'refusal';
  readonly code: number;
}
