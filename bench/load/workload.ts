// What is sent. A workload writes the entries of a slot into a buffer, the same bytes each time it is asked for the same
// slot, so that a frame nobody answered can be sent again.

import type { Bytes } from '../../lib/bytes.ts';
import type { SubmitBuffer } from './submit-buffer.ts';

export interface Workload {
  /** of net/gateway entryKind */
  readonly kind: number;
  /** the bound of what `write` returns */
  readonly slotBytes: number;
  /** entries that one client may have accepted and not yet final; undefined where only frames are bounded */
  readonly maxEntriesInFlight: number | undefined;
  /** once for each new buffer */
  prepare(buffer: SubmitBuffer): void;
  /** writes entries first … first + count − 1 from `buffer.entriesAt` on. @returns their bytes with prefixes */
  write(buffer: SubmitBuffer, first: number, count: number): number;
  /** by which nodes know the entry in `receipt`; undefined where they keep no receipts */
  hashOf(entry: number): string | undefined;
}

/** Writes one entry after its length. @returns where the next one begins */
export function writeEntry(buffer: Buffer, at: number, entry: Bytes): number {
  buffer.writeUInt32LE(entry.length, at);
  buffer.set(entry, at + 4);
  return at + 4 + entry.length;
}
