// A simulated computer with its disks and the program that it runs: what faults strike, and what starts again after them.

import { assert } from '../lib/assert.ts';
import type { Random } from '../lib/random.ts';
import { type DiskCopy, type DiskProfile, SimDisk } from './disk.ts';
import type { CrashFate } from './disk-image.ts';
import { type Death, Machine, type SimProcess } from './machine.ts';
import { SimStores, type StoresCopy } from './store.ts';
import type { World } from './world.ts';

/**
 * What runs on a host. Called at every start; all it needs comes from the process and the host's ports. When it cannot go
 * on by itself it calls `host.gaveUp`.
 */
export type Program = (host: Host, process: SimProcess) => void;

export interface HostOptions {
  readonly index: number;
  readonly name: string;
  readonly program: Program;
  readonly disk: DiskProfile;
  /** a program that gives up is started again after a while */
  readonly restartMs: readonly [number, number];
}

/** All that a host's disks held at one instant. */
export interface HostCopy {
  readonly disk: DiskCopy;
  readonly stores: StoresCopy;
}

export class Host {
  readonly world: World;
  readonly index: number;
  readonly name: string;
  readonly machine: Machine;
  readonly disk: SimDisk;
  readonly stores: SimStores;
  /** a supervisor has taken it out of service: nothing starts it any more */
  retired = false;
  starts = 0;
  #options: HostOptions;
  #random: Random;
  /** while it runs on another disk, what its own one holds */
  #own: HostCopy | undefined;

  constructor(world: World, options: HostOptions) {
    this.world = world;
    this.index = options.index;
    this.name = options.name;
    this.machine = new Machine(world, options.index, options.name);
    this.disk = new SimDisk(this.machine, options.disk);
    this.stores = new SimStores(this.disk);
    this.#options = options;
    this.#random = world.random.faults.fork(`host ${options.index}`);
  }

  get running(): boolean {
    return this.machine.process !== undefined;
  }

  start(): void {
    if (this.running || this.retired) return;
    this.starts++;
    this.world.log(() => `${this.name} starts`);
    this.#options.program(this, this.machine.startProcess());
  }

  startAfter(ms: number): void {
    this.world.after(ms, () => this.start());
  }

  /** The program's process ends now. */
  crash(death: Death, fate: CrashFate = 'chance'): void {
    if (!this.running) return;
    this.world.log(() => `${this.name} ${death} ${death === 'killed' ? '' : fate}`);
    this.machine.end(death);
    this.stores.crash(death === 'killed');
    if (death === 'power-cut') this.disk.powerCut(fate);
    else this.disk.processKilled();
  }

  /** It is switched off, and no start that was planned comes. */
  retire(): void {
    this.crash('killed');
    this.retired = true;
  }

  /** what a backup of the running machine holds */
  copy(): HostCopy {
    return { disk: this.disk.copy(), stores: this.stores.copy() };
  }

  /** Until `takeBack` it runs on another disk: a copy, or an empty one. */
  lend(copy: HostCopy | undefined): void {
    assert(this.#own === undefined, 'one disk at a time is lent');
    this.#own = this.copy();
    this.replace(copy);
  }

  get onLentDisk(): boolean {
    return this.#own !== undefined;
  }

  takeBack(): void {
    this.replace(this.#own);
    this.#own = undefined;
  }

  /** Its disks now hold `copy`, or nothing. No process runs on it meanwhile. */
  replace(copy: HostCopy | undefined): void {
    assert(!this.running, 'disks are changed while nothing runs on them');
    this.disk.replace(copy?.disk);
    this.stores.replace(copy?.stores);
  }

  /** The program stopped itself (a failed sync, a broken journal): its supervisor starts it again. */
  gaveUp(process: SimProcess, reason: string): void {
    if (this.machine.process !== process) return;
    this.world.log(() => `${this.name} gives up: ${reason}`);
    // not inside the turn that noticed it
    this.world.after(0, () => {
      if (this.machine.process !== process) return;
      this.crash('killed');
      const [low, high] = this.#options.restartMs;
      this.startAfter(this.#random.between(low, high));
    });
  }
}
