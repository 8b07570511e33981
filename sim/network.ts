// The simulated network: the Transport port over wires whose delays, breaks and cuts come from the seed and the faults.
// Sessions, duplicate checks and reconnection live above it and are the production code.

import type { Bytes } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type {
  Channel,
  Connection,
  ConnectionEvents,
  NodeId,
  PeerAddress,
  Transport,
  TransportFault,
} from '../net/ports.ts';
import type { DelayRange } from './disk.ts';
import { dialTimeoutMs } from './limits.ts';
import type { Death, SimProcess } from './machine.ts';
import { localNetwork, type NetworkProfile, Paths } from './paths.ts';
import { type Station, Stations } from './stations.ts';
import { traced } from './trace.ts';
import { type Medium, Wire, type WireEnd } from './wire.ts';
import type { World } from './world.ts';

/** How a broken connection behaves in its last moments. */
export interface BreakOptions {
  /** how long the ends take to notice; drawn for each */
  readonly detectMs: DelayRange;
  /** what was on its way arrives so much later, at an end that has not noticed */
  readonly tailMs?: DelayRange;
  /** share of what was on its way that comes once more, on the next connection */
  readonly echo?: number;
}

export class SimNetwork implements Medium {
  readonly world: World;
  readonly profile: NetworkProfile;
  readonly paths: Paths;
  /** this share of messages is delivered a second time, a little later */
  duplicates = 0;
  /** what the duplicate and echo faults did */
  readonly injected = { duplicates: 0, echoes: 0 };
  messages = 0;
  #random: Random;
  #stations = new Stations();
  #wires = new Set<Wire>();
  #dying = new Set<Wire>();
  /** messages of broken wires that will come again on the next wire the same way */
  #echoes = new Map<string, Bytes[]>();

