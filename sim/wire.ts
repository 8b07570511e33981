// One simulated connection: two directions, each delivering whole messages in order, until it breaks. When it breaks, the
// two ends learn of it at different times, and what was on its way may still arrive at an end that has not learnt it yet.

import { present } from '../lib/assert.ts';
import { type Bytes, concatBytes } from '../lib/bytes.ts';
import { maxWireMessageBytes } from '../net/limits.ts';
import type { Channel, Connection, ConnectionEvents, NodeId } from '../net/ports.ts';
import { socketBufferBytes } from './limits.ts';
import type { SimProcess } from './machine.ts';
import type { Paths } from './paths.ts';
import { traced } from './trace.ts';

/** What a wire asks of the network that it runs through. */
export interface Medium {
  readonly paths: Paths;
  /** A message is about to be handed over on `end`. @returns messages that come with it: late ones of earlier wires */
  delivering(end: WireEnd, from: number, bytes: Bytes): readonly Bytes[];
  ended(wire: Wire): void;
}

export interface Party {
  readonly node: NodeId;
  readonly process: SimProcess;
}

type Cargo = { readonly bytes: Bytes } | { readonly goodbye: string };

export class Wire {
  readonly channel: Channel;
  readonly dialer: WireEnd;
  readonly acceptor: WireEnd;
  #medium: Medium;
  #broken = false;

  constructor(medium: Medium, channel: Channel, dialer: Party, acceptor: Party) {
    this.#medium = medium;
    this.channel = channel;
    this.dialer = new WireEnd(this, medium, dialer, acceptor);
    this.acceptor = new WireEnd(this, medium, acceptor, dialer);
  }

  get broken(): boolean {
    return this.#broken;
  }

  other(end: WireEnd): WireEnd {
    return end === this.dialer ? this.acceptor : this.dialer;
  }

  joins(a: number, b: number): boolean {
    const [from, to] = [this.dialer.machine, this.acceptor.machine];
    return (from === a && to === b) || (from === b && to === a);
  }

  /** Nothing sent from now on arrives. Each end learns it after its own delay. */
  break(detectMs: { readonly dialer: number; readonly acceptor: number }, reason: string): void {
    this.markBroken();
    this.dialer.endAfter(detectMs.dialer, reason);
    this.acceptor.endAfter(detectMs.acceptor, reason);
  }

  markBroken(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#medium.ended(this);
  }
}

/** One side of a wire: what its process sends through, and where what it receives comes out. */
export class WireEnd implements Connection {
  readonly peer: NodeId;
  readonly channel: Channel;
  readonly machine: number;
  events: ConnectionEvents | undefined;
  #wire: Wire;
  #medium: Medium;
  #self: Party;
  #closed = false;
  #reading = true;
  /** arrived while nobody read */
  #unread: Bytes[] = [];
  /** sent and not arrived, oldest first; one event waits for the first of them */
  #flight: { readonly cargo: Cargo; readonly arriveUs: number }[] = [];
  /** the first of them stands before a cut */
  #stalled = false;
  #lastArrivalUs = 0;
  #undeliveredBytes = 0;

  constructor(wire: Wire, medium: Medium, self: Party, peer: Party) {
    this.#wire = wire;
    this.#medium = medium;
    this.#self = self;
    this.peer = peer.node;
    this.channel = wire.channel;
    this.machine = self.process.machine.index;
  }

  get process(): SimProcess {
    return this.#self.process;
  }

