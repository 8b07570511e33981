// Two machines with one key: a validator's disk is copied to a second machine, and both run. Some peers reach one, the
// others the other, by others every now and then. Between two spells there is one machine.

import type { NodeId } from '../net/index.ts';
import type { Host } from './host.ts';
import type { SimNetwork } from './network.ts';
import type { Twins } from './strikes/strike.ts';
import type { World } from './world.ts';

export interface TwinMachinesOptions {
  readonly world: World;
  readonly network: SimNetwork;
  readonly hosts: readonly Host[];
  readonly nodeIds: readonly NodeId[];
  /** a second machine that runs validator `index` */
  readonly makeTwin: (index: number) => Host;
  /** a validator that is fenced already signs on neither */
  readonly maySign: (index: number) => boolean;
  /** Do they mind that peers know what the other has signed? Where they do, D5 silences one or both. */
  readonly setBrazen: (index: number, brazen: boolean) => void;
}

export class TwinMachines implements Twins {
  #options: TwinMachinesOptions;
  #twins = new Map<number, Host>();
  #parted = new Set<number>();

  constructor(options: TwinMachinesOptions) {
    this.#options = options;
  }

  part(index: number): boolean {
    const { hosts, maySign, makeTwin } = this.#options;
    const host = hosts[index];
    if (host === undefined || this.#parted.has(index) || !maySign(index)) return false;
    let twin = this.#twins.get(index);
    if (twin === undefined) {
      twin = makeTwin(index);
      this.#twins.set(index, twin);
    }
    this.#parted.add(index);
    this.#options.setBrazen(index, this.#options.world.random.faults.chance(0.5));
    host.crash('killed');
    twin.retired = false;
    twin.replace(host.copy());
    this.shuffle(index);
    host.start();
    twin.start();
    return true;
  }

  shuffle(index: number): void {
    const { world, network, hosts, nodeIds } = this.#options;
    const twin = this.#twins.get(index);
    if (twin === undefined || !this.#parted.has(index)) return;
    const reached = hosts.map(() => (world.random.faults.chance(0.5) ? index : twin.index));
    network.route(nodeIds[index] as NodeId, (from) => reached[from] as number);
  }

  rejoin(index: number): void {
    const { network, nodeIds } = this.#options;
    this.#twins.get(index)?.retire();
    this.#parted.delete(index);
    this.#options.setBrazen(index, false);
    network.route(nodeIds[index] as NodeId, undefined);
  }
}
