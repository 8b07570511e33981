// The outbound gate: the one way for frames and replies out of this process (D1, D1b). A frame rests on the journal
// positions of its stamp and leaves when all of them are durable. Frames of one outlet leave in the order in which they
// were emitted, so one that may go at once still waits behind one that may not.

import type { Bytes } from '../lib/bytes.ts';
import type { GateReport } from './actor-system.ts';
import { Fifo } from './fifo.ts';
import type { ActorLimits } from './limits.ts';
import type { Outlet, Position, TurnLog } from './ports.ts';
import { nothing, type Stamp } from './stamp.ts';

interface GateJournal {
  readonly log: TurnLog;
  /** the highest position that the journal was asked for */
  requested: number;
  /** outlets whose first frame waits for this journal */
  waiting: Queue[];
  retired: boolean;
}

interface Queue {
  readonly outlet: Outlet;
  readonly frames: Fifo<WaitingFrame>;
  bytes: number;
}

interface WaitingFrame {
  readonly frame: readonly Bytes[];
  readonly stamp: Stamp;
  readonly bytes: number;
}

export class Gate {
  readonly #limits: ActorLimits;
  readonly #journals: GateJournal[] = [];
  readonly #queues = new Map<Outlet, Queue>();
  #closed = false;
  #waitingFrames = 0;
  #waitingBytes = 0;
  #abandoned = 0;

  constructor(limits: ActorLimits) {
    this.#limits = limits;
  }

  /** @returns the journal's index in stamps */
  addJournal(log: TurnLog): number {
    const journal: GateJournal = { log, requested: nothing, waiting: [], retired: false };
    this.#journals.push(journal);
    log.onDurable(() => this.#drainJournal(journal));
    return this.#journals.length - 1;
  }

  /** What waits for the journal, beyond what it made durable, can never leave. */
  retireJournal(index: number): void {
    const journal = this.#journals[index] as GateJournal;
    journal.retired = true;
    this.#drainJournal(journal);
  }

  emit(outlet: Outlet, frame: readonly Bytes[], stamp: Stamp): void {
    if (this.#closed) return;
    let queue = this.#queues.get(outlet);
    if (queue === undefined) {
      if (this.#firstMissing(stamp) === nothing) {
        outlet.write(frame);
        return;
      }
      queue = { outlet, frames: new Fifo(), bytes: 0 };
      this.#queues.set(outlet, queue);
    }
    this.#enqueue(queue, frame, stamp);
  }

  /** Nothing leaves from here on. */
  close(): void {
    this.#closed = true;
    this.#queues.clear();
    for (const journal of this.#journals) journal.waiting = [];
  }

  report(): GateReport {
    return {
      waitingFrames: this.#waitingFrames,
      waitingBytes: this.#waitingBytes,
      waitingOutlets: this.#queues.size,
      abandonedOutlets: this.#abandoned,
    };
  }

  #enqueue(queue: Queue, frame: readonly Bytes[], stamp: Stamp): void {
    let bytes = 0;
    for (const part of frame) bytes += part.length;
    queue.frames.push({ frame, stamp, bytes });
    queue.bytes += bytes;
    this.#waitingFrames++;
    this.#waitingBytes += bytes;
    if (queue.frames.length > this.#limits.gateFramesPerOutlet || this.#waitingBytes > this.#limits.gateBytes) {
      this.#abandon(queue, 'too much waits for a sync');
      return;
    }
    if (queue.frames.length === 1) this.#wait(queue, stamp);
    this.#request(stamp);
  }

  /** Registers the queue with the first journal that its first frame waits for. */
  #wait(queue: Queue, stamp: Stamp): void {
    const journal = this.#journals[this.#firstMissing(stamp)];
    if (journal === undefined) return; // emitted while this very outlet is being drained, which goes on to this frame
    if (journal.retired) this.#abandon(queue, 'what it waits for can no longer become durable');
    else journal.waiting.push(queue);
  }

  /** Keeps the journal from letting a lazy group linger that a frame waits for (D6). */
  #request(stamp: Stamp): void {
    for (let i = 0; i < stamp.length; i++) {
      const journal = this.#journals[i] as GateJournal;
      const position = stamp[i] as Position;
      if (position > journal.log.durable && position > journal.requested && !journal.retired) {
        journal.requested = position;
        journal.log.request(position);
      }
    }
  }

  #firstMissing(stamp: Stamp): number {
    for (let i = 0; i < stamp.length; i++) {
      if ((stamp[i] as number) > (this.#journals[i] as GateJournal).log.durable) return i;
    }
    return nothing;
  }

  #drainJournal(journal: GateJournal): void {
    if (journal.waiting.length === 0) return;
    const waiting = journal.waiting;
    journal.waiting = [];
    for (const queue of waiting) this.#drain(queue);
  }

  #drain(queue: Queue): void {
    for (let next = queue.frames.peek(); next !== undefined && !this.#closed; next = queue.frames.peek()) {
      if (this.#firstMissing(next.stamp) !== nothing) {
        this.#wait(queue, next.stamp);
        return;
      }
      queue.frames.shift();
      queue.bytes -= next.bytes;
      this.#waitingFrames--;
      this.#waitingBytes -= next.bytes;
      queue.outlet.write(next.frame);
    }
    if (this.#queues.get(queue.outlet) === queue) this.#queues.delete(queue.outlet);
  }

  #abandon(queue: Queue, reason: string): void {
    this.#waitingFrames -= queue.frames.length;
    this.#waitingBytes -= queue.bytes;
    queue.frames.clear();
    queue.bytes = 0;
    this.#queues.delete(queue.outlet);
    this.#abandoned++;
    queue.outlet.abandon?.(reason);
  }
}
