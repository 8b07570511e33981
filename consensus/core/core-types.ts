// What one consensus instance holds, and what it asks of its surroundings: the shapes of the core's state and outputs.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Ms } from '../../lib/units.ts';
import type { Committee } from '../certificate/committee.ts';
import type {
  CheckpointCert,
  CheckpointVote,
  Cut,
  EntryCert,
  Header,
  LaneHead,
  QuorumCert,
  Timeout,
  TimeoutCert,
  Vote,
} from '../certificate/types.ts';
import type { Kept, Offer } from './adoption.ts';
import type { Peaks } from './history.ts';
import type { Batch, JournalRecord, PeerMessage, TimeoutRecord, VoteRecord } from './messages.ts';

export interface Roots {
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
}

export interface CoreOptions {
  readonly committee: Committee;
  /** this validator's index, or undefined for a node that only follows */
  readonly me: number | undefined;
  readonly sign: (text: Bytes) => Bytes;
  /** roots of the application's state at height 0 */
  readonly genesisRoots: Roots;
  readonly genesisTimeMs: number;
  /** the application's state when the core starts: its height, and the roots of its newest heights in ascending order */
  readonly applied: { readonly height: number; readonly roots: readonly (Roots & { readonly height: number })[] };
  /** T3; shorter in tests */
  readonly plannedTermMs: Ms;
}

/** What the core asks for. Order matters: it is the order in which things happen. */
export type Output =
  | { readonly type: 'append'; readonly number: number; readonly record: JournalRecord }
  /** `after`: the record that must be durable before it leaves; undefined for everything appended so far (the gate's default) */
  | { readonly type: 'send'; readonly to: number | 'all'; readonly message: PeerMessage; readonly after?: number }
  /** an own batch is durable: its entries are accepted */
  | { readonly type: 'accepted'; readonly batch: Batch }
  /** the node may not sign (any more): its content was not taken */
  | { readonly type: 'not-sealed'; readonly contentHash: Hash }
  /** L4: the content of an own batch that was left out, appended again */
  | { readonly type: 'reappended'; readonly lost: Hash; readonly batch: Batch }
  | { readonly type: 'committed'; readonly block: Block; readonly certificate: QuorumCert }
  | { readonly type: 'execute'; readonly block: Block; readonly batches: readonly Batch[] }
  /** batches that were dropped, executed or not: nobody asks for them any more */
  | { readonly type: 'forgotten'; readonly digests: readonly Hash[] }
  /** peers hold the next block no longer: a certified snapshot of one of them is to be fetched, the highest first */
  | { readonly type: 'adopt'; readonly sources: readonly SnapshotAt[] }
  /** the answer to `freeze` */
  | { readonly type: 'frozen'; readonly granted: boolean }
  | { readonly type: 'proposed'; readonly block: Block }
  | { readonly type: 'signed'; readonly vote?: Vote; readonly timeout?: Timeout }
  | { readonly type: 'checkpoint'; readonly certificate: CheckpointCert }
  | {
      readonly type: 'serve-headers';
      readonly to: number;
      readonly id: Hash;
      readonly above: number;
      readonly count: number;
    }
  | { readonly type: 'serve-batches'; readonly to: number; readonly digests: readonly Hash[] }
  | { readonly type: 'pause-lane'; readonly lane: number; readonly paused: boolean }
  | { readonly type: 'entered'; readonly term: number; readonly reason: string }
  | { readonly type: 'abandoned'; readonly term: number; readonly reason: string }
  | {
      readonly type: 'evidence';
      readonly kind: string;
      readonly validator: number;
      readonly detail: string;
      /** the signed objects, encoded (evidence.ts) */
      readonly proof: readonly Bytes[];
    }
  | { readonly type: 'misbehaved'; readonly peer: number; readonly reason: string }
  | { readonly type: 'fenced'; readonly reason: string }
  | { readonly type: 'stopped'; readonly reason: StopReason };

/** Where a snapshot is to be had. */
export interface SnapshotAt {
  readonly peer: number;
  readonly certificate: CheckpointCert;
}

export type StopReason =
  | {
      readonly code: 'diverged';
      readonly height: number;
      readonly block: Hash;
      readonly ours: Hash;
      readonly theirs: Hash;
    }
  | { readonly code: 'forked'; readonly height: number; readonly block: Hash };

