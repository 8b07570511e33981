// The files of a journal from the writer's side: the one that is written, the one that is prepared ahead, spares, and
// what is pruned. A segment gets its name only when its header is durable, and its directory entry is synced before
// anything is written into it (rule D6).

import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { encodeSegmentHeader, type SegmentHeader, segmentSeed } from './format.ts';
import type { JournalFault } from './journal-port.ts';
import { maxSegmentNumber, maxSpareSegments } from './limits.ts';
import type { Disk, DiskFile, Done } from './ports.ts';
import { diskTrouble, openSegment } from './scan.ts';
import { segmentPath, sparePath, temporaryName } from './segment-names.ts';

export interface SegmentSettings {
  readonly directory: string;
  readonly shardId: Bytes;
  readonly segmentBytes: number;
  readonly groupAlignment: number;
}

export interface WritableSegment {
  readonly number: number;
  readonly header: SegmentHeader;
  readonly seed: number;
  readonly file: DiskFile;
}

/** What a new segment will look like, known before its file exists, so that records can be placed in it. */
export interface SegmentPlan {
  readonly segmentBytes: number;
  readonly alignment: number;
  readonly seed: number;
}

type Answer<T> = (fault: JournalFault | undefined, value: T) => void;
const noSegment = undefined as unknown as WritableSegment;

export class SegmentFiles {
  first: number;
  current: WritableSegment | undefined;
  recycled = 0;
  private next: WritableSegment | undefined;
  private preparing = false;
  private waiting: Answer<WritableSegment> | undefined;
  private fault: JournalFault | undefined;
  private alignment: number;
  private readonly spares: string[] = [];
  private readonly disk: Disk;
  private readonly settings: SegmentSettings;
  private idle: (() => void) | undefined;

  constructor(world: { readonly disk: Disk }, settings: SegmentSettings) {
    this.disk = world.disk;
    this.settings = settings;
    this.first = 1;
    this.alignment = settings.groupAlignment;
  }

  plan(number: number): SegmentPlan {
    const known = this.current?.number === number ? this.current : this.next?.number === number ? this.next : undefined;
    return {
      segmentBytes: known?.header.segmentBytes ?? this.settings.segmentBytes,
      alignment: known?.header.alignment ?? this.alignment,
      seed: segmentSeed(this.settings.shardId, number),
    };
  }

  /** A journal's very first segment. */
  create(done: Answer<WritableSegment>): void {
    this.make(1, 1, (fault, segment) => {
      if (!fault) this.current = segment;
      done(fault, segment);
    });
  }

  /** Opens what recovery found. What an earlier process left in the file is synced before anyone relies on it. */
  resume(
    found: {
      readonly first: number;
      readonly segment: number;
      readonly lastGroup: number | undefined;
      readonly tail: { readonly offset: number };
      readonly prepared: number | undefined;
      readonly spares: readonly string[];
    },
    done: Answer<WritableSegment>,
  ): void {
    this.first = found.first;
    this.spares.push(...found.spares.map((name) => `${this.settings.directory}/${name}`));
    this.openForWriting(found.segment, (fault, segment) => {
      if (fault) return done(fault, segment);
      this.rewrite(segment, found.lastGroup ?? found.tail.offset, found.tail.offset, (error) => {
        if (error) return done(diskTrouble(error, this.path(found.segment), found.segment), noSegment);
        this.disk.syncDirectory(this.settings.directory, (syncError) => {
          if (syncError) return done(diskTrouble(syncError, this.settings.directory), noSegment);
          this.current = segment;
          this.alignment = Math.max(this.settings.groupAlignment, segment.header.alignment);
          if (found.prepared === undefined) return done(undefined, segment);
          this.openForWriting(found.prepared, (nextFault, next) => {
            if (!nextFault) this.next = next;
            done(nextFault, segment);
          });
        });
      });
    });
  }

  /**
   * Writes the last group once more, and syncs. After a failed sync Linux keeps the bytes in its cache, calls them clean
   * and never writes them: a process that starts again reads them, and a plain sync would succeed without them. Groups
   * before the last one were synced before it was written.
   */
  private rewrite(segment: WritableSegment, from: number, to: number, done: Done): void {
    if (from >= to) return segment.file.sync(done);
    this.disk.open(this.path(segment.number), { create: false, readOnly: true }, (error, reader) => {
      if (error) return done(error);
      reader.read(from, to - from, (readError, bytes) => {
        reader.close(() => {
          if (readError) return done(readError);
          const block = this.disk.allocate(to - from);
          block.fill(0);
          block.set(bytes);
          segment.file.write(from, [block], (writeError) => (writeError ? done(writeError) : segment.file.sync(done)));
        });
      });
    });
  }

  /** Starts making the next segment ready in the background, unless it is or is being made. */
  prepare(scanFrom: number): void {
    if (this.next !== undefined || this.preparing || this.fault || this.current === undefined) return;
    this.preparing = true;
    this.make(this.current.number + 1, scanFrom, (fault, segment) => {
      this.preparing = false;
      this.fault = fault;
      if (!fault) this.next = segment;
      const waiting = this.waiting;
      this.waiting = undefined;
      if (waiting) waiting(fault, segment);
      this.idle?.();
    });
  }

