// Group commit: appends are copied into the group that fills; one group is in flight. The next one starts when its sync
// returned, or when the code that appends has returned: before the sockets are written, so that the disk works meanwhile
// (PERFORMANCE 1, rule D6). A record's place is known when it is appended, because groups follow each other without gaps.

import type { Clock, Position, Timer } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import {
  beforeAll,
  encodeOpen,
  groupHeaderBytes,
  journalOwner,
  openKind,
  positionOf,
  recordBytes,
  roundUp,
  writeGroupHeader,
  writeRecord,
} from './format.ts';
import type { JournalFault } from './journal-port.ts';
import { growBytes, lazyWaitMs } from './limits.ts';
import type { Disk } from './ports.ts';
import { diskTrouble } from './scan.ts';
import type { SegmentFiles } from './segments.ts';

interface Group {
  readonly buffer: Bytes;
  readonly segment: number;
  readonly start: number;
  readonly sequence: number;
  readonly seed: number;
  /** bytes that the segment has left for it */
  readonly room: number;
  readonly alignment: number;
  used: number;
  records: number;
  last: Position;
}

export interface WriterOptions {
  readonly groupBytes: number;
  readonly maxUnsyncedBytes: number;
  readonly tail: { readonly segment: number; readonly offset: number; readonly sequence: number };
  readonly appended: Position;
}

export interface WriterEvents {
  /** names by id, the first one is owner 1 */
  owners(): readonly string[];
  /** the first record of a segment is about to be placed: remember to rewrite what is live */
  enteredSegment(segment: number): void;
  /** between turns, just before a group is closed */
  closingGroup(): void;
  /** oldest segment that recovery would need now */
  scanFrom(): number;
  wrote(group: { readonly bytes: number; readonly records: number; readonly seconds: number }): void;
  durable(position: Position): void;
  failed(fault: JournalFault): void;
}

export class Writer {
  appended: Position;
  durable: Position;
  unsyncedBytes = 0;
  private filling: Group | undefined;
  private readonly closed: Group[] = [];
  private readonly buffers: Bytes[] = [];
  private next: { segment: number; offset: number; sequence: number };
  private inFlight = false;
  /** last record of the group in flight */
  private flying = beforeAll;
  /** how many owners this segment names */
  private named = 0;
  private dead = false;
  private urgent = false;
  private soon = false;
  private lazyTimer: Timer | undefined;
  private whenIdle: (() => void) | undefined;
  private readonly disk: Disk;
  private readonly clock: Clock;
  private readonly files: SegmentFiles;
  private readonly options: WriterOptions;
  private readonly events: WriterEvents;

  constructor(
    world: { readonly disk: Disk; readonly clock: Clock },
    files: SegmentFiles,
    options: WriterOptions,
    events: WriterEvents,
  ) {
    this.disk = world.disk;
    this.clock = world.clock;
    this.files = files;
    this.options = options;
    this.events = events;
    this.next = { ...options.tail };
    this.appended = options.appended;
    this.durable = options.appended;
  }

  append(owner: number, kind: number, parts: readonly Bytes[], lazy: boolean): Position {
    // After a failure nothing becomes durable any more; the process is being stopped.
    if (this.dead) return (this.appended = (this.appended + 1) as Position);
    let bodyBytes = 0;
    for (const part of parts) bodyBytes += part.length;
    const group = this.groupFor(recordBytes(bodyBytes));
    this.nameOwners(group);
    this.place(group, owner, kind, parts);
    this.appended = group.last;
    if (this.unsyncedBytes > this.options.maxUnsyncedBytes) {
      this.fail({
        code: 'journal-overrun',
        message: `${this.unsyncedBytes} bytes wait for a sync, more than the ${this.options.maxUnsyncedBytes} that are allowed.`,
      });
      return this.appended;
    }
    if (!lazy || group.used > this.options.groupBytes / 4) this.hurry();
    else if (!this.urgent) this.lazyTimer ??= this.clock.after(lazyWaitMs, () => this.hurry());
    return this.appended;
  }

  /** `position` gates something: its group starts as soon as the disk is free. */
  request(position: Position): void {
    if (position > Math.max(this.durable, this.flying)) this.hurry();
  }

  /** Calls back when everything appended so far is durable and the disk is at rest. */
  drain(done: () => void): void {
    assert(this.whenIdle === undefined, 'a journal is drained once');
    this.whenIdle = done;
    this.hurry();
  }

  stop(): void {
    this.dead = true;
    this.lazyTimer?.cancel();
  }

  private place(group: Group, owner: number, kind: number, parts: readonly Bytes[]): void {
    const offset = group.used;
    group.used = writeRecord(group.buffer, offset, parts, { seed: group.seed, sequence: group.sequence, owner, kind });
    group.records++;
    group.last = positionOf(group.segment, group.start + offset);
    this.unsyncedBytes += group.used - offset;
  }

  private hurry(): void {
    this.urgent = true;
    this.lazyTimer?.cancel();
    this.lazyTimer = undefined;
    if (this.inFlight || this.soon) return;
    this.soon = true;
    this.clock.next(() => {
      this.soon = false;
      this.start();
    });
  }

