// Faults: which kinds there are, what each does to the hosts and the network, and how each is undone. A plan deals the
// kinds like cards, so that each falls before any falls again; everything it chooses comes from the seed.

import { assert, exhaustive } from '../lib/assert.ts';
import type { Random } from '../lib/random.ts';
import type { Host } from './host.ts';
import type { SimNetwork } from './network.ts';
import { traced } from './trace.ts';
import type { World } from './world.ts';

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
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Kinds that a validator does not come back from. They fall on the sacrificed ones only. */
const costly: ReadonlySet<FaultKind> = new Set(['bit-rot', 'byzantine']);

export interface FaultTargets {
  readonly world: World;
  readonly hosts: readonly Host[];
  /** absent where there is only one host */
  readonly network: SimNetwork | undefined;
  /** indices of at most f hosts on which all costly faults of the run fall */
  readonly sacrificed: readonly number[];
  /** makes a sacrificed validator misbehave for so long; absent where the program has no such thing */
  readonly misbehave?: (host: number, forMs: number) => void;
  /** files whose bytes may rot */
  readonly mayRot: (path: string) => boolean;
}

export interface FaultPlanOptions {
  readonly kinds: readonly FaultKind[];
  /** time between two faults */
  readonly everyMs: readonly [number, number];
  /** before this instant no disk rots: a validator that lost its data is fenced and lies to nobody any more */
  readonly rotFromMs: number;
}

export class FaultPlan {
  readonly counts: Partial<Record<FaultKind, number>> = {};
  #targets: FaultTargets;
  #options: FaultPlanOptions;
  #random: Random;
  #deck: FaultKind[] = [];
  /** undoes what is in force now */
  #active = new Set<() => void>();
  #running = false;

  constructor(targets: FaultTargets, options: FaultPlanOptions) {
    this.#targets = targets;
    this.#random = targets.world.random.faults;
    const possible = options.kinds.filter((kind) => isPossible(kind, targets));
    this.#options = { ...options, kinds: possible };
  }

