// The append-only journal of a shard: opening it, and the views through which its owners write, replay and release.
// Recovery is in recovery.ts, group commit in writer.ts, files in segments.ts, the bytes on disk in format.ts.

import type { Clock, Note, Position } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { beforeAll, placeOf, positionOf } from './format.ts';
import type {
  Journal,
  JournalFault,
  JournalOptions,
  JournalRecord,
  JournalStats,
  JournalView,
  LiveRecord,
} from './journal-port.ts';
import { type JournalSettings, settle } from './journal-settings.ts';
import { prepareAtShare } from './limits.ts';
import { holdsBack, type Owner, Owners } from './owners.ts';
import type { Disk } from './ports.ts';
import { RecordReader } from './record-reader.ts';
import { type Recovered, recover } from './recovery.ts';
import { replayOwner } from './replay.ts';
import { diskTrouble } from './scan.ts';
import { SegmentFiles, type WritableSegment } from './segments.ts';
import { Writer } from './writer.ts';

export interface JournalWorld {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Called at most once: nothing becomes durable any more, and the process must stop (rule D6). */
  fatal(fault: JournalFault): void;
  note(note: Note): void;
}

/** Opens the journal in `options.directory`, making both where absent. Ready when what an earlier process wrote is synced. */
export function openJournal(
  world: JournalWorld,
  options: JournalOptions,
  done: (fault: JournalFault | undefined, journal: Journal) => void,
): void {
  const settings = settle(options);
  const none = undefined as unknown as Journal;
  world.disk.makeDirectory(options.directory, (error) => {
    if (error && error.code !== 'exists') return done(diskTrouble(error, options.directory), none);
    recover(world, { ...settings, scanAll: options.scanAll ?? false }, (fault, found) => {
      if (fault) return done(fault, none);
      const files = new SegmentFiles(world, settings);
      const ready = (openFault: JournalFault | undefined, segment: WritableSegment): void => {
        if (openFault) return done(openFault, none);
        const fresh = { segment: 1, offset: segment.header.alignment, sequence: 1 };
        done(undefined, new ShardJournal(world, settings, files, found, found?.tail ?? fresh));
      };
      if (found === undefined) files.create(ready);
      else files.resume({ ...found, segment: found.tail.segment }, ready);
    });
  });
}

class ShardJournal implements Journal {
  congested = false;
  private readonly owners = new Owners();
  private waiting: { readonly position: Position; readonly then: () => void }[] = [];
  private readonly durableListeners: ((durable: Position) => void)[] = [];
  private readonly failedListeners: ((reason: string) => void)[] = [];
  private readonly congestedListeners: ((congested: boolean) => void)[] = [];
  private readonly writer: Writer;
  private readonly reader: RecordReader;
  private fault: JournalFault | undefined;
  private closing = false;
  private pruning = false;
  private groups = 0;
  private records = 0;
  private bytesWritten = 0;
  private readonly world: JournalWorld;
  private readonly settings: JournalSettings;
  private readonly files: SegmentFiles;
  private readonly scannedFrom: number;

  constructor(
    world: JournalWorld,
    settings: JournalSettings,
    files: SegmentFiles,
    found: Recovered | undefined,
    tail: Recovered['tail'],
  ) {
    this.world = world;
    this.settings = settings;
    this.files = files;
    this.scannedFrom = found?.scanFrom ?? 1;
    this.reader = new RecordReader(world.disk, settings.directory, settings.shardId);
    for (const { name, firstRecord } of found?.owners ?? []) this.owners.add(name, firstRecord);
    const { groupBytes, maxUnsyncedBytes } = settings;
    const options = { groupBytes, maxUnsyncedBytes, tail, appended: found?.appended ?? beforeAll };
    this.writer = new Writer(world, files, options, {
      owners: () => this.owners.names,
      enteredSegment: () => this.owners.enteredSegment(),
      closingGroup: () => this.owners.rewriteLive(this.writer, settings.segmentBytes),
      scanFrom: () => this.scanFrom(),
      wrote: (group) => this.onWrote(group),
      durable: (position) => this.onDurablePosition(position),
      failed: (fault) => this.onFailed(fault),
    });
  }

