// Load on a cluster: entries with ids that no two share, in bursts and pauses, each handed to one validator. What was
// accepted must be ordered, once.

import { type Bytes, fromUtf8 } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type { NodeQueues } from './checkers/node-queues.ts';
import type { OrderWitness } from './checkers/order-witness.ts';
import type { World } from './world.ts';

export type SubmitOutcome = 'accepted' | 'refused';

export interface SimNode {
  /** `done` may never be called: the process may die. `accepted` is a promise all the same. */
  submit(entry: Bytes, done: (outcome: SubmitOutcome) => void): void;
  queues(): NodeQueues;
}

export interface LoadTargets {
  /** between two bursts, one of these */
  readonly pauseMs: readonly number[];
  readonly nodes: () => ReadonlyMap<number, SimNode>;
  /** whose word `accepted` counts */
  readonly trusted: (index: number) => boolean;
}

/** A validator that refuses for now is asked again. */
const askAgainMs = 500;

export class Load {
  readonly #world: World;
  readonly #targets: LoadTargets;
  readonly #random: Random;
  readonly #accepted = new Set<string>();
  readonly #asking = new Set<number>();
  #next = 1;
  #running = 0;

  constructor(world: World, targets: LoadTargets) {
    this.#world = world;
    this.#targets = targets;
    this.#random = world.random.workload;
  }

  start(): void {
    this.#running++;
    this.#burst(this.#running);
  }

  stop(): void {
    this.#running++;
  }

  /** Entries to every trusted validator until it has accepted one. */
  askAll(indices: readonly number[]): void {
    this.#asking.clear();
    for (const index of indices) {
      if (!this.#targets.trusted(index)) continue;
      this.#asking.add(index);
      this.#askAgain(index);
    }
  }

  /** @returns who accepts nothing, or which accepted entry has not been ordered yet, as a sentence */
  waiting(order: OrderWitness): string | undefined {
    for (const index of this.#asking) return `v${index + 1} accepts nothing`;
    for (const entry of this.#accepted) {
      if (!order.has(entry)) return `the accepted entry ${entry} is not ordered`;
      this.#accepted.delete(entry);
    }
    return undefined;
  }

  #askAgain(index: number): void {
    if (!this.#asking.has(index)) return;
    this.#submit(index, () => this.#asking.delete(index));
    this.#world.after(askAgainMs, () => this.#askAgain(index));
  }

  #burst(run: number): void {
    if (run !== this.#running) return;
    const random = this.#random;
    const count = random.pick([1, 1, 3, 20, 60]);
    const gapMs = random.pick([0.1, 1, 10, 100]);
    for (let i = 0; i < count; i++) this.#world.after(i * gapMs, () => this.#submitAnywhere(run));
    this.#world.after(count * gapMs + random.pick(this.#targets.pauseMs), () => this.#burst(run));
  }

  #submitAnywhere(run: number): void {
    const running = [...this.#targets.nodes().keys()];
    if (run === this.#running && running.length > 0) this.#submit(this.#random.pick(running));
  }

  #submit(index: number, accepted?: () => void): void {
    const entry = `entry ${this.#next++} at v${index + 1} ${'.'.repeat(this.#random.below(200))}`;
    this.#targets
      .nodes()
      .get(index)
      ?.submit(fromUtf8(entry), (outcome) => {
        if (outcome !== 'accepted') return;
        if (this.#targets.trusted(index)) this.#accepted.add(entry);
        accepted?.();
      });
  }
}
