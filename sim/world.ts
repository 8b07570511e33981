// A world in which everything is decided by one seed: one queue of events, one instant, one stream of randomness per
// concern (so that one more draw in the network does not shift the disks), and the trace of what happened.

import { type Random, seededRandom } from '../lib/random.ts';
import { EventHeap, type ScheduledEvent } from './heap.ts';
import { maxEventsPerInstant } from './limits.ts';
import { Trace } from './trace.ts';

interface RandomStreams {
  readonly network: Random;
  readonly disk: Random;
  readonly workload: Random;
  /** which faults fall, when, and on whom */
  readonly faults: Random;
  /** what Byzantine validators do */
  readonly protocol: Random;
}

/** What a checker found broken. The first one ends the run. */
export interface Violation {
  readonly invariant: string;
  readonly detail: string;
  readonly atMs: number;
}

export class World {
  readonly seed: number;
  readonly random: RandomStreams;
  readonly trace = new Trace();
  readonly violations: Violation[] = [];
  #heap = new EventHeap();
  #nowUs = 0;
  #events = 0;
  #log: ((line: string) => void) | undefined;

  /** @param log receives a line per noteworthy event; it must not change anything in the world */
  constructor(seed: number, log?: (line: string) => void) {
    this.seed = seed;
    this.#log = log;
    const root = seededRandom(seed);
    this.random = {
      network: root.fork('network'),
      disk: root.fork('disk'),
      workload: root.fork('workload'),
      faults: root.fork('faults'),
      protocol: root.fork('protocol'),
    };
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  get nowMs(): number {
    return this.#nowUs / 1000;
  }

  /** events that have happened */
  get events(): number {
    return this.#events;
  }

  get pendingEvents(): number {
    return this.#heap.size;
  }

  after(delayMs: number, run: () => void): ScheduledEvent {
    return this.#heap.push(this.#nowUs + Math.max(0, Math.round(delayMs * 1000)), run);
  }

  cancel(event: ScheduledEvent): void {
    this.#heap.cancel(event);
  }

  /** Runs until `untilMs`, until nothing is left to happen, until `done` says so, or until an invariant is broken. */
  run(untilMs: number, done?: () => boolean): void {
    const untilUs = Math.round(untilMs * 1000);
    let sameInstant = 0;
    for (;;) {
      const atUs = this.#heap.nextAtUs();
      if (atUs === undefined || atUs > untilUs) break;
      sameInstant = atUs === this.#nowUs ? sameInstant + 1 : 0;
      if (sameInstant > maxEventsPerInstant) return this.violated('time goes on', 'too many events in one instant');
      this.#nowUs = atUs;
      this.#events++;
      this.#heap.pop().run();
      if (this.violations.length > 0 || done?.()) return;
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs);
  }

  violated(invariant: string, detail: string): void {
    this.violations.push({ invariant, detail, atMs: this.nowMs });
    this.log(() => `VIOLATED ${invariant}: ${detail}`);
  }

  /** whether anybody reads the log */
  get logs(): boolean {
    return this.#log !== undefined;
  }

  log(line: () => string): void {
    if (this.#log !== undefined) this.#log(`${this.nowMs.toFixed(3).padStart(12)} ${line()}`);
  }
}