  /** Makes the next segment the current one, as soon as it is ready. */
  advance(scanFrom: number, done: Answer<WritableSegment>): void {
    assert(this.waiting === undefined, 'one group at a time moves to the next segment');
    const take: Answer<WritableSegment> = (fault, segment) => {
      if (fault) return done(fault, segment);
      const old = this.current;
      this.current = segment;
      this.next = undefined;
      // Everything in the old file is durable: whether it closes cleanly changes nothing.
      old?.file.close(() => {});
      done(undefined, segment);
    };
    if (this.next) return take(undefined, this.next);
    // Preparing ahead may have failed for want of space that there is by now.
    this.fault = undefined;
    this.waiting = take;
    this.prepare(scanFrom);
  }

  /** Takes the oldest segment out of the journal; its file waits for reuse. */
  dropFirst(done: (fault: JournalFault | undefined) => void): void {
    assert(this.current !== undefined && this.first < this.current.number, 'the current segment is never pruned');
    const number = this.first++;
    const path = this.path(number);
    const spare = this.spares.length < maxSpareSegments ? sparePath(this.settings.directory, number) : undefined;
    // Synced before the file is used again or the next one goes: a crash must not bring the old name back.
    const settle: Done = (error) => {
      if (error) return done(diskTrouble(error, path, number));
      this.disk.syncDirectory(this.settings.directory, (syncError) => {
        if (!syncError && spare !== undefined) this.spares.push(spare);
        done(syncError ? diskTrouble(syncError, path, number) : undefined);
      });
    };
    if (spare === undefined) this.disk.remove(path, settle);
    else this.disk.rename(path, spare, settle);
  }

  close(done: () => void): void {
    if (this.preparing) {
      this.idle = () => this.close(done);
      return;
    }
    const files = [this.current, this.next].flatMap((each) => (each ? [each.file] : []));
    const closeNext = (): void => {
      const file = files.pop();
      if (file === undefined) return done();
      file.close(closeNext);
    };
    closeNext();
  }

  private path(number: number): string {
    return segmentPath(this.settings.directory, number);
  }

  private make(number: number, scanFrom: number, done: Answer<WritableSegment>): void {
    assert(number <= maxSegmentNumber, 'a journal has fewer than 2^27 segments');
    const { directory, segmentBytes } = this.settings;
    const spare = this.spares.shift();
    const source = spare ?? `${directory}/${temporaryName}`;
    const failed = (error: Parameters<typeof diskTrouble>[0]) => done(diskTrouble(error, source, number), noSegment);
    const publish = (): void =>
      this.disk.rename(source, this.path(number), (error) => {
        if (error) return failed(error);
        this.disk.syncDirectory(directory, (syncError) => {
          if (syncError) return failed(syncError);
          this.openForWriting(number, done);
        });
      });

    const begin = (direct: boolean): void =>
      this.disk.open(source, { create: true, direct }, (error, file) => {
        if (error) return failed(error);
        // Records are placed before their file exists: from the second segment on the alignment stays what it was.
        if (this.current === undefined) this.alignment = Math.max(this.alignment, file.alignment);
        if (this.alignment % file.alignment !== 0) return file.close(() => begin(false));
        if (file.size > segmentBytes) {
          // Made under another setting: start over with a new file.
          return file.close(() =>
            this.disk.remove(source, (gone) => (gone ? failed(gone) : this.make(number, scanFrom, done))),
          );
        }
        const header = {
          shardId: this.settings.shardId,
          segment: number,
          segmentBytes,
          alignment: this.alignment,
          scanFrom,
        };
        const writeHeader = (): void => {
          const block = this.disk.allocate(this.alignment);
          block.fill(0);
          block.set(encodeSegmentHeader(header), 0);
          file.write(0, [block], (writeError) => {
            if (writeError) return failed(writeError);
            file.sync((syncError) => {
              if (syncError) return failed(syncError);
              this.recycled += spare === undefined ? 0 : 1;
              file.close((closeError) => (closeError ? failed(closeError) : publish()));
            });
          });
        };
        writeHeader();
      });
    begin(true);
  }

  private openForWriting(number: number, done: Answer<WritableSegment>): void {
    const path = this.path(number);
    openSegment(this.disk, path, { shardId: this.settings.shardId, segment: number }, (fault, reader) => {
      if (fault) return done(fault, noSegment);
      const { header, seed } = reader;
      reader.file.close(() => {
        const open = (direct: boolean): void =>
          this.disk.open(path, { create: false, direct }, (error, file) => {
            if (error) return done(diskTrouble(error, path, number), noSegment);
            // A home that moved to a disk with larger sectors is written without O_DIRECT until the next segment.
            if (header.alignment % file.alignment !== 0) return file.close(() => open(false));
            done(undefined, { number, header, seed, file });
          });
        open(true);
      });
    });
  }
}
