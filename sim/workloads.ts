// Load on a cluster: entries with ids that no two share, in bursts and pauses, each handed to one validator. What was
// accepted must be ordered, once.

import type { Archive } from '../consensus/index.ts';
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
  /** undefined until the chain has opened */
  archive(): Archive | undefined;
}

export interface LoadTargets {
  /** between two bursts, one of these */
  readonly pauseMs: readonly number[];
  /** entries of up to 60 KB too, now and then more of them than a lane's window holds */
  readonly heavy: boolean;
  readonly nodes: () => ReadonlyMap<number, SimNode>;
  /** whose word `accepted` counts */
  readonly trusted: (index: number) => boolean;
}

/** At half of it on average, 10 MiB: a lane's window is 8 MiB. */
const maxPadding = 60_000;
const floodEntries = 350;

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
    this.#submit(index, 200, () => this.#asking.delete(index));
    this.#world.after(askAgainMs, () => this.#askAgain(index));
  }

  #burst(run: number): void {
    if (run !== this.#running) return;
    const random = this.#random;
    const { heavy } = this.#targets;
    const flood = heavy && random.chance(0.2);
    const count = flood ? floodEntries : random.pick([1, 1, 3, 20, 60]);
    const gapMs = flood ? 1 : random.pick([0.1, 1, 10, 100]);
    const padding = flood ? maxPadding : heavy ? random.pick([200, 4_000, maxPadding]) : 200;
    const lane = flood ? random.below(this.#targets.nodes().size) : undefined;
    for (let i = 0; i < count; i++) this.#world.after(i * gapMs, () => this.#submitAnywhere(run, { padding, lane }));
    this.#world.after(count * gapMs + random.pick(this.#targets.pauseMs), () => this.#burst(run));
  }

  #submitAnywhere(
    run: number,
    { padding, lane }: { readonly padding: number; readonly lane: number | undefined },
  ): void {
    const running = [...this.#targets.nodes().keys()];
    if (run !== this.#running || running.length === 0) return;
    this.#submit(running[lane ?? -1] ?? this.#random.pick(running), padding);
  }

  #submit(index: number, padding: number, accepted?: () => void): void {
    const entry = `entry ${this.#next++} at v${index + 1} ${'.'.repeat(this.#random.below(padding))}`;
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
