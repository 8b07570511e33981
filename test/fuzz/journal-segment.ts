// A journal whose files were changed behind its back, opened through the real recovery on a simulated disk. An input is a
// list of edits, eight bytes each: bytes flipped, zeroed, cut off, overwritten by others of the same journal, of an older
// copy of it or of another shard's, files lost or exchanged. Whatever comes of it, no record is read that its owner did
// not write, none is out of place, none before the damage is missing, and damage is not taken for a torn tail.

import { type Bytes, equalBytes, fromUtf8, toHex, toUtf8 } from '../../lib/bytes.ts';
import { FileImage } from '../../sim/disk-image.ts';
import {
  decodeOpen,
  decodeSegmentHeader,
  groupHeaderBytes,
  placeOf,
  readGroup,
  readGroupHeader,
  readRecord,
  roundUp,
  segmentHeaderBytes,
  segmentSeed,
} from '../../storage/format.ts';
import type { JournalFault, JournalRecord } from '../../storage/index.ts';
import { segmentPath } from '../../storage/segment-names.ts';
import { directory, JournalBench, shardId } from '../support/journal-bench.ts';
import { type FuzzTarget, promise } from './target.ts';

const segmentBytes = 16_384;
const alignment = 64;
const owners = ['main', 'bench'] as const;
const editBytes = 8;
const op = { flip: 0, zero: 1, truncate: 2, copy: 3, older: 4, foreign: 5, remove: 6, exchange: 7, raw: 8 } as const;

interface Written {
  readonly owner: string;
  readonly kind: number;
  readonly body: Bytes;
  readonly position: JournalRecord['position'];
}

interface Group {
  readonly segment: number;
  readonly offset: number;
  /** of header and records */
  readonly length: number;
  readonly records: number;
}

interface Original {
  /** segment → its bytes; index 0 is unused */
  readonly segments: readonly Bytes[];
  readonly written: readonly Written[];
  readonly groups: readonly Group[];
}

/** Several groups in each of three segments: some of one record, some of several, one of equal ones. */
function writeJournal(id: Bytes, upTo = 60): Original {
  const bench = new JournalBench({ segmentBytes, shardId: id });
  const journal = bench.open();
  const views = owners.map((owner) => journal.view(owner));
  const written: Written[] = [];
  for (let i = 0; i < upTo; i++) {
    for (let j = 0; j <= i % 3; j++) {
      const view = views[(i + j) % 2] as (typeof views)[number];
      const body = fromUtf8(`record ${i} ${j} `.repeat(1 + ((i * 7) % 50)));
      written.push({ owner: view.owner, kind: i, body, position: view.append(i, [body]) });
    }
    bench.synced(journal);
  }
  bench.settle();
  const last = journal.stats().lastSegment;
  const segments = Array.from({ length: last + 1 }, (_, segment) => {
    const image = bench.disk.names.find(segmentPath(directory, segment));
    return image?.read(0, image.size) ?? new Uint8Array(0);
  });
  return { segments, written, groups: segments.flatMap((bytes, segment) => groupsOf(bytes, segment, id)) };
}

function groupsOf(bytes: Bytes, segment: number, id: Bytes): readonly Group[] {
  const seed = segmentSeed(id, segment);
  const groups: Group[] = [];
  for (let offset = alignment; ; ) {
    const header = readGroupHeader(bytes, offset, segment, seed);
    if (header === undefined) return groups;
    groups.push({ segment, offset, length: header.length, records: header.records });
    offset += roundUp(header.length, alignment);
  }
}

let originals: { readonly own: Original; readonly older: Original; readonly foreign: Original } | undefined;
const load = (): NonNullable<typeof originals> =>
  (originals ??= {
    own: writeJournal(shardId),
    older: writeJournal(shardId, 20),
    foreign: writeJournal(fromUtf8('another shard id')),
  });

const edit = (what: number, segment: number, offset: number, length: number, source: number): Bytes => {
  const bytes = new Uint8Array(editBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, what);
  view.setUint8(1, segment);
  view.setUint16(2, offset);
  view.setUint16(4, length);
  view.setUint16(6, source);
  return bytes;
};

