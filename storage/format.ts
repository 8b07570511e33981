// The bytes of a journal on disk: segment header, group header, record. Every checksum starts from a seed made of the
// shard's secret id and the segment's number, and every record carries its group's sequence, so nothing stale in a recycled
// segment, and nothing that a client made up, passes for a record (rule D6). Integers are little-endian.

import type { Position } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import { type Bytes, equalBytes, fromUtf8, toUtf8 } from '../lib/bytes.ts';
import { crc32 } from '../lib/crc32.ts';
import { positionsPerSegment } from './limits.ts';

export const journalFormat = 1;
export const segmentHeaderBytes = 64;
export const groupHeaderBytes = 32;
export const recordHeaderBytes = 16;
export const shardIdBytes = 16;

const segmentMagic = fromUtf8('PSKYJRNL');
const groupMagic = 0x474b5350; // 'PSKG'

/** Owner 0 is the journal itself; its records of this kind name the owner ids that a segment uses. */
export const journalOwner = 0;
export const openKind = 1;

/** Records start at multiples of this, so that a position fits a safe integer. */
export const recordStep = 8;

export interface SegmentHeader {
  readonly shardId: Bytes;
  readonly segment: number;
  readonly segmentBytes: number;
  /** where the first group starts, and what every later start is a multiple of */
  readonly alignment: number;
  /** the oldest segment that recovery needed when this one was prepared */
  readonly scanFrom: number;
}

export type SegmentHeaderFault = 'bad' | 'unknown-format' | 'foreign';