  get appended(): Position {
    return this.writer.appended;
  }

  get durable(): Position {
    return this.writer.durable;
  }

  get overRetainedBytes(): number {
    const { retain, segmentBytes } = this.settings;
    const segments = this.segmentCount(); // of which the one that is written is never pruned
    return retain === 'all' || segments === 1 ? 0 : Math.max(0, segments * segmentBytes - retain);
  }

  onDurable(listener: (durable: Position) => void): void {
    this.durableListeners.push(listener);
  }

  onCongested(listener: (congested: boolean) => void): void {
    this.congestedListeners.push(listener);
  }

  view(name: string): JournalView {
    const owner = this.owners.named(name);
    owner.view ??= this.makeView(owner);
    return owner.view;
  }

  stats(): JournalStats {
    return {
      firstSegment: this.files.first,
      lastSegment: this.currentSegment(),
      groups: this.groups,
      records: this.records,
      bytesWritten: this.bytesWritten,
      unsyncedBytes: this.writer.unsyncedBytes,
      recycledSegments: this.files.recycled,
      direct: this.files.current?.file.writesAreSynced ?? false,
    };
  }

  close(done: (fault: JournalFault | undefined) => void): void {
    this.closing = true;
    const finish = (): void => {
      this.writer.stop();
      this.reader.close();
      this.files.close(() => done(this.fault));
    };
    if (this.fault) this.world.clock.soon(finish);
    else this.writer.drain(finish);
  }

  private makeView(owner: Owner): JournalView {
    const journal = this;
    return {
      owner: owner.name,
      append: (kind, parts, lazy = false) => this.append(owner, kind, parts, lazy),
      request: (position) => this.writer.request(position),
      get appended() {
        return journal.writer.appended;
      },
      get durable() {
        return journal.writer.durable;
      },
      onDurable: (listener) => this.onDurable(listener),
      onFailed: (listener) => void this.failedListeners.push(listener),
      replay: (each, done) => this.replay(owner, each, done),
      read: (position, done, expectedBytes = 0) => this.read(position, expectedBytes, done),
      live: (records) => this.owners.setLive(owner, records),
      get repeatedFrom() {
        return owner.repeated;
      },
      releaseBelow: (position) => {
        owner.needs = Math.max(owner.needs ?? beforeAll, position) as Position;
        owner.released = owner.needs;
        this.prune();
      },
      keepFrom: (position) => {
        owner.keeps = Math.max(owner.keeps ?? beforeAll, position) as Position;
        this.prune();
      },
      onPruned: (listener) => {
        owner.pruned = listener;
      },
      get oldest() {
        return positionOf(journal.files.first, 0);
      },
      get pruningHeld() {
        return journal.overRetainedBytes > 0 && holdsBack(owner, journal.files.first);
      },
      onHeld: (listener) => {
        owner.held = listener;
      },
    };
  }

  private append(owner: Owner, kind: number, parts: readonly Bytes[], lazy: boolean): Position {
    assert(!this.closing, 'nobody appends to a journal that is being closed');
    assert(kind >= 0 && kind <= 0xffff, 'a record kind has two bytes');
    const position = this.writer.append(owner.id, kind, parts, lazy);
    owner.needs ??= position;
    if (!this.congested && this.writer.unsyncedBytes > this.settings.congestedBytes) this.setCongested(true);
    return position;
  }

  private onWrote(group: { readonly bytes: number; readonly records: number; readonly seconds: number }): void {
    this.groups++;
    this.records += group.records;
    this.bytesWritten += group.bytes;
    this.world.note({ observe: 'psky_journal_sync_seconds', value: group.seconds });
    this.world.note({ observe: 'psky_journal_group_records', value: group.records });
    this.world.note({ count: 'psky_journal_bytes_total', by: group.bytes });
  }

