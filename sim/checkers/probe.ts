// What a checker sees of one chain at one node, as it happens: the facts behind the invariants of CONSENSUS §12.
// core-observer.ts reads them off the core's steps.

import type { Header, QuorumCert, Rank, Timeout, Vote } from '../../consensus/certificate/index.ts';
import type { Hash } from '../../lib/hash.ts';

export interface Released {
  /** the journal record that this waited for, by its number */
  readonly after: number;
  /** the newest durable record at the moment of leaving */
  readonly durable: number;
}

/** Every member is optional: a probe listens to what it needs. */
export interface ChainProbe {
  /** a core begins; what recovery gives back is told next */
  began?(): void;
  /** D4: recovery is complete; what the journal and the store gave back */
  recovered?(state: {
    readonly bootTerm: number;
    readonly term: number;
    readonly timedOut: boolean;
    readonly vote: Vote | null;
    readonly timeout: Timeout | null;
    readonly highest: Rank;
    readonly commitHeight: number;
    /** own lane: the highest sequence number sealed */
    readonly ownSeq: number;
    readonly fenced: boolean;
  }): void;

  /**
   * D6: appended to the journal, in this order; durable once the journal's durable position reaches `position`.
   * Also for everything that recovery found and still relies on, before `recovered`.
   */
  headerRecorded?(header: Header, position: number): void;
  batchRecorded?(batch: {
    readonly lane: number;
    readonly seq: number;
    readonly digest: Hash;
    readonly position: number;
  }): void;
  qcRecorded?(qc: QuorumCert, position: number): void;

  /** D1: signed, and from now on counted by the own tallies and sent; once for each new signature */
  voteReleased?(vote: Vote, released: Released): void;
  timeoutReleased?(timeout: Timeout, released: Released): void;
  /** D1b: a batch of the own lane leaves */
  batchReleased?(
    batch: { readonly seq: number; readonly digest: Hash; readonly count: number },
    released: Released,
  ): void;

  /** D3: signed by this node as leader; once for each block, not for each peer */
  proposed?(header: Header): void;
  abandoned?(term: number, reason: string): void;
  highestQc?(rank: Rank): void;

  /** each height once over the life of a process, in order */
  committed?(header: Header, certificate: QuorumCert): void;
  /** batches of a committed block in the order of execution, just before the application gets them */
  ordered?(
    height: number,
    batches: readonly { readonly lane: number; readonly seq: number; readonly digest: Hash }[],
  ): void;
  executed?(height: number, stateRoot: Hash, outboxRoot: Hash): void;
  /** D2: every header that a node holds when it enters a term, and when it has recovered */
  headersHeld?(held: { has(id: Hash): boolean }): void;
  /** D2: dropped for good by a node that has executed so far: these batches are served from its archive or not at all */
  batchesForgotten?(digests: readonly Hash[], executed: number): void;

  fenced?(reason: string): void;
  stopped?(detail: string): void;
  /** §11: two signed objects that contradict each other */
  evidence?(culprit: number, kind: string): void;
}