  private fits(size: number): boolean {
    const group = this.filling;
    return group !== undefined && group.used + size <= Math.min(group.buffer.length, group.room);
  }

  /** Every segment names all owners, so that an id means the same owner for as long as the journal lives. */
  private nameOwners(group: Group): void {
    const names = this.events.owners();
    for (; this.named < names.length; this.named++) {
      const opening = encodeOpen(this.named + 1, names[this.named] as string);
      this.place(group, journalOwner, openKind, [opening]);
    }
  }

  private openBytes(from: number): number {
    let bytes = 0;
    const names = this.events.owners();
    for (let i = from; i < names.length; i++) bytes += recordBytes(2 + 4 * (names[i] as string).length);
    return bytes;
  }

  private groupFor(size: number): Group {
    if (!this.fits(size + this.openBytes(this.named))) {
      if (this.filling !== undefined) this.closeGroup();
      this.filling = this.openGroup(size + this.openBytes(0));
      assert(
        this.fits(size + this.openBytes(this.named)),
        `a record has at most ${this.options.groupBytes - groupHeaderBytes - 16} bytes`,
      );
    }
    return this.filling as Group;
  }

  private openGroup(size: number): Group {
    let plan = this.files.plan(this.next.segment);
    if (this.next.offset + roundUp(groupHeaderBytes + size, plan.alignment) > plan.segmentBytes) {
      plan = this.files.plan(this.next.segment + 1);
      this.next = { segment: this.next.segment + 1, offset: plan.alignment, sequence: this.next.sequence };
      this.named = 0;
      this.events.enteredSegment(this.next.segment);
    }
    return {
      buffer: this.buffers.pop() ?? this.disk.allocate(roundUp(this.options.groupBytes, plan.alignment)),
      segment: this.next.segment,
      start: this.next.offset,
      sequence: this.next.sequence,
      seed: plan.seed,
      room: plan.segmentBytes - this.next.offset,
      alignment: plan.alignment,
      used: groupHeaderBytes,
      records: 0,
      last: beforeAll,
    };
  }

  private closeGroup(): void {
    const group = this.filling as Group;
    this.filling = undefined;
    writeGroupHeader(
      group.buffer,
      { length: group.used, sequence: group.sequence, records: group.records },
      group.segment,
      group.seed,
    );
    this.next.offset = group.start + roundUp(group.used, group.alignment);
    this.next.sequence++;
    this.closed.push(group);
  }

  /** Between turns: writes the next group, if there is one and nothing is in flight. */
  private start(): void {
    if (this.inFlight || this.dead) return;
    if (this.closed.length === 0) {
      if (this.filling === undefined) this.urgent = false;
      if (!this.urgent) return this.rest();
      this.events.closingGroup();
      if (this.filling !== undefined) this.closeGroup();
      this.urgent = false;
      this.lazyTimer?.cancel();
      this.lazyTimer = undefined;
    }
    const group = this.closed.shift();
    if (group === undefined || this.dead) return;
    this.inFlight = true;
    this.flying = group.last;
    if (this.files.current?.number === group.segment) return this.write(group);
    this.files.advance(this.events.scanFrom(), (fault) => {
      if (fault) return this.fail(fault);
      this.write(group);
    });
  }

  private write(group: Group): void {
    const segment = this.files.current;
    assert(segment?.number === group.segment, 'groups are written in order, each into its own segment');
    assert(segment.header.alignment === group.alignment, 'a segment is aligned as it was planned');
    const length = roundUp(group.used, group.alignment);
    const written = this.withGrowth(group, length, segment.file.size);
    group.buffer.fill(0, group.used, written);
    const began = this.clock.now();
    const finish = (error: Parameters<typeof diskTrouble>[0] | undefined): void => {
      if (this.dead) return;
      if (error) return this.fail(diskTrouble(error, `segment ${group.segment}`, group.segment));
      this.inFlight = false;
      this.unsyncedBytes -= group.used - groupHeaderBytes;
      this.buffers.push(group.buffer);
      this.durable = group.last;
      this.events.wrote({ bytes: length, records: group.records, seconds: (this.clock.now() - began) / 1000 });
      this.events.durable(group.last);
      this.start();
    };
    segment.file.write(group.start, [group.buffer.subarray(0, written)], (error) => {
      if (error || segment.file.writesAreSynced) return finish(error);
      segment.file.sync(finish);
    });
  }

  /** A file that grows costs a sync of its size too, so a small group at its end takes zeros along for those that follow. */
  private withGrowth(group: Group, length: number, fileBytes: number): number {
    if (length >= growBytes || group.start + length <= fileBytes) return length;
    return Math.min(growBytes, group.room, group.buffer.length);
  }

  private fail(fault: JournalFault): void {
    if (this.dead) return;
    this.stop();
    this.events.failed(fault);
  }

  private rest(): void {
    const idle = this.whenIdle;
    this.whenIdle = undefined;
    idle?.();
  }
}