export const journalSegment: FuzzTarget = {
  name: 'journal-segment',
  maxBytes: 12 * editBytes,
  dictionary: [
    ...Object.values(op).flatMap((each) => [0, 1, 2].map((segment) => Uint8Array.of(each, segment))),
    ...[0, 60, 64, 72, 92, 96, 128, 192, 256].map((offset) => Uint8Array.of(offset >> 8, offset & 255)),
  ],
  seeds() {
    const { groups } = load().own;
    const [first, middle, last] = [groups[0], groups[groups.length >> 1], groups.at(-1)] as [Group, Group, Group];
    return [
      new Uint8Array(0),
      ...[first, middle, last].flatMap((group) =>
        [op.flip, op.zero, op.truncate, op.older, op.foreign, op.raw].map((what) =>
          edit(what, group.segment - 1, group.offset, 64, 1),
        ),
      ),
      edit(op.copy, 0, first.offset, first.length, middle.offset),
      edit(op.copy, 1, last.offset, last.length, first.offset),
      edit(op.remove, 0, 0, 0, 0),
      edit(op.remove, 1, 0, 0, 0),
      edit(op.exchange, 0, 1, 0, 0),
    ];
  },
  run(input) {
    readsAnything(input);
    const { own } = load();
    const changed = apply(input);
    const bench = new JournalBench({ segmentBytes });
    for (const [segment, bytes] of changed.entries())
      if (bytes !== undefined)
        bench.disk.names.replaceDurably(segmentPath(directory, segment), new FileImage(false, bytes));
    const { fault, journal } = bench.tryOpen({ scanAll: true });
    if (fault !== undefined) return checkFault(fault);
    if (journal === undefined) return promise(false, 'a journal opens or says why not');
    const found = owners.map((owner) => replay(bench, journal.view(owner)));
    checkFound(own, changed, found);
    const after = journal.view('main');
    const position = after.append(9, [fromUtf8('after')]);
    bench.synced(journal);
    promise(bench.fatal.length === 0, 'a journal that opened goes on');
    bench.crash('lost');
    const again = replay(bench, bench.open({ scanAll: true }).view('main'));
    promise(again.at(-1)?.position === position, 'what is written after recovery is there after the next');
    promise(again.length === (found[0] as readonly unknown[]).length + 1, 'nothing else changed');
  },
};

/** The codecs by themselves, on bytes of any sort. */
function readsAnything(input: Bytes): void {
  decodeSegmentHeader(input, shardId);
  decodeOpen(input);
  readRecord(input, 0, input.length, 1);
  const header = readGroupHeader(input, 0, 1, 1) ?? { length: input.length, sequence: 1, records: 1 };
  readGroup(input, 0, header, 1);
}

/** @returns segment → its bytes after the edits; undefined where its file is gone */
function apply(input: Bytes): (Bytes | undefined)[] {
  const { own, older, foreign } = load();
  const files: (Bytes | undefined)[] = own.segments.map((bytes, segment) =>
    segment === 0 ? undefined : bytes.slice(),
  );
  const count = files.length - 1;
  for (let at = 0; at + editBytes <= input.length; at += editBytes) {
    const view = new DataView(input.buffer, input.byteOffset + at, editBytes);
    const segment = 1 + (view.getUint8(1) % count);
    const bytes = files[segment];
    if (bytes === undefined) continue;
    const offset = view.getUint16(2) % (bytes.length + 1);
    const end = Math.min(bytes.length, offset + view.getUint16(4));
    const source = view.getUint16(6);
    const copyFrom = (from: Bytes | undefined, start: number): void => {
      if (from !== undefined) bytes.set(from.subarray(start, start + end - offset), offset);
    };
    switch (view.getUint8(0) % 9) {
      case op.flip:
        if (offset < bytes.length) bytes[offset] = (bytes[offset] as number) ^ (1 << (source & 7));
        break;
      case op.zero:
        bytes.fill(0, offset, end);
        break;
      case op.truncate:
        files[segment] = bytes.slice(0, offset);
        break;
      case op.copy: // whole sectors land elsewhere
        copyFrom(files[1 + ((view.getUint8(1) >> 4) % count)]?.slice(), source);
        break;
      case op.older:
        copyFrom(older.segments[segment], offset);
        break;
      case op.foreign:
        copyFrom(foreign.segments[segment], offset);
        break;
      case op.remove:
        files[segment] = undefined;
        break;
      case op.exchange: {
        const other = 1 + (offset % count);
        [files[segment], files[other]] = [files[other], bytes];
        break;
      }
      case op.raw:
        copyFrom(input, at);
    }
  }
  return files;
}