export type Verdict = 'unknown' | 'valid' | 'invalid';

/** A header in the tree of blocks. */
export interface Block {
  readonly id: Hash;
  readonly term: number;
  readonly height: number;
  readonly parentId: Hash;
  readonly cut: Cut;
  readonly timeMs: number;
  readonly execHeight: number;
  readonly stateRoot: Hash;
  readonly outboxRoot: Hash;
  /** undefined for genesis only */
  readonly header: Header | undefined;
  readonly signature: Bytes;
  /** verified; of the first block of a term */
  entry: TimeoutCert | null;
  parent: Block | undefined;
  readonly children: Block[];
  /** every ancestor down to the commit is held */
  connected: boolean;
  verdict: Verdict;
  /** judged from the bytes and the ancestors already; only what V1 lets wait is still open */
  wellFormed: boolean;
  /** accepted by a vote of this node, in whatever term (D2) */
  voted: boolean;
  /** number of its record; 0 for what recovery brought back */
  readonly record: number;
  /** peaks over the ids of all blocks before it; undefined until connected */
  past: Peaks | undefined;
}

export interface VoteSlot {
  /** V5: the newest that resolves to a held block */
  resolved: SlotVote | undefined;
  /** the oldest that does not, and the newest that does not */
  oldest: SlotVote | undefined;
  newest: SlotVote | undefined;
}

export interface SlotVote {
  readonly vote: Vote;
  verified: boolean;
  readonly since: Ms;
  asked: number;
}

export interface Lane {
  /** the contiguous chain that came from its owner, or was committed, ends here: what was fetched may be forged (L4) */
  head: LaneHead;
  committed: LaneHead;
  /** that chain above the committed cut, by sequence number, ascending */
  readonly chain: Map<number, Batch>;
  /** what came from the owner beyond a gap, by sequence number: it waits for commits to close the gap */
  readonly ahead: Map<number, Batch>;
  /** held batches of this lane by what they follow */
  readonly next: Map<Hash, Batch[]>;
  /** held batches that are not on the chain: asked for by digest, or left behind by a commit */
  readonly strays: Set<Batch>;
  /** bytes of the chain and of the run ahead */
  heldBytes: number;
  paused: boolean;
}

/** L4: own batches that may have been left out by a committed cut, to be appended again once that is certain. */
export interface Redo {
  mine: readonly Batch[];
  /** how far down the committed chain that is not mine has been walked, and my last committed batch before it */
  at: LaneHead;
  readonly before: LaneHead;
  /** what that chain contains */
  readonly committed: Set<Hash>;
}

export interface Want {
  /** peers to ask first */
  readonly sources: number[];
  nextAt: Ms;
  tries: number;
  /** the peer that was asked last: until `nextAt` its answer is on the way */
  asked: number | undefined;
  /** proven by a certificate, a committed or waiting block: asked for as long as it is needed (L5) */
  proven: boolean;
  /** when that need was last seen: every turn finds out anew what is needed, and a need that is gone ends the asking */
  neededAt: Ms;
  /** of a header: its height where known */
  readonly height: number | undefined;
  /** of a batch that a peer has announced: nothing else is taken under its digest */
  readonly place: LanePlace | undefined;
}

export interface LanePlace {
  readonly lane: number;
  readonly seq: number;
}

export interface Held {
  readonly after: number;
  readonly vote?: VoteRecord;
  readonly timeout?: TimeoutRecord;
  readonly batch?: Batch;
  /** what the batch takes the place of (L4) */
  readonly lost?: Hash | undefined;
  readonly checkpoint?: Roots & { readonly height: number; readonly id: Hash };
}

export type TimerName =
  | 'progress'
  | 'have'
  | 'rebroadcast'
  | 'planned'
  | 'leader-link'
  | 'propose'
  | 'clock'
  | 'votes'
  | 'fetch'
  | 'commit'
  | 'record'
  | 'cover'
  | 'rest';

export interface Core {
  readonly options: CoreOptions;
  readonly committee: Committee;
  readonly me: number | undefined;
  now: Ms;
  wallMs: number;
  outputs: Output[];
  /** journalled records are being read back: nothing is appended */
  recovering: boolean;
  /** something changed that earlier steps of this turn should see */
  again: boolean;

  // what is durable (§3)
  appended: number;
  durable: number;
  held: Held[];

