// One Submit frame in one reusable buffer: entries are written in place, then the head is put right before them. The
// bytes are those of encodeClientFrame (net/gateway/stream-frames.ts); a test holds the two together.

import { assert } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';

/** array, kind of frame, number (5), kind of entries, count (3), head of the byte string (5) */
const headRoom = 16;
const tailRoom = 1;
const submitFrame = 2;

export class SubmitBuffer {
  readonly bytes: Buffer;
  /** where the first entry begins, with its length prefix */
  readonly entriesAt = headRoom;

  constructor(entriesBytes: number) {
    this.bytes = Buffer.alloc(headRoom + entriesBytes + tailRoom);
  }

  /** @returns the message; a view that changes with the buffer */
  seal(frame: number, kind: number, count: number, entriesBytes: number): Bytes {
    assert(frame <= 0xffffffff && kind < 0x80, 'numbers of frames stay below 2^32');
    const end = headRoom + entriesBytes;
    this.bytes[end] = 0xc0; // no traceparent
    let at = this.#binaryHead(headRoom, entriesBytes);
    at = this.#uint(at, count);
    this.bytes[--at] = kind;
    at = this.#uint(at, frame);
    this.bytes[--at] = submitFrame;
    this.bytes[--at] = 0x96; // array of six
    return this.bytes.subarray(at, end + tailRoom);
  }

  /** Writes so that the head ends at `end`. @returns where it begins */
  #binaryHead(end: number, length: number): number {
    if (length < 0x100) return this.#tagged(end, 0xc4, 1, length);
    if (length < 0x10000) return this.#tagged(end, 0xc5, 2, length);
    return this.#tagged(end, 0xc6, 4, length);
  }

  #uint(end: number, value: number): number {
    if (value < 0x80) {
      this.bytes[end - 1] = value;
      return end - 1;
    }
    if (value < 0x100) return this.#tagged(end, 0xcc, 1, value);
    if (value < 0x10000) return this.#tagged(end, 0xcd, 2, value);
    return this.#tagged(end, 0xce, 4, value);
  }

  #tagged(end: number, tag: number, width: number, value: number): number {
    this.bytes.writeUIntBE(value, end - width, width);
    this.bytes[end - width - 1] = tag;
    return end - width - 1;
  }
}

/** Buffers that wait for their next frame. */
export class BufferPool {
  readonly #entriesBytes: number;
  readonly #prepare: (buffer: SubmitBuffer) => void;
  readonly #free: SubmitBuffer[] = [];

  constructor(entriesBytes: number, prepare: (buffer: SubmitBuffer) => void) {
    this.#entriesBytes = entriesBytes;
    this.#prepare = prepare;
  }

  take(): SubmitBuffer {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const fresh = new SubmitBuffer(this.#entriesBytes);
    this.#prepare(fresh);
    return fresh;
  }

  give(buffer: SubmitBuffer): void {
    this.#free.push(buffer);
  }
}
