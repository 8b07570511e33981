// One client of a run: one stream to one validator, the next validator when that one dies. It sends its slots when they
// are due and the node gives credit, in order. A frame that was answered is never sent again: its notices are asked for
// at the next validator (Watch). A frame that nobody answered was accepted by nobody that could tell, so it is sent to
// the next validator with the same bytes, and its latency still counts from when it was due. What nodes say of the frames
// under way is taken in by flights.ts.

import { errorRow } from '../../lib/errors.ts';
import type { Fault } from '../../net/gateway/protocol.ts';
import { type OpenStreamSocket, StreamClient } from '../../sdk/index.ts';
import { Flight, type FlightEvents } from './flight.ts';
import { Flights } from './flights.ts';
import {
  answerTimeoutMs,
  framesPerTurn,
  maxFramesInFlight,
  maxSends,
  maxUnflushedFrames,
  reconnectMs,
} from './limits.ts';
import type { Schedule } from './plan.ts';
import type { BufferPool } from './submit-buffer.ts';
import type { Workload } from './workload.ts';

/** Beside the codes of lib/errors.ts: why a command was refused without any node saying so. */
export const ownCode = { notSent: -1, unanswered: -2 } as const;

/** msgpack's head of a Submit */
const headBytes = 32;

export interface LoadClientOptions {
  readonly index: number;
  readonly clients: number;
  readonly schedule: Schedule;
  readonly workload: Workload;
  readonly pool: BufferPool;
  /** stream URLs of the validators */
  readonly urls: readonly string[];
  readonly chain: string;
}

export interface LoadClientWorld {
  readonly openSocket: OpenStreamSocket;
  /** milliseconds since the start of the schedule; negative before it */
  now(): number;
  after(ms: number, action: () => void): void;
}

export interface LoadClientEvents extends FlightEvents {
  /** a stream stands: the first one, or another */
  connected(height: number): void;
  disconnected(reason: string): void;
  sent(slot: number, resent: boolean): void;
}

export class LoadClient {
  readonly #options: LoadClientOptions;
  readonly #world: LoadClientWorld;
  readonly #events: LoadClientEvents;
  readonly #flights: Flights;
  /** frames that nobody answered, to be sent again */
  #resends: Flight[] = [];
  #nextSlot: number;
  #unflushed = 0;
  #stream: StreamClient | undefined;
  #open = false;
  #target: number;
  #failures = 0;
  #ended = false;
  readonly #offered = { measured: 0, warmUp: 0 };

  constructor(options: LoadClientOptions, world: LoadClientWorld, events: LoadClientEvents) {
    this.#options = options;
    this.#world = world;
    this.#events = events;
    this.#flights = new Flights(events);
    this.#nextSlot = options.index;
    this.#target = options.index % options.urls.length;
  }

  /** Frames that hold entries which are neither committed nor refused. */
  get openFlights(): Iterable<Flight> {
    return this.#flights.all;
  }

  /** Nothing left to send and nothing left to learn. */
  get settled(): boolean {
    return this.sentAll && this.#flights.size === 0;
  }

  get sentAll(): boolean {
    return this.#nextSlot >= this.#options.schedule.slots && this.#resends.length === 0;
  }

  /** Entries that were sent, or that were due and never could be. */
  get offered(): { readonly measured: number; readonly warmUp: number } {
    return this.#offered;
  }

  connect(): void {
    const { urls, chain } = this.#options;
    const url = urls[this.#target] as string;
    this.#stream = new StreamClient(
      { url, chain },
      {
        opened: (opened) => this.#opened(opened.height),
        answer: (answer) => this.#flights.answered(answer),
        notice: (notice) => {
          this.#flights.noticed(notice);
          this.pump();
        },
        fault: (fault) => this.#faulted(fault),
        credit: () => this.pump(),
        closed: (reason) => this.#closed(reason),
      },
      this.#world.openSocket,
    );
  }