function checkFault(fault: JournalFault): void {
  promise(
    ['journal-corrupt', 'journal-segment-missing', 'journal-format-unknown', 'journal-foreign'].includes(fault.code),
    `${fault.code} is not what damage is called`,
  );
  promise(fault.segment !== undefined && /\d{12}\.segment/.test(fault.message), 'a fault names its file');
}

function replay(bench: JournalBench, view: ReturnType<ReturnType<JournalBench['open']>['view']>): readonly Written[] {
  const found: Written[] = [];
  let outcome: JournalFault | 'fine' | undefined;
  view.replay(
    ({ kind, body, position }) => found.push({ owner: view.owner, kind, body: body.slice(), position }),
    (fault) => {
      outcome = fault ?? 'fine';
    },
  );
  bench.until(() => outcome !== undefined);
  promise(outcome === 'fine', 'what was recovered can be replayed');
  return found;
}

function checkFound(
  own: Original,
  changed: readonly (Bytes | undefined)[],
  found: readonly (readonly Written[])[],
): void {
  const byPosition = new Map(own.written.map((record) => [record.position, record]));
  for (const records of found) {
    for (const record of records) {
      const original = byPosition.get(record.position);
      promise(
        original !== undefined &&
          original.owner === record.owner &&
          original.kind === record.kind &&
          equalBytes(original.body, record.body),
        `nobody wrote ${toUtf8(record.body)?.slice(0, 40) ?? toHex(record.body.subarray(0, 20))} there`,
      );
    }
    promise(
      records.every((record, i) => i === 0 || record.position > (records[i - 1] as Written).position),
      'records come in their order',
    );
  }
  checkNothingLost(own, changed, new Set(found.flat().map((record) => record.position)));
}

const liesIn = ({ segment, offset }: ReturnType<typeof placeOf>, group: Group): boolean =>
  segment === group.segment && offset >= group.offset && offset < group.offset + group.length;

/**
 * Where segments from the first on are gone, the journal is one that was pruned. What is left must be there up to the
 * first group that is damaged, and behind that one no group may begin.
 */
function checkNothingLost(own: Original, changed: readonly (Bytes | undefined)[], found: ReadonlySet<number>): void {
  const oldest = changed.findIndex((bytes) => bytes !== undefined);
  const groups = own.groups.filter((group) => oldest >= 0 && group.segment >= oldest);
  const isWhole = ({ segment, offset }: Group, length: number): boolean => {
    const original = (own.segments[segment] as Bytes).subarray(offset, offset + length);
    return equalBytes(original, changed[segment]?.subarray(offset, offset + length) ?? new Uint8Array(0));
  };
  const isFound = (group: Group): boolean =>
    own.written.every(({ position }) => found.has(position) || !liesIn(placeOf(position), group));
  const damaged = groups.findIndex((group) => !isWhole(group, group.length));
  const intact = damaged < 0 ? groups : groups.slice(0, damaged);
  promise(intact.every(isFound), 'no record before the damage is lost');
  const missing = groups.findIndex((group) => !isFound(group)); // damage between the records of a group does no harm
  if (missing < 0) return;
  const later = groups.slice(missing + 1).find((group) => isWhole(group, groupHeaderBytes));
  const headerIsWhole = (segment: number): boolean =>
    equalBytes(
      (own.segments[segment] as Bytes).subarray(0, segmentHeaderBytes),
      changed[segment]?.subarray(0, segmentHeaderBytes) ?? new Uint8Array(0),
    );
  promise(later === undefined || !headerIsWhole(later.segment), 'damage in the middle was taken for a torn tail');
}
