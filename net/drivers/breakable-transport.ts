// A transport behind a switch that makes its links long on purpose, for measuring real processes as if they stood far apart.
// Each node holds up what it receives, so where all nodes of a network have the same delay, it is the one-way time of every
// link. A message leaves the sender as ever: what is on the long wire counts as sent there, and waits here.

import type { Clock, Timer } from '../../actors/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { milliseconds } from '../../lib/units.ts';
import type { Channel, Connection, ConnectionEvents, NodeId, Transport } from '../ports.ts';
import { maxDelayedBytes } from './limits.ts';

export interface BreakableTransport {
  /** what is sound, until it is told otherwise */
  readonly transport: Transport;
  /** @param ms how much later everything comes that arrives from now on; 0: no later */
  delay(ms: number): void;
}

export function breakableTransport(sound: Transport, clock: Clock): BreakableTransport {
  let delayMs = 0;
  const lines = new Set<DelayLine>();
  const lineOf = (connection: Connection): DelayLine => {
    const line = new DelayLine(connection, clock, {
      delayMs: () => delayMs,
      ended: () => void lines.delete(line),
    });
    lines.add(line);
    return line;
  };
  return {
    transport: {
      listen(accept, done) {
        sound.listen((connection) => {
          const line = lineOf(connection);
          line.events = accept(line);
          if (line.events !== undefined) return line;
          lines.delete(line);
          return undefined;
        }, done);
      },
      dial(target, channel, done, events) {
        let line: DelayLine | undefined;
        sound.dial(
          target,
          channel,
          (fault, connection) => {
            line = connection === undefined ? undefined : lineOf(connection);
            if (line !== undefined) line.events = events;
            done(fault, line);
          },
          { message: (bytes) => line?.message(bytes), closed: (reason) => line?.closed(reason) },
        );
      },
      close() {
        for (const line of lines) line.drop();
        sound.close();
      },
    },
    delay(ms) {
      delayMs = ms;
    },
  };
}

interface Line {
  delayMs(): number;
  ended(): void;
}

type Arrived = { readonly bytes: Bytes } | { readonly closed: string };
type Waiting = Arrived & { readonly dueMs: number };

/** One connection: what arrives at it waits in a queue, its end too. */
class DelayLine implements Connection, ConnectionEvents {
  readonly peer: NodeId;
  readonly channel: Channel;
  events: ConnectionEvents | undefined;
  readonly #sound: Connection;
  readonly #clock: Clock;
  readonly #line: Line;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #timer: Timer | undefined;
  #delivering = false;
  #paused = false;
  /** the connection is not read because too much waits */
  #full = false;
  /** this side ended it: it hears nothing more but `closed` */
  #dropped = false;

  constructor(sound: Connection, clock: Clock, line: Line) {
    this.#sound = sound;
    this.#clock = clock;
    this.#line = line;
    this.peer = sound.peer;
    this.channel = sound.channel;
  }

  get bufferedBytes(): number {
    return this.#sound.bufferedBytes;
  }

  send(parts: readonly Bytes[]): void {
    this.#sound.send(parts);
  }

  pause(): void {
    this.#paused = true;
    this.#sound.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#full) this.#sound.resume();
    this.#deliver();
  }

  close(reason: string): void {
    this.drop();
    this.#sound.close(reason);
  }

  /** What waits never comes; only an end that waits comes at once. */
  drop(): void {
    const last = this.#waiting.at(-1);
    this.#dropped = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#timer?.cancel();
    if (last !== undefined && 'closed' in last) this.#clock.soon(() => this.#end(last.closed));
  }

  message(bytes: Bytes): void {
    if (this.#dropped) return;
    if (this.#waiting.length === 0 && this.#line.delayMs() === 0 && !this.#paused) {
      this.events?.message(bytes);
      return;
    }
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > maxDelayedBytes && !this.#full) {
      this.#full = true;
      this.#sound.pause();
    }
    this.#hold({ bytes });
  }

  closed(reason: string): void {
    if (this.#dropped) this.#end(reason);
    else this.#hold({ closed: reason });
  }

  /** Behind what came earlier, though the delay became shorter meanwhile. */
  #hold(arrived: Arrived): void {
    this.#waiting.push({ ...arrived, dueMs: this.#clock.now() + this.#line.delayMs() });
    if (this.#waiting.length === 1) this.#deliver();
  }

  /** Hands over what is due, and comes back for what is not. */
  #deliver(): void {
    if (this.#delivering) return; // whoever is on the stack goes on with it
    this.#delivering = true;
    this.#timer?.cancel();
    while (!this.#paused) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      const leftMs = first.dueMs - this.#clock.now();
      if (leftMs > 0) {
        this.#timer = this.#clock.after(milliseconds(leftMs), () => this.#deliver());
        break;
      }
      this.#waiting.shift();
      this.#handOver(first);
    }
    this.#delivering = false;
  }

  #handOver(waiting: Waiting): void {
    if ('closed' in waiting) return this.#end(waiting.closed);
    this.#waitingBytes -= waiting.bytes.length;
    if (this.#full && this.#waitingBytes <= maxDelayedBytes / 2) {
      this.#full = false;
      if (!this.#paused) this.#sound.resume();
    }
    this.events?.message(waiting.bytes);
  }

  #end(reason: string): void {
    this.#line.ended();
    this.events?.closed(reason);
  }
}
