// Reads a segment group by group through a window, in slices: the work behind recovery and replay.

import type { Clock } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { noBytes } from '../lib/bytes.ts';
import {
  decodeSegmentHeader,
  groupHeaderBytes,
  type RawRecord,
  readGroup,
  readGroupHeader,
  roundUp,
  type SegmentHeader,
  segmentHeaderBytes,
  segmentSeed,
} from './format.ts';
import type { JournalFault } from './journal-port.ts';
import { scanWindowBytes } from './limits.ts';
import type { Disk, DiskFault, DiskFile } from './ports.ts';

export interface SegmentReader {
  readonly header: SegmentHeader;
  readonly seed: number;
  readonly file: DiskFile;
}

export interface ScannedGroup {
  readonly sequence: number;
  readonly offset: number;
  readonly records: readonly { readonly record: RawRecord; readonly offset: number }[];
}

export interface ScanEnd {
  /** where the first thing that is no next group lies */
  readonly offset: number;
  /** of the group that would come next; undefined when none was found and none was expected */
  readonly nextSequence: number | undefined;
}

type Answer<T> = (fault: JournalFault | undefined, value: T) => void;

/** Opens a segment for reading and checks its header. The file is the caller's to close. */
export function openSegment(
  disk: Disk,
  path: string,
  expected: { readonly shardId: Bytes; readonly segment: number },
  done: Answer<SegmentReader>,
): void {
  const none = undefined as unknown as SegmentReader;
  disk.open(path, { create: false, readOnly: true }, (error, file) => {
    if (error) return done(diskTrouble(error, path, expected.segment), none);
    file.read(0, segmentHeaderBytes, (readError, bytes) => {
      const fault = readError
        ? diskTrouble(readError, path, expected.segment)
        : headerFault(decodeSegmentHeader(bytes, expected.shardId), path, expected.segment);
      if (fault) return file.close(() => done(fault, none));
      const header = decodeSegmentHeader(bytes, expected.shardId) as SegmentHeader;
      done(undefined, { header, file, seed: segmentSeed(header.shardId, header.segment) });
    });
  });
}

function headerFault(
  header: ReturnType<typeof decodeSegmentHeader>,
  path: string,
  segment: number,
): JournalFault | undefined {
  if (header === 'unknown-format')
    return { code: 'journal-format-unknown', message: `${path} has a format that is not known here.`, segment };
  if (header === 'foreign') return { code: 'journal-foreign', message: `${path} belongs to another shard.`, segment };
  if (header === 'bad')
    return {
      code: 'journal-corrupt',
      message: `The header of ${path} does not match its checksum.`,
      segment,
      offset: 0,
    };
  if (header.segment !== segment)
    return { code: 'journal-foreign', message: `${path} is segment ${header.segment} under another name.`, segment };
  return undefined;
}

export function diskTrouble(disk: DiskFault, path: string, segment?: number): JournalFault {
  const message = `${path}: ${disk.message}`;
  return segment === undefined
    ? { code: 'journal-write-failed', message, disk }
    : { code: 'journal-write-failed', message, disk, segment };
}

/**
 * Visits the groups from the first on while each follows the one before it.
 * @param sequence the first group's, or undefined to accept any
 * @param visit returns false to stop early
 */
export function scanGroups(
  clock: Clock,
  reader: SegmentReader,
  sequence: number | undefined,
  visit: (group: ScannedGroup) => boolean,
  done: Answer<ScanEnd>,
): void {
  const { header, seed, file } = reader;
  let window: Bytes = noBytes;
  let windowStart = 0;
  let atEndOfFile = false;
  let offset = header.alignment;
  let next = sequence;

  const finish = () => done(undefined, { offset, nextSequence: next });

  const advance = (): void => {
    for (;;) {
      const local = offset - windowStart;
      if (local + groupHeaderBytes > window.length) return atEndOfFile ? finish() : refill(groupHeaderBytes);
      const group = readGroupHeader(window, local, header.segment, seed);
      if (group === undefined || (next !== undefined && group.sequence !== next)) return finish();
      if (local + group.length > window.length) return atEndOfFile ? finish() : refill(group.length);
      const records = readGroup(window, local, group, seed);
      if (records === undefined) return finish();
      const start = windowStart;
      const goOn = visit({
        sequence: group.sequence,
        offset,
        records: records.map((each) => ({ record: each.record, offset: start + each.offset })),
      });
      offset += roundUp(group.length, header.alignment);
      next = group.sequence + 1;
      if (!goOn) return finish();
    }
  };

  const refill = (needed: number): void => {
    const length = Math.min(Math.max(needed, scanWindowBytes), header.segmentBytes - offset);
    if (length <= 0) return finish();
    file.read(offset, length, (error, bytes) => {
      if (error)
        return done(diskTrouble(error, `segment ${header.segment}`, header.segment), { offset, nextSequence: next });
      window = bytes;
      windowStart = offset;
      atEndOfFile = bytes.length < length || offset + length >= header.segmentBytes;
      clock.soon(advance);
    });
  };

  advance();
}

/** Looks for any group of this segment at or behind `from` whose sequence is above `sequence`: proof that what lies before it was durable. */
export function findLaterGroup(
  clock: Clock,
  reader: SegmentReader,
  from: number,
  sequence: number,
  done: Answer<boolean>,
): void {
  const { header, seed, file } = reader;
  const slice = Math.max(header.alignment, Math.floor(scanWindowBytes / header.alignment) * header.alignment);
  const look = (start: number): void => {
    if (start >= header.segmentBytes) return done(undefined, false);
    file.read(start, Math.min(slice, header.segmentBytes - start), (error, bytes) => {
      if (error) return done(diskTrouble(error, `segment ${header.segment}`, header.segment), false);
      for (let at = 0; at < bytes.length; at += header.alignment) {
        const group = readGroupHeader(bytes, at, header.segment, seed);
        if (group !== undefined && group.sequence > sequence) return done(undefined, true);
      }
      if (bytes.length < slice) return done(undefined, false);
      clock.soon(() => look(start + slice));
    });
  };
  look(from);
}
