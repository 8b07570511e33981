// Hands an owner its records again, oldest first, from the segments that recovery keeps.

import type { Clock, Position } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { placeOf, positionOf } from './format.ts';
import type { JournalFault, JournalRecord } from './journal-port.ts';
import type { Disk } from './ports.ts';
import { openSegment, scanGroups } from './scan.ts';
import { segmentPath } from './segment-names.ts';

export interface ReplayRange {
  readonly directory: string;
  readonly shardId: Bytes;
  readonly owner: number;
  /** segment */
  readonly from: number;
  /** inclusive, and durable */
  readonly until: Position;
}

export function replayOwner(
  world: { readonly disk: Disk; readonly clock: Clock },
  range: ReplayRange,
  each: (record: JournalRecord) => void,
  done: (fault: JournalFault | undefined) => void,
): void {
  const last = placeOf(range.until).segment;
  let reached = false;
  const replaySegment = (segment: number, sequence: number | undefined): void => {
    if (reached) return done(undefined);
    if (segment > last) {
      // Recovery checked these groups when the journal was opened: they rotted since.
      const message = `${segmentPath(range.directory, last)} ends before what was durable in it.`;
      return done({ code: 'journal-corrupt', message, segment: last });
    }
    const path = segmentPath(range.directory, segment);
    openSegment(world.disk, path, { shardId: range.shardId, segment }, (fault, reader) => {
      if (fault) return done(fault);
      scanGroups(
        world.clock,
        reader,
        sequence,
        ({ records }) => {
          for (const { record, offset } of records) {
            const position = positionOf(segment, offset);
            if (position > range.until) break;
            if (record.owner === range.owner) each({ kind: record.kind, body: record.body, position });
            reached = position === range.until;
          }
          return !reached;
        },
        (scanFault, end) => {
          reader.file.close(() => (scanFault ? done(scanFault) : replaySegment(segment + 1, end.nextSequence)));
        },
      );
    });
  };
  replaySegment(range.from, undefined);
}