export function encodeSegmentHeader(header: SegmentHeader): Bytes {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const view = viewOf(bytes);
  bytes.set(segmentMagic, 0);
  view.setUint32(8, journalFormat, true);
  view.setUint32(12, header.alignment, true);
  bytes.set(header.shardId, 16);
  view.setUint32(32, header.segmentBytes, true);
  view.setUint32(36, header.segment, true);
  view.setUint32(40, header.scanFrom, true);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

export function decodeSegmentHeader(bytes: Bytes, shardId: Bytes): SegmentHeader | SegmentHeaderFault {
  if (bytes.length < segmentHeaderBytes || !equalBytes(bytes.subarray(0, 8), segmentMagic)) return 'bad';
  const view = viewOf(bytes);
  if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return 'bad';
  if (view.getUint32(8, true) !== journalFormat) return 'unknown-format';
  if (!equalBytes(bytes.subarray(16, 16 + shardIdBytes), shardId)) return 'foreign';
  return {
    shardId,
    alignment: view.getUint32(12, true),
    segmentBytes: view.getUint32(32, true),
    segment: view.getUint32(36, true),
    scanFrom: view.getUint32(40, true),
  };
}

export function segmentSeed(shardId: Bytes, segment: number): number {
  const number = new Uint8Array(4);
  viewOf(number).setUint32(0, segment, true);
  return crc32(number, crc32(shardId));
}

export interface GroupHeader {
  /** bytes of header and records, without the padding behind them */
  readonly length: number;
  readonly sequence: number;
  readonly records: number;
}

export function writeGroupHeader(into: Bytes, header: GroupHeader, segment: number, seed: number): void {
  const view = viewOf(into);
  view.setUint32(0, groupMagic, true);
  view.setUint32(4, header.length, true);
  view.setUint32(8, header.sequence % 2 ** 32, true);
  view.setUint32(12, Math.floor(header.sequence / 2 ** 32), true);
  view.setUint32(16, header.records, true);
  view.setUint32(20, segment, true);
  view.setUint32(24, 0, true);
  view.setUint32(28, crc32(into.subarray(0, 28), seed), true);
}

/** @returns undefined where no group of this segment starts at `offset` */
export function readGroupHeader(bytes: Bytes, offset: number, segment: number, seed: number): GroupHeader | undefined {
  if (offset + groupHeaderBytes > bytes.length) return undefined;
  const view = viewOf(bytes, offset);
  if (view.getUint32(0, true) !== groupMagic || view.getUint32(20, true) !== segment) return undefined;
  if (view.getUint32(28, true) !== crc32(bytes.subarray(offset, offset + 28), seed)) return undefined;
  return {
    length: view.getUint32(4, true),
    sequence: view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32,
    records: view.getUint32(16, true),
  };
}

/** Bytes that a record takes in its group. */
export function recordBytes(bodyBytes: number): number {
  return roundUp(recordHeaderBytes + bodyBytes, recordStep);
}

export interface RecordPlace {
  readonly seed: number;
  readonly sequence: number;
  readonly owner: number;
  readonly kind: number;
}

/** Copies a record into its group. @returns where the next one starts */
export function writeRecord(into: Bytes, offset: number, parts: readonly Bytes[], place: RecordPlace): number {
  let end = offset + recordHeaderBytes;
  for (const part of parts) {
    into.set(part, end);
    end += part.length;
  }
  const view = viewOf(into, offset);
  view.setUint32(4, end - offset - recordHeaderBytes, true);
  view.setUint32(8, place.sequence % 2 ** 32, true);
  view.setUint16(12, place.owner, true);
  view.setUint16(14, place.kind, true);
  view.setUint32(0, crc32(into.subarray(offset + 4, end), place.seed), true);
  const next = roundUp(end, recordStep);
  into.fill(0, end, next);
  return next;
}

export interface RawRecord {
  readonly owner: number;
  readonly kind: number;
  readonly body: Bytes;
  /** low 32 bits of its group's sequence */
  readonly sequenceLow: number;
  /** bytes it takes, with padding */
  readonly size: number;
}

/** Length of the body that a record header announces; unverified, for reading the rest. */
export function announcedBodyBytes(bytes: Bytes, offset: number): number {
  return viewOf(bytes, offset).getUint32(4, true);
}

/** @returns undefined when the bytes at `offset` are not an intact record of this segment */
export function readRecord(bytes: Bytes, offset: number, end: number, seed: number): RawRecord | undefined {
  if (offset + recordHeaderBytes > end) return undefined;
  const view = viewOf(bytes, offset);
  const bodyEnd = offset + recordHeaderBytes + view.getUint32(4, true);
  if (bodyEnd > end) return undefined;
  if (view.getUint32(0, true) !== crc32(bytes.subarray(offset + 4, bodyEnd), seed)) return undefined;
  return {
    owner: view.getUint16(12, true),
    kind: view.getUint16(14, true),
    body: bytes.subarray(offset + recordHeaderBytes, bodyEnd),
    sequenceLow: view.getUint32(8, true),
    size: roundUp(bodyEnd - offset, recordStep),
  };
}

/** All records of the group that starts at `offset`, or undefined when any is torn, stale, missing or too many. */
export function readGroup(
  bytes: Bytes,
  offset: number,
  header: GroupHeader,
  seed: number,
): readonly { readonly record: RawRecord; readonly offset: number }[] | undefined {
  const end = offset + header.length;
  if (end > bytes.length) return undefined;
  const found: { record: RawRecord; offset: number }[] = [];
  let at = offset + groupHeaderBytes;
  while (at < end) {
    const record = readRecord(bytes, at, end, seed);
    if (record === undefined || record.sequenceLow !== header.sequence % 2 ** 32) return undefined;
    found.push({ record, offset: at });
    at += record.size;
  }
  return at === end && found.length === header.records ? found : undefined;
}

export function encodeOpen(owner: number, name: string): Bytes {
  const text = fromUtf8(name);
  const bytes = new Uint8Array(2 + text.length);
  viewOf(bytes).setUint16(0, owner, true);
  bytes.set(text, 2);
  return bytes;
}

export function decodeOpen(body: Bytes): { readonly owner: number; readonly name: string } | undefined {
  if (body.length < 3) return undefined;
  const name = toUtf8(body.subarray(2));
  return name === undefined ? undefined : { owner: viewOf(body).getUint16(0, true), name };
}

export const beforeAll = 0 as Position;

/** The place of a record's header. Positions grow with time; the place is found without an index. */
export function positionOf(segment: number, offset: number): Position {
  assert(offset % recordStep === 0, 'records start at multiples of their step');
  return (segment * positionsPerSegment + offset / recordStep) as Position;
}

export function placeOf(position: Position): { readonly segment: number; readonly offset: number } {
  return {
    segment: Math.floor(position / positionsPerSegment),
    offset: (position % positionsPerSegment) * recordStep,
  };
}

export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function viewOf(bytes: Bytes, offset = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.byteLength - offset);
}
