// What the owners of a journal (chains, durable actors) see of it. One journal belongs to one shard and is shared by all
// its owners; each works through a view of its own and meets only its own records on replay.

import type { Position, TurnLog } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { DiskFault } from './ports.ts';

export interface JournalRecord {
  /** 0 to 65,535; its meaning is the owner's */
  readonly kind: number;
  readonly body: Bytes;
  readonly position: Position;
}

/** A record that must be found again however old the segment is that it was first written to (rule D2). */
export interface LiveRecord {
  readonly kind: number;
  readonly parts: readonly Bytes[];
}

export interface JournalView extends TurnLog {
  readonly owner: string;
  /**
   * Hands over this owner's records in the order in which they were appended, from the oldest that the journal scans (at
   * or before the lowest released position) to the newest at the time of the call. Safety records that were rewritten
   * into a newer segment come again, so replay must be idempotent. `each` runs in slices between other work; bodies are
   * views that must be copied to be kept.
   */
  replay(each: (record: JournalRecord) => void, done: (fault: JournalFault | undefined) => void): void;
  /**
   * Reads one record's body back. A record may be read as soon as it is durable and until its segment is pruned; its
   * checksum is verified, so rot answers `journal-corrupt` and never wrong bytes.
   * @param expectedBytes a guess of the body's length, which saves a second read when it is right or too large
   */
  read(
    position: Position,
    done: (fault: JournalFault | undefined, record: JournalRecord | undefined) => void,
    expectedBytes?: number,
  ): void;
  /**
   * The owner's safety records, asked for between turns and written into the next group and into the first one of every new
   * segment. They must attest nothing that the owner has not appended before.
   */
  live(records: () => readonly LiveRecord[]): void;
  /** These stand, durable, behind this position for the last time: what they replace may be released up to it. */
  readonly repeatedFrom: Position | undefined;
  /**
   * After a checkpoint: no record below `position` is needed for recovery. Never moves back. Nothing is pruned before every
   * owner of records has released something in this life.
   */
  releaseBelow(position: Position): void;
  /**
   * Records from `position` on stay readable although recovery does not need them; said anew in every life, before the
   * first `releaseBelow`. Never moves back.
   */
  keepFrom(position: Position): void;
  /** called when a segment is gone: records below `oldest` cannot be read any more; the newest listener replaces the one before */
  onPruned(listener: (oldest: Position) => void): void;
  /** where the oldest segment begins that is kept */
  readonly oldest: Position;
  /** The journal holds more than it shall retain, and cannot prune before this owner releases more. */
  readonly pruningHeld: boolean;
  /** called at most once per segment, when this owner's live records stand in it while it holds back pruning */
  onHeld(listener: () => void): void;
}

export interface Journal {
  /** The view of one owner; the same object for the same name. At most `maxOwners` over the life of a journal. */
  view(owner: string): JournalView;
  readonly appended: Position;
  readonly durable: Position;
  /** called after every sync, whoever's records it carried */
  onDurable(listener: (durable: Position) => void): void;
  /**
   * True while more than `congestedBytes` are appended and not yet durable: owners stop admitting new work. Appends are
   * still taken; at `maxUnsyncedBytes` the journal fails as it does for a failed write.
   */
  readonly congested: boolean;
  onCongested(listener: (congested: boolean) => void): void;
  /** bytes of segments that could be pruned only if owners released more; a checkpoint is due when above 0 */
  readonly overRetainedBytes: number;
  /** writes and syncs what was appended, then closes every file */
  close(done: (fault: JournalFault | undefined) => void): void;
  stats(): JournalStats;
}

export interface JournalStats {
  readonly firstSegment: number;
  readonly lastSegment: number;
  readonly groups: number;
  readonly records: number;
  readonly bytesWritten: number;
  readonly unsyncedBytes: number;
  readonly recycledSegments: number;
  readonly direct: boolean;
}

export interface JournalFault {
  readonly code:
    | 'journal-corrupt'
    | 'journal-segment-missing'
    | 'journal-format-unknown'
    | 'journal-foreign'
    | 'journal-write-failed'
    | 'journal-overrun'
    | 'journal-record-unavailable';
  /** one sentence that names the file, where one is to blame */
  readonly message: string;
  readonly segment?: number;
  /** bytes from the start of the segment's file */
  readonly offset?: number;
  readonly disk?: DiskFault;
}

export interface JournalOptions {
  readonly directory: string;
  /** 16 bytes, random, kept secret: they go into every checksum, so bytes that a client made up never pass for a record */
  readonly shardId: Bytes;
  /** size of a segment's file: 16 KiB to 512 MiB, default 256 MiB */
  readonly segmentBytes?: number;
  /** `all` keeps every segment (the block archive); bytes prunes released segments beyond them and recycles their files */
  readonly retain?: 'all' | number;
  /** groups start at multiples of this and of the file's alignment: default 4,096, so that no torn sector holds two groups */
  readonly groupAlignment?: number;
  /** largest group: default 4 MiB, at most an eighth of a segment */
  readonly groupBytes?: number;
  readonly congestedBytes?: number;
  readonly maxUnsyncedBytes?: number;
  /** scan from the oldest segment that is kept, not from the newest checkpoint: finds rot in the archive */
  readonly scanAll?: boolean;
}
