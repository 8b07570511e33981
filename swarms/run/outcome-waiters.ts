// Who waits at an agent to be told how an instance ended: until it has, there is none, or the time is over.

import type { Clock, Timer } from '../../actors/index.ts';
import { PskyError } from '../../lib/errors.ts';
import type { Ms } from '../../lib/units.ts';
import { maxWaiters } from './limits.ts';
import type { Outcome } from './outcome.ts';

interface Waiter {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (fault: unknown) => void;
  readonly timer: Timer;
}

export class OutcomeWaiters {
  readonly #clock: Clock;
  readonly #byInstance = new Map<string, Set<Waiter>>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get full(): boolean {
    return this.#count >= maxWaiters;
  }

  wait(id: string, within: Ms): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const late = new PskyError('swarm-outcome-open', `'${id}', ${Math.round(within / 1000)} s.`);
      const timer = this.#clock.after(within, () => this.#leave(id, waiter, () => reject(late)));
      const waiter: Waiter = { resolve, reject, timer };
      this.#count++;
      this.#byInstance.set(id, (this.#byInstance.get(id) ?? new Set()).add(waiter));
    });
  }

  /** @param outcome undefined where there is no such instance; what keeps it from being read is told, too */
  async tell(id: string, outcome: Promise<Outcome> | undefined): Promise<void> {
    const waiters = [...(this.#byInstance.get(id) ?? [])];
    try {
      const found = await outcome;
      if (found === undefined) throw new PskyError('swarm-instance-unknown', `'${id}'.`);
      for (const waiter of waiters) this.#leave(id, waiter, () => waiter.resolve(found));
    } catch (error) {
      for (const waiter of waiters) this.#leave(id, waiter, () => waiter.reject(error));
    }
  }

  #leave(id: string, waiter: Waiter, tell: () => void): void {
    const waiters = this.#byInstance.get(id);
    if (waiters?.delete(waiter) !== true) return;
    if (waiters.size === 0) this.#byInstance.delete(id);
    this.#count--;
    waiter.timer.cancel();
    tell();
  }
}