  constructor(world: World, profile: NetworkProfile = localNetwork) {
    this.world = world;
    this.profile = profile;
    this.#random = world.random.network;
    this.paths = new Paths(profile, this.#random);
  }

  /** The port as one process sees it; its connections end with the process. */
  transport(process: SimProcess, node: NodeId): Transport {
    const station: Station = { node, process, accept: undefined };
    process.onDeath((death) => this.#processDied(station, death));
    return {
      listen: (accept, done) => {
        station.accept = accept;
        this.#stations.add(station);
        process.clock.soon(() => done(undefined));
      },
      dial: (target, channel, done, events) => this.#dial(station, target, channel, done, events),
      close: () => {
        this.#stations.remove(station);
        for (const wire of [...this.#wires])
          for (const end of [wire.dialer, wire.acceptor]) if (end.process === process) end.close('going away');
      },
    };
  }

  /** Breaks every connection between two machines. @returns how many there were */
  disconnect(a: number, b: number, options: BreakOptions): number {
    const found = [...this.#wires].filter((wire) => wire.joins(a, b));
    for (const wire of found) this.#break(wire, options, 'connection reset');
    return found.length;
  }

  /** Nothing passes from `from` to `to` until `mend`. Cuts nest. */
  cut(from: number, to: number): void {
    this.paths.cut(from, to);
  }

  mend(from: number, to: number): void {
    if (!this.paths.mend(from, to)) return;
    for (const wire of [...this.#wires, ...this.#dying])
      for (const end of [wire.dialer, wire.acceptor])
        if (end.machine === from && wire.other(end).machine === to) end.mended();
  }

  /** From now on the peers of `node` reach the machine that `route` names for theirs, and are reached by it alone. */
  route(node: NodeId, route: ((from: number) => number) | undefined): void {
    this.#stations.route(node, route);
    for (const wire of [...this.#wires])
      if (!this.#stations.leads(wire.dialer, wire.acceptor) || !this.#stations.leads(wire.acceptor, wire.dialer))
        this.#break(wire, { detectMs: [0, 20] }, 'connection reset');
  }

  delivering(end: WireEnd, from: number, bytes: Bytes): readonly Bytes[] {
    this.messages++;
    if (this.duplicates > 0 && this.#random.chance(this.duplicates)) {
      this.injected.duplicates++;
      this.world.after(this.#random.between(0, 20), () => end.repeat(bytes));
    }
    if (this.#echoes.size === 0) return [];
    const key = wayOf(from, end.machine, end.channel);
    const late = this.#echoes.get(key) ?? [];
    this.#echoes.delete(key);
    this.injected.echoes += late.length;
    return late;
  }

  ended(wire: Wire): void {
    this.#wires.delete(wire);
    this.#dying.add(wire);
    // its tail may still arrive; after that nobody knows it any more
    this.world.after(60_000, () => this.#dying.delete(wire));
  }

  #dial(
    from: Station,
    target: PeerAddress,
    channel: Channel,
    done: (error: TransportFault | undefined, connection: Connection | undefined) => void,
    events: ConnectionEvents,
  ): void {
    const { process } = from;
    let answered = false;
    const answer = (error: TransportFault | undefined, connection: Connection | undefined): void => {
      if (answered) return connection?.close('too late');
      answered = true;
      done(error, connection);
    };
    const fail = (afterMs: number, code: TransportFault['code']): void =>
      void this.world.after(afterMs, () =>
        process.deliver(() => answer({ code, message: `${code}: ${target.nodeId.slice(0, 16)}` }, undefined)),
      );
    const station = this.#stations.reached(from, target.nodeId);
    if (station === undefined) return fail(this.profile.delayMs[1] * 2, 'refused');
    const here = process.machine.index;
    const there = station.process.machine.index;
    if (this.paths.isCut(here, there) || this.paths.isCut(there, here)) return fail(dialTimeoutMs, 'timeout');
    const delayMs = (from: number, to: number): number => this.paths.delayMs(from, to, 0);
    const outMs = delayMs(here, there) + delayMs(there, here) + delayMs(here, there);
    const backMs = delayMs(there, here);
    this.world.after(outMs, () => {
      if (!process.alive) return;
      if (!station.process.alive || station.accept === undefined) return fail(backMs, 'refused');
      // a process that stands still accepts when it goes on, and one that dies meanwhile never does
      if (station.process.paused) fail(dialTimeoutMs, 'timeout');
      station.process.deliver(() => {
        const wire = new Wire(this, channel, from, station);
        // the dialler holds its connection before the first message comes through it
        wire.acceptor.holdUntil(this.world.nowUs + Math.round(1000 * backMs) + 1);
        const accepted = station.accept?.(wire.acceptor);
        if (accepted === undefined) return fail(backMs, 'refused');
        wire.acceptor.events = accepted;
        this.#wires.add(wire);
        if (!process.alive) return this.#break(wire, { detectMs: [backMs, backMs] }, 'connection reset');
        this.world.after(backMs, () =>
          process.deliver(() => {
            this.world.trace.add(traced.connection, here, this.world.nowUs, there);
            wire.dialer.events = events;
            answer(undefined, wire.dialer);
          }),
        );
      });
    });
  }

  #processDied(station: Station, death: Death): void {
    this.#stations.remove(station);
    for (const wire of [...this.#wires]) {
      const end = [wire.dialer, wire.acceptor].find((each) => each.process === station.process);
      if (end === undefined) continue;
      // a killed process's sockets are closed by its machine; after a power cut the peers find out by themselves
      if (death === 'killed') end.goodbye('connection reset');
      else this.#break(wire, { detectMs: [500, 5000] }, 'no answer');
    }
  }

  #break(wire: Wire, options: BreakOptions, reason: string): void {
    const [low, high] = options.detectMs;
    for (const end of [wire.dialer, wire.acceptor]) this.#disturbTail(end, wire.other(end), options);
    this.world.trace.add(traced.connection, wire.dialer.machine, this.world.nowUs, ~wire.acceptor.machine);
    wire.break({ dialer: this.#random.between(low, high), acceptor: this.#random.between(low, high) }, reason);
  }

  #disturbTail(sender: WireEnd, receiver: WireEnd, { tailMs, echo = 0 }: BreakOptions): void {
    const tail = sender.inFlight();
    const echoes = tail.filter(() => echo > 0 && this.#random.chance(echo));
    if (echoes.length > 0) this.#echoes.set(wayOf(sender.machine, receiver.machine, sender.channel), echoes);
    if (tailMs === undefined) return;
    sender.delayFlight(this.#random.between(tailMs[0], tailMs[1]));
  }
}

const wayOf = (from: number, to: number, channel: Channel): string => `${from} ${to} ${channel}`;
