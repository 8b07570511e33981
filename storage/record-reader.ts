// Reads single records back by position, from any segment that is kept, through a few files that stay open.

import type { Position } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { announcedBodyBytes, placeOf, type RawRecord, readRecord, recordHeaderBytes } from './format.ts';
import type { JournalFault } from './journal-port.ts';
import { maxOpenReaders, readGuessBytes } from './limits.ts';
import type { Disk } from './ports.ts';
import { openSegment, type SegmentReader } from './scan.ts';
import { segmentPath } from './segment-names.ts';

interface Slot {
  reader: SegmentReader | undefined;
  readonly waiting: ((fault: JournalFault | undefined, slot: Slot) => void)[];
  users: number;
  evicted: boolean;
}

type Answer = (fault: JournalFault | undefined, record: RawRecord | undefined) => void;

export class RecordReader {
  /** in order of last use */
  private readonly slots = new Map<number, Slot>();
  private readonly disk: Disk;
  private readonly directory: string;
  private readonly shardId: Bytes;

  constructor(disk: Disk, directory: string, shardId: Bytes) {
    this.disk = disk;
    this.directory = directory;
    this.shardId = shardId;
  }

  read(position: Position, guess: number, done: Answer): void {
    const { segment, offset } = placeOf(position);
    this.use(segment, (fault, slot) => {
      const release = (): void => this.release(segment, slot);
      if (fault) return done(fault, undefined);
      const { file, seed } = slot.reader as SegmentReader;
      const answer = (bytes: Bytes): void => {
        release();
        const record = readRecord(bytes, 0, bytes.length, seed);
        if (record) return done(undefined, record);
        const path = segmentPath(this.directory, segment);
        const message = `The record in ${path} at byte ${offset} does not match its checksum.`;
        done({ code: 'journal-corrupt', message, segment, offset }, undefined);
      };
      const fetch = (length: number, then: (bytes: Bytes) => void): void =>
        file.read(offset, length, (error, bytes) => {
          if (!error) return then(bytes);
          release();
          const message = `${segmentPath(this.directory, segment)}: ${error.message}`;
          done({ code: 'journal-record-unavailable', message, segment, offset, disk: error }, undefined);
        });
      fetch(recordHeaderBytes + Math.max(guess, readGuessBytes), (bytes) => {
        const whole = bytes.length < recordHeaderBytes ? 0 : recordHeaderBytes + announcedBodyBytes(bytes, 0);
        if (whole <= bytes.length || offset + whole > (slot.reader as SegmentReader).header.segmentBytes) answer(bytes);
        else fetch(whole, answer);
      });
    });
  }

  /** A segment was pruned: its file may soon hold other records. */
  forget(segment: number): void {
    const slot = this.slots.get(segment);
    if (slot) this.evict(segment, slot);
  }

  close(): void {
    for (const [segment, slot] of [...this.slots]) this.evict(segment, slot);
  }

  private use(segment: number, ready: (fault: JournalFault | undefined, slot: Slot) => void): void {
    const known = this.slots.get(segment);
    if (known) {
      known.users++;
      this.slots.delete(segment);
      this.slots.set(segment, known);
      if (known.reader) ready(undefined, known);
      else known.waiting.push(ready);
      return;
    }
    const slot: Slot = { reader: undefined, waiting: [ready], users: 1, evicted: false };
    this.slots.set(segment, slot);
    for (const [oldest, each] of this.slots) {
      if (this.slots.size <= maxOpenReaders) break;
      if (oldest !== segment) this.evict(oldest, each);
    }
    const path = segmentPath(this.directory, segment);
    openSegment(this.disk, path, { shardId: this.shardId, segment }, (fault, reader) => {
      if (fault) {
        slot.evicted = true;
        if (this.slots.get(segment) === slot) this.slots.delete(segment);
      } else slot.reader = reader;
      for (const each of slot.waiting.splice(0)) each(fault, slot);
    });
  }

  private release(segment: number, slot: Slot): void {
    slot.users--;
    if (slot.evicted) this.closeUnused(slot);
    else if (this.slots.size > maxOpenReaders && slot.users === 0) this.evict(segment, slot);
  }

  private evict(segment: number, slot: Slot): void {
    this.slots.delete(segment);
    slot.evicted = true;
    this.closeUnused(slot);
  }

  private closeUnused(slot: Slot): void {
    if (slot.users > 0 || slot.reader === undefined) return;
    // It was opened for reading: nothing is lost where it does not close cleanly.
    slot.reader.file.close(() => {});
    slot.reader = undefined;
  }
}
