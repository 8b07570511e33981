// What the executor's parts share: what it is made with, what it is told, and what it holds.

import type { Address, Asker, Effects, Message } from '../actors/index.ts';
import type { Hash } from '../lib/hash.ts';
import type { Application, Applied, BatchOutcome, QueryAnswer } from './application.ts';
import type { Archive } from './archive.ts';
import type {
  AwaitOutcome,
  ChainAddresses,
  Covered,
  Execute,
  Place,
  Query,
  Reappended,
  SnapshotDue,
  SnapshotNow,
  Subscribe,
  TellFate,
  Unsubscribe,
} from './chain-messages.ts';
import type { Snapshots } from './snapshots.ts';

export interface ExecutorOptions {
  readonly application: Application;
  readonly archive: Archive;
  readonly snapshots: Snapshots;
  readonly addresses: ChainAddresses;
  /** of the last block that the application had applied when it opened */
  readonly height: number;
}

export type ExecutorMessage =
  | Execute
  | Query
  | AwaitOutcome
  | TellFate
  | Reappended
  | SnapshotDue
  | SnapshotNow
  | Subscribe
  | Unsubscribe
  | { readonly type: 'applied'; readonly applied: Applied }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'snapshot-made'; readonly fault: string | undefined }
  | { readonly type: 'subscriber-gone'; readonly subscriber: Address }
  | {
      readonly type: 'covered-query';
      readonly query: Query;
      readonly asker: Asker | undefined;
      readonly reply: Message;
    }
  | { readonly type: 'cover-timeout'; readonly asker: Asker | undefined }
  | { readonly type: 'expire-readers' }
  | {
      readonly type: 'answered';
      readonly asker: Asker | undefined;
      readonly answer: QueryAnswer | string;
      readonly cover: Covered | undefined;
    };

export interface ExecutedBatch {
  readonly height: number;
  readonly timeMs: number;
  readonly outcome: BatchOutcome;
}

/** A read without a proof that waits for its height. */
export interface WaitingRead {
  readonly query: Query;
  readonly asker: Asker | undefined;
  readonly until: number;
}

export interface Executor {
  /** of the last block executed */
  height: number;
  readers: WaitingRead[];
  /** when the first of them gives up */
  expiry: number;
  readonly queue: Execute[];
  running: Execute | undefined;
  /** one is to be made at the next height where it can be certified */
  snapshotDue: boolean;
  snapshotting: boolean;
  readonly subscribers: Set<Address>;
  /** outcomes of the newest batches, by digest: a question may come after the answer */
  readonly recent: Map<Hash, ExecutedBatch>;
  readonly awaiting: Map<Hash, { readonly place: Place; readonly asker: Asker | undefined }[]>;
  awaited: number;
  /** L4: where lost content stands now */
  readonly moved: Map<Hash, Hash>;
}

export type ExecutorFx = Effects<ExecutorMessage>;
