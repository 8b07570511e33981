// Puts a bulk message together again: a head that declares its size, then slices. The slices stay as they came, so that
// a batch is hashed and journalled without being joined (PERFORMANCE 4).

import type { Bytes } from '../lib/bytes.ts';
import type { Head } from './frame.ts';
import { maxBulkBodyBytes, maxBulkHeaderBytes, sliceBytes } from './limits.ts';

export interface WholeBody {
  readonly number: number;
  readonly header: Bytes;
  readonly body: readonly Bytes[];
}

export type BodyFault = 'too-large' | 'head-inside-body' | 'slice-without-head' | 'body-overrun' | 'empty-slice';

/** @returns the whole message when it is complete, undefined while it is not, or why the peer is wrong */
export interface BodyAssembler {
  head(head: Head): WholeBody | BodyFault | undefined;
  slice(slice: Bytes): WholeBody | BodyFault | undefined;
}

export function createBodyAssembler(): BodyAssembler {
  let open: Head | undefined;
  let missing = 0;
  let body: Bytes[] = [];
  const finish = (head: Head): WholeBody => {
    const whole = { number: head.number, header: head.header, body };
    open = undefined;
    body = [];
    return whole;
  };
  return {
    head(head) {
      if (open !== undefined) return 'head-inside-body';
      if (head.bodyBytes > maxBulkBodyBytes || head.header.length > maxBulkHeaderBytes) return 'too-large';
      missing = head.bodyBytes;
      open = head;
      return missing === 0 ? finish(head) : undefined;
    },
    slice(slice) {
      if (open === undefined) return 'slice-without-head';
      if (slice.length === 0) return 'empty-slice';
      if (slice.length > missing || slice.length > sliceBytes) return 'body-overrun';
      missing -= slice.length;
      body.push(slice);
      return missing === 0 ? finish(open) : undefined;
    },
  };
}

/** Groups a body's pieces into slices of at most 64 KiB each, without copying. */
export function sliceBody(pieces: readonly Bytes[]): Bytes[][] {
  const slices: Bytes[][] = [];
  let current: Bytes[] = [];
  let room = sliceBytes;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + room);
      current.push(part);
      at += part.length;
      room -= part.length;
      if (room === 0) {
        slices.push(current);
        current = [];
        room = sliceBytes;
      }
    }
  }
  if (current.length > 0) slices.push(current);
  return slices;
}