  get bufferedBytes(): number {
    return Math.max(0, this.#undeliveredBytes - socketBufferBytes);
  }

  send(parts: readonly Bytes[]): void {
    if (this.#closed || !this.process.alive) return;
    if (this.#wire.broken) return;
    const bytes = concatBytes(parts);
    this.#undeliveredBytes += bytes.length;
    this.#carry({ bytes });
  }

  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    const waiting = this.#unread;
    this.#unread = [];
    const sender = this.#wire.other(this);
    for (const bytes of waiting) this.process.machine.world.after(0, () => this.#receive(sender, bytes));
  }

  /** Says goodbye: what was sent before still arrives, then the other end learns the reason. */
  close(reason: string): void {
    if (this.#closed) return;
    this.goodbye(reason);
    this.endAfter(0, reason);
  }

  /** The other end learns the reason behind everything that was sent before. */
  goodbye(reason: string): void {
    if (this.#wire.broken) return;
    this.#carry({ goodbye: reason });
    this.#wire.markBroken();
  }

  /** This end learns that the connection is over. */
  endAfter(delayMs: number, reason: string): void {
    this.process.machine.world.after(delayMs, () => this.process.deliver(() => this.#end(reason)));
  }

  /** The cut in this end's outgoing direction is mended: what it stopped goes on. */
  mended(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    const delayMs = this.#medium.paths.delayMs(this.machine, this.#wire.other(this).machine, 0);
    this.process.machine.world.after(delayMs, () => this.#arrive());
  }

  /** What this end has sent and what has not arrived, oldest first. */
  inFlight(): readonly Bytes[] {
    return this.#flight.flatMap(({ cargo }) => ('bytes' in cargo ? [cargo.bytes] : []));
  }

  /** What is on its way from this end takes longer. */
  delayFlight(ms: number): void {
    this.#flight = this.#flight.map(({ cargo, arriveUs }) => ({ cargo, arriveUs: arriveUs + Math.round(1000 * ms) }));
  }

  /** The same bytes arrive at this end once more. */
  repeat(bytes: Bytes): void {
    this.process.deliver(() => {
      if (!this.#closed && this.#reading) this.events?.message(bytes);
    });
  }

  /** Nothing that this end sends arrives before that. */
  holdUntil(atUs: number): void {
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, atUs);
  }

  #carry(cargo: Cargo): void {
    const { world } = this.process.machine;
    const length = 'bytes' in cargo ? cargo.bytes.length : 0;
    const delayMs = this.#medium.paths.delayMs(this.machine, this.#wire.other(this).machine, length);
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, world.nowUs + Math.round(1000 * delayMs));
    this.#flight.push({ cargo, arriveUs: this.#lastArrivalUs });
    if (this.#flight.length === 1) this.#scheduleArrival();
  }

  #scheduleArrival(): void {
    const first = this.#flight[0];
    if (first === undefined) return;
    const { world } = this.process.machine;
    world.after((first.arriveUs - world.nowUs) / 1000, () => this.#arrive());
  }

  #arrive(): void {
    const other = this.#wire.other(this);
    if (this.#medium.paths.isCut(this.machine, other.machine)) {
      this.#stalled = true;
      return;
    }
    const { cargo, arriveUs } = present(this.#flight[0], 'something arrives');
    if (arriveUs > this.process.machine.world.nowUs) return this.#scheduleArrival();
    this.#flight.shift();
    if ('bytes' in cargo) other.process.deliver(() => other.#receive(this, cargo.bytes));
    else other.process.deliver(() => other.#end(cargo.goodbye));
    this.#scheduleArrival();
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unread = [];
    this.events?.closed(reason);
  }

  #receive(sender: WireEnd, bytes: Bytes): void {
    if (this.#closed || this.events === undefined) return;
    if (!this.#reading) {
      this.#unread.push(bytes);
      return;
    }
    const { world } = this.process.machine;
    sender.#undeliveredBytes -= bytes.length;
    // as `maxPayload` of a WebSocket
    if (bytes.length > maxWireMessageBytes) return this.close('message too long');
    world.trace.addBytes(traced.message, this.machine, world.nowUs, [bytes]);
    const late = this.#medium.delivering(this, sender.machine, bytes);
    this.events.message(bytes);
    for (const ghost of late) if (!this.#closed) this.events.message(ghost);
  }
}
