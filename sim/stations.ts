// Who takes connections on the simulated network, and which of a node's machines a peer reaches: with twins about, several
// machines go under one node id.

import type { Connection, ConnectionEvents, NodeId } from '../net/ports.ts';
import type { SimProcess } from './machine.ts';
import type { WireEnd } from './wire.ts';

export interface Station {
  readonly node: NodeId;
  readonly process: SimProcess;
  /** undefined until it listens */
  accept: ((connection: Connection) => ConnectionEvents | undefined) | undefined;
}

export class Stations {
  /** several of one node where twins are about */
  readonly #byNode = new Map<NodeId, readonly Station[]>();
  /** which machine of a node with twins a peer's machine reaches */
  readonly #routes = new Map<NodeId, (from: number) => number>();

  add(station: Station): void {
    this.#byNode.set(station.node, [...(this.#byNode.get(station.node) ?? []), station]);
  }

  remove(station: Station): void {
    const others = (this.#byNode.get(station.node) ?? []).filter((each) => each !== station);
    if (others.length === 0) this.#byNode.delete(station.node);
    else this.#byNode.set(station.node, others);
  }

  /** @param route names the machine that a peer's machine reaches; without it the newest station of the node */
  route(node: NodeId, route: ((from: number) => number) | undefined): void {
    if (route === undefined) this.#routes.delete(node);
    else this.#routes.set(node, route);
  }

  /** @returns undefined where nobody listens, or where the way back would lead elsewhere */
  reached(from: Station, node: NodeId): Station | undefined {
    const here = from.process.machine.index;
    const there = this.#routes.get(node)?.(here);
    const station = this.#byNode
      .get(node)
      ?.findLast(({ process }) => there === undefined || process.machine.index === there);
    const back = station === undefined ? undefined : this.#routes.get(from.node)?.(station.process.machine.index);
    return back === undefined || back === here ? station : undefined;
  }

  /** Whether the peer at `to` still reaches the machine at `from` under its node's name. */
  leads(from: WireEnd, to: WireEnd): boolean {
    const machine = this.#routes.get(to.peer)?.(to.machine);
    return machine === undefined || machine === from.machine;
  }
}
