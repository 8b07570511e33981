// A simulated computer: a clock that may be wrong, and at most one process at a time. What a process asked for dies
// with it; what it asked for while paused happens when it goes on.

import type { Clock, Timer } from '../actors/ports.ts';
import { assert } from '../lib/assert.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import type { ScheduledEvent } from './heap.ts';
import { traced } from './trace.ts';
import type { World } from './world.ts';

/** 2026-01-01T00:00:00Z: the wall clock of every world begins here. */
const epochMs = 1_767_225_600_000;
/** What handling one wake-up costs; inputs that arrive meanwhile share the turn. */
const turnCostMs = 0.02;

export class Machine {
  readonly world: World;
  /** small number by which the trace names this machine */
  readonly index: number;
  readonly name: string;
  /** speed of its monotonic clock; 1.001 gains 1 ms per second */
  #rate = 1;
  #baseMs = 0;
  #rateSinceUs = 0;
  /** how far its wall clock is off */
  wallOffsetMs = 0;
  #process: SimProcess | undefined;

  constructor(world: World, index: number, name: string) {
    this.world = world;
    this.index = index;
    this.name = name;
  }

  get process(): SimProcess | undefined {
    return this.#process;
  }

  monotonicMs(): number {
    return this.#baseMs + ((this.world.nowUs - this.#rateSinceUs) / 1000) * this.#rate;
  }

  wallMs(): number {
    return Math.floor(epochMs + this.monotonicMs() + this.wallOffsetMs);
  }

  get clockRate(): number {
    return this.#rate;
  }

  setClockRate(rate: number): void {
    assert(rate > 0, 'a clock goes forward');
    this.#baseMs = this.monotonicMs();
    this.#rateSinceUs = this.world.nowUs;
    this.#rate = rate;
  }

  startProcess(): SimProcess {
    assert(this.#process === undefined, 'a machine runs one process at a time');
    this.#process = new SimProcess(this);
    return this.#process;
  }

  /** The process is gone between two instructions. What it leaves on disk is for the disk to decide. */
  end(death: Death): void {
    this.#process?.die(death);
    this.#process = undefined;
  }
}

/** `killed`: the machine goes on, closes its sockets and keeps its page cache. `power-cut`: nobody says goodbye. */
export type Death = 'killed' | 'power-cut';

/** One life of a process on a machine. */
export class SimProcess {
  readonly machine: Machine;
  readonly clock: Clock;
  #alive = true;
  #paused = false;
  #deferred: (() => void)[] = [];
  #onDeath: ((death: Death) => void)[] = [];
  #beforeStep: (() => void) | undefined;

  constructor(machine: Machine) {
    this.machine = machine;
    this.clock = this.#clock();
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Something reaches this process: at once, after its pause, or never. */
  deliver(run: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) {
      this.#deferred.push(run);
      return;
    }
    this.#beforeStep?.();
    if (this.#alive) this.#guard(run);
  }

  /** `run` happens before each step from now on, and may end the process there; one such wish at a time. */
  beforeStep(run: () => void): void {
    this.#beforeStep = run;
  }

  /** What a program throws past its own supervision is its bug, and ends the run as one. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.machine.world.violated('no program fails by itself', `${this.machine.name}: ${detail}`);
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const waiting = this.#deferred;
    this.#deferred = [];
    for (const run of waiting) this.machine.world.after(0, () => this.deliver(run));
  }

  onDeath(run: (death: Death) => void): void {
    this.#onDeath.push(run);
  }

  die(death: Death): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#deferred = [];
    for (const run of this.#onDeath) run(death);
  }

  #clock(): Clock {
    const { world, index } = this.machine;
    const schedule = (delayMs: number, fire: () => void): ScheduledEvent =>
      // a microsecond late, so that no rounding lets a timer find that its time has not come
      world.after(delayMs / this.machine.clockRate + 0.001, () =>
        this.deliver(() => {
          world.trace.add(traced.timer, index, world.nowUs, 0);
          fire();
        }),
      );
    return {
      now: () => milliseconds(this.machine.monotonicMs()),
      wallMs: () => this.machine.wallMs(),
      after: (delayMs: Ms, fire: () => void): Timer => {
        // a timer may have surfaced during a pause: cancelling must still work then
        let cancelled = false;
        const event = schedule(delayMs, () => {
          if (!cancelled) fire();
        });
        return {
          cancel: () => {
            cancelled = true;
            world.cancel(event);
          },
        };
      },
      soon: (run) => void schedule(turnCostMs, run),
      next: (run) => void schedule(0, run),
    };
  }
}
