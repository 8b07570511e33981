// What actors need from the rest of the world. Drivers fill these ports; the simulator fills them with fakes.

import type { Bytes } from '../lib/bytes.ts';
import type { Brand, Ms } from '../lib/units.ts';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** monotonic; timers and deadlines use it */
  now(): Ms;
  /** milliseconds since 1970 by the machine's clock, which may jump; only block times and expiry use it */
  wallMs(): number;
  /** calls `fire` once, at or after `delayMs` from now */
  after(delayMs: Ms, fire: () => void): Timer;
  /** calls `run` once, as soon as the inputs that have already arrived are handled */
  soon(run: () => void): void;
  /** calls `run` once, when the code that runs now has returned and before any other input is handled */
  next(run: () => void): void;
}

/** A place in a journal. Durable means: every record at or before it survives a crash. */
export type Position = Brand<number, 'Position'>;

/** The journal as actors see it. One per storage shard. */
export interface TurnLog {
  /**
   * Appends at once; becomes durable with a later group.
   * @param parts the record's body in pieces, which must not change until it is durable
   * @param lazy may wait for a record that gates something (rule D6)
   */
  append(kind: number, parts: readonly Bytes[], lazy?: boolean): Position;
  /** Someone waits for `position`: do not let it linger in a lazy group. */
  request(position: Position): void;
  readonly appended: Position;
  readonly durable: Position;
  /** called after every sync; several listeners may register */
  onDurable(listener: (durable: Position) => void): void;
  /** Called once, when a write or sync failed: nothing becomes durable after it, and the actor system stops the process. */
  onFailed?(listener: (reason: string) => void): void;
}

/**
 * A destination outside this process: a peer's link or a client's connection.
 * Frames reach it through the outbound gate only, in the order in which they were emitted.
 */
export interface Outlet {
  readonly id: string;
  /** Takes one frame in pieces; a closed outlet drops it, and its owner hears of the closing by message. */
  write(frame: readonly Bytes[]): void;
  /**
   * The gate dropped frames of this outlet because too much waited for a sync: end the connection, so that the other side
   * sees a break and not a gap. Where it is missing the frames are only counted as dropped.
   */
  abandon?(reason: string): void;
}
