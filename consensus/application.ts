// What any ledger must answer. Consensus agrees on the order of opaque entries and never looks into them; a ledger
// implements this port. Everything answers by callback, and long work is sliced inside (no slice above 5 ms).

import type { Bytes } from '../lib/bytes.ts';
import type { Hash } from '../lib/hash.ts';

/** The ledger's view of the chain it belongs to. */
export interface ChainContext {
  readonly chain: Hash;
  /** height of the last block applied to the state; 0 is genesis */
  readonly height: number;
  /** timeMs of the last committed block */
  readonly timeMs: number;
  readonly wallMs: number;
}

/** An entry is what a client submits as one: a signed command, a bundle or a blob, at most 64 KiB (a bundle 1 MiB). */
export type Entry = Bytes;

/** What an entry takes of its account's share of a validator's lane. */
export interface Charge {
  readonly account: Hash;
  readonly bytes: number;
}

/** Without a charge nobody pays for the entry, and only the lane's own bounds hold. */
export type Admission = { readonly ok: true; readonly charge?: Charge } | { readonly ok: false; readonly code: number };

export interface OrderedBatch {
  readonly lane: number;
  readonly seq: number;
  readonly count: number;
  /** entries, each after its length as 4 bytes little-endian; pieces may split an entry */
  readonly bytes: readonly Bytes[];
}

export interface OrderedBlock {
  readonly height: number;
  readonly id: Hash;
  readonly timeMs: number;
  /** in the order of execution */
  readonly batches: readonly OrderedBatch[];
}

/** The outcome of the entries of one batch: everything not listed has code 0 (ok). */
export interface BatchOutcome {
  readonly lane: number;
  readonly seq: number;
  readonly count: number;
  /** index of the batch's first entry within the block */
  readonly firstIndex: number;
  /** `index` counts within the batch */
  readonly exceptions: readonly { readonly index: number; readonly code: number }[];
}

export interface Applied {
  readonly height: number;
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
  readonly outcomes: readonly BatchOutcome[];
}

export type ApplicationFault = { readonly code: 'failed'; readonly message: string };
export type Answer<T> = (error: ApplicationFault | undefined, value: T) => void;

export interface HeightRoots {
  readonly height: number;
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
}

export interface Opened {
  /** height of the last block whose effects the state holds; 0 is genesis */
  readonly height: number;
  readonly genesis: HeightRoots;
  /** roots after the newest heights, ascending, `height` last: at least the last 512, kept in the same atomic batches */
  readonly recent: readonly HeightRoots[];
}

export interface Application {
  /** Where set, entries of up to so many bytes are taken as they are, larger ones refused, and `check` is never called. */
  readonly opaque?: { readonly maxEntryBytes: number; readonly tooLarge: number };
  /** Where the state stands; read once after opening. */
  open(done: Answer<Opened>): void;
  /** well formed, signed, not yet used: may this entry be ordered? Order of answers is order of entries. */
  check(entries: readonly Entry[], context: ChainContext, done: Answer<readonly Admission[]>): void;
  /**
   * What the entries of an admitted batch take of which accounts, as `check` said of each: asked after a restart, for batches
   * of this validator's lane that are not committed. Absent where nothing is charged.
   */
  charges?(batch: OrderedBatch, done: Answer<readonly Charge[]>): void;
  /**
   * Blocks come in order, the next one after `done`. State, receipts and outbox of a block are written in one atomic batch,
   * alone or with those of later blocks: before `persist` a crash undoes whole blocks, newest first, and they are applied
   * again.
   */
  apply(block: OrderedBlock, done: Answer<Applied>): void;
  /** a read at the newest applied state, or at `atHeight` while that is kept (the last 256 heights) */
  query(request: QueryRequest, done: Answer<QueryAnswer>): void;
  /** The newest state in parts of at most `maxSnapshotPartBytes`, for a node too far behind; no block is applied meanwhile. */
  snapshot(each: (part: Bytes, next: () => void) => void, done: Answer<void>): void;
  /** Replaces the state. Parts that do not lead to the expected root are a fault, and leave no state. */
  restore(source: SnapshotSource, expected: RestoredHead, done: Answer<void>): void;
  /** a pending change of validators at the applied state, or undefined */
  validatorSet(): Bytes | undefined;
  /** the ledger's own traffic between validators, opaque to consensus */
  onApp(from: number, topic: string, bytes: Bytes): void;
  /** commits of other chains that this chain may rely on; none in version 1 */
  externalFinality(): Bytes | undefined;
  /** Behind the blocks under way, everything applied is on disk. Consensus then forgets what applying it again would take. */
  persist(done: Answer<void>): void;
}

/** Where a restored state stands: what a certified checkpoint and its block say of it. */
export interface RestoredHead extends HeightRoots {
  readonly timeMs: number;
}

/** The parts of a snapshot in order; undefined behind the last one. */
export interface SnapshotSource {
  part(index: number, done: Answer<Bytes | undefined>): void;
}

export interface QueryRequest {
  /** e.g. `value`, `account`, `receipt` */
  readonly path: string;
  readonly argument: Bytes;
  readonly prove: boolean;
  readonly atHeight?: number;
}

export interface QueryAnswer {
  /** height of the state that answered */
  readonly height: number;
  readonly value: Bytes | undefined;
  /** an encoded membership or absence proof against the state root at `height`, where asked for */
  readonly proof?: Bytes;
  /** PSKY code where the request itself is refused */
  readonly code?: number;
}
