// Faults: which kinds there are, and a plan that deals them like cards, so that each falls before any falls again.
// Everything it chooses comes from the seed; what each kind does stands in strikes/.

import type { Random } from '../lib/random.ts';
import * as disks from './strikes/disks.ts';
import * as machines from './strikes/hosts.ts';
import * as network from './strikes/network.ts';
import type { FaultTargets, Scene, Strike } from './strikes/strike.ts';
import * as validators from './strikes/validators.ts';
import { traced } from './trace.ts';

export const faultKinds = [
  'delay',
  'disconnect',
  'duplicate',
  'reorder',
  'one-way',
  'partition',
  'crash',
  'pause',
  'torn-write',
  'lost-write',
  'bit-rot',
  'slow-sync',
  'failed-sync',
  'clock',
  'byzantine',
  'asymmetric-partition',
  'flapping-partition',
  'restart-storm',
  'full-disk',
  'stale-disk',
  'wiped-disk',
  'twins',
] as const;

export type FaultKind = (typeof faultKinds)[number];

const strikes: Readonly<Record<FaultKind, Strike>> = {
  delay: network.slowMessages,
  disconnect: network.brokenConnections,
  duplicate: network.doubledMessages,
  reorder: network.lateMessages,
  'one-way': network.oneWay,
  partition: network.partition,
  crash: machines.crash,
  pause: machines.pause,
  'torn-write': disks.tornWrite,
  'lost-write': disks.lostWrite,
  'bit-rot': disks.bitRot,
  'slow-sync': disks.slowSync,
  'failed-sync': disks.failedSync,
  clock: machines.wrongClock,
  byzantine: validators.misbehave,
  'asymmetric-partition': network.asymmetricPartition,
  'flapping-partition': network.flappingPartition,
  'restart-storm': machines.restartStorm,
  'full-disk': disks.fullDisk,
  'stale-disk': validators.staleDisk,
  'wiped-disk': validators.wipedDisk,
  twins: validators.twins,
};

const needsNetwork = (kind: FaultKind): boolean => Object.values<Strike>(network).includes(strikes[kind]);

/** Kinds that a validator does not come back from. They fall on the sacrificed ones only. */
export const costlyKinds: ReadonlySet<FaultKind> = new Set([
  'bit-rot',
  'byzantine',
  'stale-disk',
  'wiped-disk',
  'twins',
]);

/** One kind is thirty behaviours. */
const cardsOf = (kind: FaultKind): readonly FaultKind[] =>
  kind === 'byzantine' ? Array<FaultKind>(4).fill(kind) : [kind];

export interface FaultPlanOptions {
  readonly kinds: readonly FaultKind[];
  /** time between two faults */
  readonly everyMs: readonly [number, number];
  /** the instant of the world before which nothing rots */
  readonly rotFromMs: number;
}

export class FaultPlan {
  readonly counts: Partial<Record<FaultKind, number>> = {};
  #scene: Scene;
  #options: FaultPlanOptions;
  #random: Random;
  #deck: FaultKind[] = [];
  /** undoes what is in force now */
  #active = new Set<() => void>();
  #running = false;
  /** goes up when the world heals: what was to come later then comes no more */
  #spell = 0;

  constructor(targets: FaultTargets, options: FaultPlanOptions) {
    this.#random = targets.world.random.faults;
    this.#scene = {
      ...targets,
      random: this.#random,
      rotFromMs: options.rotFromMs,
      until: (ms, undo) => this.#until(ms, undo),
      later: (ms, run) => this.#later(ms, run),
      struck: (kind) => this.#struck(kind),
    };
    this.#options = { ...options, kinds: options.kinds.filter((kind) => isPossible(kind, targets)) };
  }

  start(): void {
    this.#running = true;
    if (this.#options.kinds.length > 0) this.#scheduleNext();
  }

  /** No more faults; those in force end, every host that is not retired runs again and all clocks are right. */
  heal(): void {
    this.#running = false;
    this.#spell++;
    const { world, hosts } = this.#scene;
    world.log(() => 'healed');
    for (const undo of [...this.#active]) undo();
    for (const host of hosts) {
      host.disk.failingSyncs = 0;
      host.disk.onWriteBegun = undefined;
      host.startAfter(this.#random.between(1, 500));
    }
  }

  #struck(kind: FaultKind): void {
    const { world } = this.#scene;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    world.log(() => `fault: ${kind}`);
    world.trace.add(traced.fault, faultKinds.indexOf(kind), world.nowUs, 0);
  }

  #scheduleNext(): void {
    const [low, high] = this.#options.everyMs;
    this.#later(this.#random.between(low, high), () => {
      if (!this.#running) return;
      if (this.#deck.length === 0) this.#deck = this.#random.shuffle(this.#options.kinds.flatMap(cardsOf));
      const kind = this.#deck.pop() as FaultKind;
      // what found nothing to strike comes again with the next deck
      if (strikes[kind](this.#scene)) this.#struck(kind);
      this.#scheduleNext();
    });
  }

  #until(ms: number, undo: () => void): void {
    const once = (): void => {
      if (this.#active.delete(once)) undo();
    };
    this.#active.add(once);
    this.#scene.world.after(ms, once);
  }

  #later(ms: number, run: () => void): void {
    const spell = this.#spell;
    this.#scene.world.after(ms, () => {
      if (spell === this.#spell) run();
    });
  }
}

function isPossible(kind: FaultKind, { network, hosts, sacrificed, misbehave, twins }: FaultTargets): boolean {
  if (needsNetwork(kind)) return network !== undefined && hosts.length > 1;
  if (kind === 'byzantine' && misbehave === undefined) return false;
  if (kind === 'twins' && twins === undefined) return false;
  return !costlyKinds.has(kind) || sacrificed.length > 0;
}