  /** When the next slot is due; undefined while something else must happen first (credit, notices, a stream). */
  nextDueMs(): number | undefined {
    if (this.#nextSlot >= this.#options.schedule.slots || !this.#maySend()) return undefined;
    return this.#options.schedule.dueMs(this.#nextSlot);
  }

  /** Sends what is due, as far as credit and bounds allow. */
  pump(): void {
    const { schedule, clients } = this.#options;
    for (let turn = 0; turn < framesPerTurn && this.#maySend(); turn++) {
      const again = this.#resends.shift();
      if (again !== undefined) {
        this.#send(again.slot, again.sends + 1);
        continue;
      }
      if (this.#nextSlot >= schedule.slots || schedule.dueMs(this.#nextSlot) > this.#world.now()) return;
      this.#send(this.#nextSlot, 1);
      this.#offer(this.#nextSlot);
      this.#nextSlot += clients;
    }
  }

  /** Gives up a stream that answers nothing. */
  check(): void {
    const oldest = this.#flights.oldestUnanswered();
    if (!this.#open || oldest === undefined) return;
    if (this.#world.now() - oldest.sentAt > answerTimeoutMs) this.#stream?.abandon('no answer');
  }

  /** What was not sent by now never will be; what is not due yet is not part of the run any more. */
  stopSending(): void {
    const { schedule, clients } = this.#options;
    for (; this.#nextSlot < schedule.slots; this.#nextSlot += clients) {
      if (schedule.dueMs(this.#nextSlot) > this.#world.now()) continue;
      this.#offer(this.#nextSlot);
      this.#events.refused(this.#nextSlot, schedule.countOf(this.#nextSlot), ownCode.notSent, false);
    }
    for (const { slot } of this.#resends) this.#events.refused(slot, schedule.countOf(slot), ownCode.unanswered, false);
    this.#resends = [];
  }

  /** Forgets what became final by other ways than notices. */
  sweep(): void {
    this.#flights.sweep();
  }

  /** No more frames either way; entries that nobody answered count as refused. */
  end(): void {
    this.stopSending();
    this.#flights.refuseUnaccepted(ownCode.unanswered);
    this.#ended = true;
    this.#stream?.close('load is done');
  }

  #offer(slot: number): void {
    const { schedule } = this.#options;
    this.#offered[schedule.isWarmUp(slot) ? 'warmUp' : 'measured'] += schedule.countOf(slot);
  }

  #maySend(): boolean {
    const stream = this.#stream;
    const { workload, schedule } = this.#options;
    if (!this.#open || stream === undefined || stream.credit < workload.slotBytes + headBytes) return false;
    if (this.#flights.size >= maxFramesInFlight || this.#unflushed >= maxUnflushedFrames) return false;
    return (
      workload.maxEntriesInFlight === undefined || this.#flights.entries + schedule.run <= workload.maxEntriesInFlight
    );
  }

  #send(slot: number, sends: number): void {
    const { schedule, workload, pool } = this.#options;
    const firstEntry = schedule.firstOf(slot);
    const count = schedule.countOf(slot);
    const buffer = pool.take();
    const length = workload.write(buffer, firstEntry, count);
    const frame = this.#flights.begin(new Flight({ slot, firstEntry, count, sends, sentAt: this.#world.now() }));
    this.#unflushed++;
    this.#stream?.submit(buffer.seal(frame, workload.kind, count, length), () => {
      this.#unflushed--;
      pool.give(buffer);
    });
    this.#events.sent(slot, sends > 1);
  }

  #opened(height: number): void {
    this.#open = true;
    this.#failures = 0;
    this.#events.connected(height);
    for (const watch of this.#flights.watches()) this.#stream?.watch(watch);
    this.pump();
  }

  #faulted(fault: Fault): void {
    if (isElsewhere(fault.code) && this.#flights.mayGoElsewhere(fault.frame)) this.#stream?.abandon(fault.detail);
    else this.#flights.faulted(fault);
  }

  #closed(reason: string): void {
    const opened = this.#open;
    this.#open = false;
    this.#stream = undefined;
    if (this.#ended) return;
    this.#events.disconnected(reason);
    for (const flight of this.#flights.takeUnanswered()) {
      if (flight.sends < maxSends) this.#resends.push(flight);
      else flight.refuseUnaccepted(ownCode.unanswered, this.#events);
    }
    this.#resends.sort((a, b) => a.slot - b.slot);
    this.#target = (this.#target + 1) % this.#options.urls.length;
    this.#world.after(opened ? reconnectMs.first : this.#backOff(), () => {
      if (!this.#ended) this.connect();
    });
  }

  #backOff(): number {
    const rounds = Math.floor(this.#failures++ / this.#options.urls.length);
    return Math.min(reconnectMs.first * 2 ** rounds, reconnectMs.longest);
  }
}

/** The node takes nothing now (it starts, drains, or is fenced): another validator may. */
function isElsewhere(code: number): boolean {
  return code === errorRow('not-ready').code;
}