  // the term (§6)
  term: number;
  timedOut: boolean;
  /** the term was entered in this turn, and nobody has looked yet at what is already held of it */
  termBegun: boolean;
  bootTerm: number;
  entry: { readonly term: number; readonly certificate: EntryCert } | undefined;
  enterRecord: number;
  vote: VoteRecord | undefined;
  signedVote: Vote | undefined;
  timeout: TimeoutRecord | undefined;
  signedTimeout: Timeout | undefined;
  fenced: string | undefined;
  stopped: StopReason | undefined;
  /** D5: peers whose Hello has been heard, until these are enough to sign anything new; undefined from then on */
  awaitingHellos: Set<number> | undefined;

  // the tree of blocks
  readonly genesis: Block;
  readonly blocks: Map<Hash, Block>;
  /** how many blocks the last sweep left */
  keptBlocks: number;
  readonly places: Map<string, Block[]>;
  readonly orphans: Map<Hash, Block[]>;
  /** blocks of the current term above the commit: work (T1) */
  readonly openBlocks: Set<Block>;
  readonly qcs: Map<Hash, QuorumCert>;
  highQc: QuorumCert | undefined;
  termQc: QuorumCert | undefined;
  /** height of the highest QC on my own chain: the window's lower edge */
  chainQcHeight: number;

  // votes and timeouts of others
  readonly slots: Map<number, VoteSlot[]>;
  dirtyTallies: Set<number>;
  votesUnresolved: boolean;
  readonly latestTimeouts: (Timeout | undefined)[];
  readonly termTimeouts: Map<number, Timeout>;
  readonly timeoutQcs: Map<Hash, QuorumCert>;
  readonly seenVotes: (Vote | undefined)[];
  readonly seenTimeouts: (Timeout | undefined)[];
  readonly verifiedTcs: Map<Hash, boolean>;

  // commit and execution
  committedTip: Block;
  commitCert: QuorumCert | undefined;
  pendingCommit: QuorumCert | undefined;
  /** what is committed and not journalled yet (`recordCommit`) */
  unrecordedCommit: QuorumCert | undefined;
  /** committed and not yet handed to execution, oldest first */
  readonly toExecute: Block[];
  /** handed to execution and not yet done, oldest first */
  readonly executing: { readonly height: number; readonly batches: readonly Batch[] }[];
  executed: number;
  requested: number;
  readonly roots: Map<number, Roots>;
  lastCommit: Ms;
  /** last committed height that ordered a batch */
  lastOrdered: number;
  readonly reportedExecution: number[];
  reportedTo: number;

  // lanes
  readonly lanes: Lane[];
  readonly batches: Map<Hash, Batch>;
  readonly batchRecords: Map<Hash, number>;
  /** dropped in this turn */
  forgotten: Hash[];
  own: LaneHead;
  redo: Redo[];

  // proposing
  tip: Block | undefined;
  lastProposal: Ms;
  sentChainQc: Hash | undefined;
  draining: boolean;

  // links
  readonly up: boolean[];
  readonly downSince: Ms[];
  readonly lastSaid: Map<string, Ms>;
  readonly wantedHeaders: Map<Hash, Want>;
  readonly wantedBatches: Map<Hash, Want>;
  /** D5: peers' word on the highest batch that came from this key */
  readonly laneReports: Map<number, number>;
  /** per lane the highest batch that its owner has sent, or sealed, whatever was committed since */
  readonly seenBatches: number[];

  // timers
  readonly timers: Map<TimerName, Ms>;
  timeoutBase: Ms;
  /** T1: max(1 s, four round trips) */
  timerFloor: Ms;
  /** the least that a round trip to a quorum has ever taken; 0: not known */
  quorumTripMs: number;
  usefulCommit: boolean;
  resigned: boolean;
  workSince: Ms | undefined;
  workedMs: number;
  haveSent: boolean;
  /** the highest height whose checkpoint this node has signed */
  checkpointSigned: number;

  // checkpoints
  readonly checkpointVotes: Map<string, Map<number, CheckpointVote>>;
  checkpoint: CheckpointCert | undefined;
  kept: Kept;
  /** by peer: who holds the next block no longer */
  readonly offers: Map<number, Offer>;
  offersChanged: boolean;
  /** an adopted state is being put in place: nothing is executed any more */
  frozen: boolean;
}