  private onDurablePosition(position: Position): void {
    if (this.congested && this.writer.unsyncedBytes <= this.settings.congestedBytes / 2) this.setCongested(false);
    const place = placeOf(position);
    this.owners.noteDurable(position);
    if (place.offset >= prepareAtShare * this.files.plan(place.segment).segmentBytes) {
      this.files.prepare(this.scanFrom());
    }
    this.prune();
    this.wake(position);
    for (const listener of this.durableListeners) listener(position);
  }

  private onFailed(fault: JournalFault): void {
    if (this.fault) return;
    this.fault = fault;
    for (const listener of this.failedListeners) listener(`${fault.code}: ${fault.message}`);
    this.world.fatal(fault);
    this.wake(this.writer.appended);
  }

  private setCongested(congested: boolean): void {
    this.congested = congested;
    this.world.note({ gauge: 'psky_journal_congested', value: congested ? 1 : 0 });
    for (const listener of this.congestedListeners) listener(congested);
  }

  /** The oldest segment that a recovery would need. */
  private scanFrom(): number {
    return Math.max(this.owners.neededFrom(this.currentSegment()), this.scannedFrom, this.files.first);
  }

  private currentSegment(): number {
    return this.files.current?.number ?? this.files.first;
  }

  private segmentCount(): number {
    return this.currentSegment() - this.files.first + 1;
  }

  private prune(): void {
    if (this.pruning || this.closing || this.fault || this.overRetainedBytes === 0) return;
    if (!this.mayPrune()) return this.owners.tellHolders(this.files.first);
    this.pruning = true;
    this.reader.forget(this.files.first);
    this.files.dropFirst((fault) => {
      this.pruning = false;
      if (fault) {
        this.writer.stop();
        return this.onFailed(fault);
      }
      for (const owner of this.owners.all) owner.pruned(positionOf(this.files.first, 0));
      this.prune();
    });
  }

  private mayPrune(): boolean {
    return this.files.first < Math.min(this.scanFrom(), this.owners.readFrom(this.currentSegment()));
  }

  private replay(
    owner: Owner,
    each: (record: JournalRecord) => void,
    done: (fault: JournalFault | undefined) => void,
  ): void {
    const until = this.writer.appended;
    const from = owner.needs === undefined ? undefined : placeOf(owner.needs).segment;
    const { directory, shardId } = this.settings;
    if (from === undefined) return this.world.clock.soon(() => done(this.fault));
    const begin = (): void =>
      replayOwner(
        this.world,
        { directory, shardId, owner: owner.id, from: Math.max(from, this.files.first), until },
        each,
        done,
      );
    this.whenDurable(until, () => (this.fault ? done(this.fault) : begin()));
  }

  private whenDurable(position: Position, then: () => void): void {
    if (position <= this.writer.durable || this.fault) return this.world.clock.soon(then);
    this.waiting.push({ position, then });
    this.writer.request(position);
  }

  private wake(durable: Position): void {
    const ready = this.waiting.filter((each) => each.position <= durable);
    if (ready.length === 0) return;
    this.waiting = this.waiting.filter((each) => each.position > durable);
    for (const { then } of ready) then();
  }

  private read(
    position: Position,
    expectedBytes: number,
    done: (fault: JournalFault | undefined, record: JournalRecord | undefined) => void,
  ): void {
    const gone = (): JournalFault | undefined => {
      if (position > this.writer.durable || position < positionOf(this.files.first, 0))
        return {
          code: 'journal-record-unavailable',
          message: position > this.writer.durable ? 'The record is not durable yet.' : 'The record was pruned.',
        };
      return undefined;
    };
    const before = gone();
    if (before) return this.world.clock.soon(() => done(before, undefined));
    this.reader.read(position, expectedBytes, (fault, record) => {
      // A segment that was pruned meanwhile may hold other records by now.
      const failure = fault && (gone() ?? fault);
      done(failure, record && { kind: record.kind, body: record.body, position });
    });
  }
}
