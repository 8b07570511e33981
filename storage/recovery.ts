// What a journal finds when it is opened: which segments there are, where the last intact group ends, who wrote. A torn
// last group is cut off; damage before it stops the opening with an explanation (rule D6).

import type { Clock, Position } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { beforeAll, decodeOpen, journalOwner, openKind, positionOf } from './format.ts';
import type { JournalFault } from './journal-port.ts';
import type { Disk } from './ports.ts';
import { diskTrouble, findLaterGroup, openSegment, type ScanEnd, scanGroups } from './scan.ts';
import { segmentPath, sortNames } from './segment-names.ts';

export interface Recovered {
  /** oldest segment that exists */
  readonly first: number;
  /** where the next group goes */
  readonly tail: { readonly segment: number; readonly offset: number; readonly sequence: number };
  /** where the last group lies, when it is in the tail's segment: it may be in the page cache only */
  readonly lastGroup: number | undefined;
  /** an empty segment that was prepared behind the tail's */
  readonly prepared: number | undefined;
  readonly spares: readonly string[];
  /** oldest segment that was scanned, and that replay starts from */
  readonly scanFrom: number;
  /** every owner that ever wrote, by id from 1 on */
  readonly owners: readonly { readonly name: string; readonly firstRecord: Position | undefined }[];
  readonly appended: Position;
  readonly records: number;
}

export interface RecoveryOptions {
  readonly directory: string;
  readonly shardId: Bytes;
  readonly scanAll: boolean;
}

type Answer<T> = (fault: JournalFault | undefined, value: T) => void;

/** @returns through `done`: what was found, or undefined for a journal that has never been written */
export function recover(
  world: { readonly disk: Disk; readonly clock: Clock },
  options: RecoveryOptions,
  done: Answer<Recovered | undefined>,
): void {
  const { disk } = world;
  disk.list(options.directory, (error, all) => {
    if (error) return done(diskTrouble(error, options.directory), undefined);
    const names = sortNames(all);
    const first = names.segments[0];
    const last = names.segments.at(-1);
    if (first === undefined || last === undefined) return done(undefined, undefined);
    const gap = names.segments.findIndex((segment, index) => segment !== first + index);
    if (gap >= 0) {
      const segment = first + gap;
      return done(
        {
          code: 'journal-segment-missing',
          message: `${segmentPath(options.directory, segment)} is missing, though newer segments exist.`,
          segment,
        },
        undefined,
      );
    }
    openSegment(disk, segmentPath(options.directory, last), { ...options, segment: last }, (fault, reader) => {
      if (fault) return done(fault, undefined);
      const scanFrom = options.scanAll ? first : Math.min(last, Math.max(first, reader.header.scanFrom));
      reader.file.close(() => scanAll(world, options, { first, last, scanFrom, spares: names.spares }, done));
    });
  });
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly scanFrom: number;
  readonly spares: readonly string[];
}

function scanAll(
  world: { readonly disk: Disk; readonly clock: Clock },
  options: RecoveryOptions,
  range: Range,
  done: Answer<Recovered | undefined>,
): void {
  const { clock, disk } = world;
  const owners: { name: string; firstRecord: Position | undefined }[] = [];
  let appended = beforeAll;
  let records = 0;
  let stop: JournalFault | undefined;
  let lastGroup: { readonly segment: number; readonly offset: number } | undefined;

  const note = (segment: number, owner: number, kind: number, body: Bytes, offset: number): void => {
    appended = positionOf(segment, offset);
    records++;
    const known = owners[owner - 1];
    if (owner !== journalOwner) {
      if (known === undefined) stop ??= corrupt(options, segment, offset, 'A record of an owner without a name');
      else known.firstRecord ??= appended;
    } else if (kind === openKind) {
      const opened = decodeOpen(body);
      if (opened && opened.owner === owners.length + 1) owners.push({ name: opened.name, firstRecord: undefined });
    }
  };

  /** `before` is where the segment in front ended: the tail, unless this one goes on from it. */
  const scan = (segment: number, before: (ScanEnd & { readonly segment: number }) | undefined): void => {
    if (segment > range.last) return checkTail(before as ScanEnd & { segment: number });
    openSegment(disk, segmentPath(options.directory, segment), { ...options, segment }, (fault, reader) => {
      if (fault) return done(fault, undefined);
      let groups = 0;
      scanGroups(
        clock,
        reader,
        before === undefined ? (segment === 1 ? 1 : undefined) : before.nextSequence,
        (group) => {
          groups++;
          lastGroup = { segment, offset: group.offset };
          for (const { record, offset } of group.records) note(segment, record.owner, record.kind, record.body, offset);
          return stop === undefined;
        },
        (scanFault, end) => {
          reader.file.close(() => {
            if (scanFault ?? stop) return done(scanFault ?? stop, undefined);
            if (groups === 0) return checkTail(before ?? { ...end, segment });
            scan(segment + 1, { ...end, segment });
          });
        },
      );
    });
  };

  /** The scan ended here: fine when nothing newer exists anywhere behind it. */
  const checkTail = (tail: ScanEnd & { readonly segment: number }): void => {
    const sequence = tail.nextSequence;
    if (sequence === undefined) {
      return done(corrupt(options, tail.segment, tail.offset, 'The oldest group that recovery needs'), undefined);
    }
    const look = (segment: number): void => {
      if (segment > range.last) return finish(tail, sequence);
      openSegment(disk, segmentPath(options.directory, segment), { ...options, segment }, (fault, reader) => {
        if (fault) return done(fault, undefined);
        const from = segment === tail.segment ? tail.offset : reader.header.alignment;
        findLaterGroup(clock, reader, from, sequence, (lookFault, found) => {
          reader.file.close(() => {
            if (lookFault) return done(lookFault, undefined);
            if (found) return done(corrupt(options, tail.segment, tail.offset, 'A group'), undefined);
            look(segment + 1);
          });
        });
      });
    };
    look(tail.segment);
  };

  const finish = (tail: ScanEnd & { readonly segment: number }, sequence: number): void => {
    done(undefined, {
      first: range.first,
      tail: { segment: tail.segment, offset: tail.offset, sequence },
      lastGroup: lastGroup?.segment === tail.segment ? lastGroup.offset : undefined,
      prepared: range.last > tail.segment ? tail.segment + 1 : undefined,
      spares: range.spares,
      scanFrom: Math.min(range.scanFrom, tail.segment),
      owners,
      appended,
      records,
    });
  };

  scan(range.scanFrom, undefined);
}

function corrupt(options: RecoveryOptions, segment: number, offset: number, what: string): JournalFault {
  return {
    code: 'journal-corrupt',
    message: `${what} in ${segmentPath(options.directory, segment)} at byte ${offset} is damaged, but newer ones are not: this is not a torn write.`,
    segment,
    offset,
  };
}