  start(): void {
    this.#running = true;
    if (this.#options.kinds.length > 0) this.#scheduleNext();
  }

  /** No more faults; those in force end, every host that is not retired runs again and all clocks are right. */
  heal(): void {
    this.#running = false;
    const { world, hosts } = this.#targets;
    world.log(() => 'healed');
    for (const undo of [...this.#active]) undo();
    for (const host of hosts) {
      host.disk.failingSyncs = 0;
      host.disk.onWriteBegun = undefined;
      host.startAfter(this.#random.between(1, 500));
    }
  }

  /** One fault now. @returns false where the kind found nothing to strike */
  inject(kind: FaultKind): boolean {
    const { world } = this.#targets;
    const struck = this.#strike(kind);
    if (!struck) return false;
    this.#count(kind);
    world.log(() => `fault: ${kind}`);
    world.trace.add(traced.fault, faultKinds.indexOf(kind), world.nowUs, 0);
    return true;
  }

  #scheduleNext(): void {
    const [low, high] = this.#options.everyMs;
    this.#targets.world.after(this.#random.between(low, high), () => {
      if (!this.#running) return;
      if (this.#deck.length === 0) this.#deck = this.#random.shuffle(this.#options.kinds);
      const kind = this.#deck.pop() as FaultKind;
      // what found nothing to strike comes again with the next deck
      this.inject(kind);
      this.#scheduleNext();
    });
  }

  #strike(kind: FaultKind): boolean {
    const random = this.#random;
    switch (kind) {
      case 'delay':
        return this.#slowNetwork();
      case 'disconnect':
        return this.#flap();
      case 'duplicate':
        return this.#duplicate();
      case 'reorder':
        return this.#disconnectSome({ detectMs: [300, 1500], tailMs: [50, 500], echo: 0.3 });
      case 'one-way':
        return this.#cutOneWay();
      case 'partition':
        return this.#partition();
      case 'crash':
        return this.#crash();
      case 'pause':
        return this.#pause();
      case 'torn-write':
      case 'lost-write':
        return this.#powerCutMidWrite(kind);
      case 'bit-rot':
        return this.#rot();
      case 'slow-sync':
        return this.#onDisk((host) => {
          host.disk.slowSyncMs = random.pick([
            [1, 20],
            [50, 500],
          ] as const);
          this.#until(random.between(200, 4000), () => {
            host.disk.slowSyncMs = undefined;
          });
        });
      case 'failed-sync':
        return this.#onDisk((host) => {
          host.disk.failingSyncs = 1;
        });
      case 'clock':
        return this.#disturbClock();
      case 'byzantine':
        return this.#misbehave();
      default:
        return exhaustive(kind);
    }
  }

  #slowNetwork(): boolean {
    const network = this.#network();
    network.slowdown = { share: 0.3, factor: 10 };
    this.#until(this.#random.between(200, 4000), () => {
      network.slowdown = undefined;
    });
    return true;
  }

  #duplicate(): boolean {
    const network = this.#network();
    network.duplicates = 0.05;
    this.#until(this.#random.between(200, 4000), () => {
      network.duplicates = 0;
    });
    return this.#disconnectSome({ detectMs: [0, 300], echo: 0.5 });
  }

  #flap(): boolean {
    const [a, b] = this.#twoHosts();
    const times = 1 + this.#random.below(6);
    const detect = this.#random.pick([0, 5, 300]);
    for (let i = 0; i < times; i++)
      this.#targets.world.after(i * this.#random.between(10, 400), () =>
        this.#network().disconnect(a.index, b.index, { detectMs: [0, detect] }),
      );
    return true;
  }

  #disconnectSome(options: Parameters<SimNetwork['disconnect']>[2]): boolean {
    const [a, b] = this.#twoHosts();
    return this.#network().disconnect(a.index, b.index, options) > 0;
  }

  #cutOneWay(): boolean {
    const [a, b] = this.#twoHosts();
    this.#cutFor(this.#random.between(200, 5000), [[a.index, b.index]]);
    return true;
  }

  #partition(): boolean {
    const { hosts } = this.#targets;
    const side = hosts.map(() => this.#random.chance(0.5));
    const pairs = hosts.flatMap((a) =>
      hosts.filter((b) => side[a.index] !== side[b.index]).map((b) => [a.index, b.index] as const),
    );
    this.#cutFor(this.#random.between(200, 6000), pairs);
    return pairs.length > 0;
  }

  #cutFor(ms: number, pairs: readonly (readonly [number, number])[]): void {
    const network = this.#network();
    for (const [from, to] of pairs) network.cut(from, to);
    this.#until(ms, () => {
      for (const [from, to] of pairs) network.mend(from, to);
    });
  }

  #crash(): boolean {
    const random = this.#random;
    const running = this.#targets.hosts.filter((host) => host.running);
    const victims = random.pick([
      running.slice(),
      running.filter(() => random.chance(0.5)),
      ...running.map((host) => [host]),
    ]);
    for (const host of victims) {
      host.crash(random.pick(['killed', 'power-cut']));
      host.startAfter(random.pick([1, 50, 800, 4000]) * random.between(0.5, 1));
    }
    return victims.length > 0;
  }

  #pause(): boolean {
    const process = this.#runningHost()?.machine.process;
    if (process === undefined) return false;
    process.pause();
    this.#until(this.#random.between(100, 5000), () => process.resume());
    return true;
  }

  /** The power goes while a write is on its way to the platter, or sits in a cache that it will not leave. */
  #powerCutMidWrite(kind: 'torn-write' | 'lost-write'): boolean {
    return this.#onDisk((host) => {
      host.disk.onWriteBegun = () => {
        host.disk.onWriteBegun = undefined;
        const delayMs = this.#random.between(0, kind === 'torn-write' ? 0.01 : 0.2);
        this.#targets.world.after(delayMs, () => {
          host.crash('power-cut', kind === 'torn-write' ? 'torn' : 'lost');
          host.startAfter(this.#random.between(1, 1500));
        });
      };
    });
  }

  #rot(): boolean {
    const host = this.#targets.world.nowMs < this.#options.rotFromMs ? undefined : this.#sacrificedHost();
    const paths = host?.disk.names.paths().filter(this.#targets.mayRot) ?? [];
    if (host === undefined || paths.length === 0) return false;
    const image = host.disk.names.find(this.#random.pick(paths));
    assert(image !== undefined, 'a listed file is there');
    if (image.size === 0) return false;
    for (let i = 0; i < 16; i++) image.rot(this.#random.below(image.size), 1 << this.#random.below(8));
    // rot shows itself when it is read
    host.crash('killed');
    host.startAfter(this.#random.between(1, 1000));
    return true;
  }

  #disturbClock(): boolean {
    const random = this.#random;
    const { machine } = random.pick(this.#targets.hosts);
    machine.setClockRate(random.between(0.97, 1.03));
    machine.wallOffsetMs = random.pick([1, -1]) * random.pick([100, 600, 5000]) * random.next();
    this.#until(random.between(500, 5000), () => {
      machine.setClockRate(1);
      machine.wallOffsetMs = 0;
    });
    return true;
  }

  #misbehave(): boolean {
    const host = this.#sacrificedHost();
    if (host === undefined) return false;
    this.#targets.misbehave?.(host.index, this.#random.between(1000, 8000));
    return true;
  }

  #onDisk(strike: (host: Host) => void): boolean {
    const host = this.#runningHost();
    if (host === undefined) return false;
    strike(host);
    return true;
  }

  #runningHost(): Host | undefined {
    const running = this.#targets.hosts.filter((host) => host.running);
    return running.length === 0 ? undefined : this.#random.pick(running);
  }

  #sacrificedHost(): Host | undefined {
    const { hosts, sacrificed } = this.#targets;
    const running = sacrificed.map((index) => hosts[index] as Host).filter((host) => host.running);
    return running.length === 0 ? undefined : this.#random.pick(running);
  }

  #twoHosts(): readonly [Host, Host] {
    const [a, b] = this.#random.shuffle(this.#targets.hosts);
    return [a as Host, b as Host];
  }

  #network(): SimNetwork {
    const { network } = this.#targets;
    assert(network !== undefined, 'network faults are dealt only where there is a network');
    return network;
  }

  #until(ms: number, undo: () => void): void {
    const once = (): void => {
      if (this.#active.delete(once)) undo();
    };
    this.#active.add(once);
    this.#targets.world.after(ms, once);
  }

  #count(kind: FaultKind): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}

const networkKinds: ReadonlySet<FaultKind> = new Set([
  'delay',
  'disconnect',
  'duplicate',
  'reorder',
  'one-way',
  'partition',
]);

function isPossible(kind: FaultKind, { network, hosts, sacrificed, misbehave }: FaultTargets): boolean {
  if (networkKinds.has(kind)) return network !== undefined && hosts.length > 1;
  if (kind === 'byzantine' && misbehave === undefined) return false;
  return !costly.has(kind) || sacrificed.length > 0;
}
