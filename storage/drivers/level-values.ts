// What both store adapters share: bytes to the engines' buffers and back, their errors as faults, and a close that waits
// for the operations under way (both engines crash the process otherwise).

import type { Bytes } from '../../lib/bytes.ts';
import type { DiskFault, Done } from '../ports.ts';

export function toBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function toBytes(buffer: Uint8Array): Bytes {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

export function storeFault(error: unknown): DiskFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/lock/i.test(message)) return { code: 'locked', message };
  if (/no space|disk full|quota/i.test(message)) return { code: 'no-space', message };
  if (/permission|read-only/i.test(message)) return { code: 'denied', message };
  return { code: 'io', message };
}

/** Counts what is under way, refuses what comes after the close, and closes when the last one has answered. */
export class Pending {
  private count = 0;
  private closing: (() => void) | undefined;

  /** @returns the answer to give when the operation has ended, or undefined when the store is closed */
  begin<T>(done: Done<T>): Done<T> | undefined {
    if (this.closing) {
      setImmediate(() => done({ code: 'io', message: 'the store is closed' }, undefined as T));
      return undefined;
    }
    this.count++;
    return (error, value) => {
      this.count--;
      done(error, value);
      if (this.count === 0) this.closing?.();
    };
  }

  close(shut: () => void): void {
    let shutOnce: (() => void) | undefined = shut;
    this.closing = () => {
      const run = shutOnce;
      shutOnce = undefined;
      run?.();
    };
    if (this.count === 0) this.closing();
  }
}
