// One link to one peer, from its first connection to the end of any of them: three connections (L3), one session.
//
// The acceptor of the control connection says Hello with its session; the dialler answers with its own and the
// acceptor's; the acceptor confirms. A session is believed only from a Hello that names one's own, so a Hello of an
// earlier link that arrives late changes nothing. Then each side announces its chains and dials the bulk connection that
// it reads (the side that cannot be dialled dials both), binds it to the two sessions, and says Ready; a link is up when
// both have said so. Whatever ends one connection ends the link, and the chains hear of it once.

import type { Note } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { type BodyAssembler, type BodyFault, createBodyAssembler, type WholeBody } from './body.ts';
import { type Budget, createBudget } from './budget.ts';
import { BulkConnections } from './bulk-connections.ts';
import {
  encodeChains,
  encodeHello,
  headerBytes,
  linkVersion,
  readChains,
  readFrames,
  readHead,
  readHeader,
  readHello,
  type WireHeader,
  wireKind,
} from './frame.ts';
import type { FrameCheck } from './frame-check.ts';
import { followerBytesPerSecond, maxFollowerOutboundBytes, maxOutboundBytes, silenceMs } from './limits.ts';
import { type ChainHost, LinkChains } from './link-chains.ts';
import type {
  Connection,
  ConnectionEvents,
  FrameChannel,
  LinkMessage,
  NodeId,
  PeerRole,
  TransportFault,
} from './ports.ts';
import { ControlSender, lengthOf, Wire } from './wire.ts';

/** What a link needs from its owner (links.ts). */
export interface LinkHost extends ChainHost {
  readonly self: NodeId;
  readonly note: (note: Note) => void;
  readonly frameCheck: () => FrameCheck;
  newSession(): number;
  /** false when the peer's address is not known here */
  canDial(peer: NodeId): boolean;
  dialBulk(
    peer: NodeId,
    events: ConnectionEvents,
    done: (error: TransportFault | undefined, connection: Connection | undefined) => void,
  ): void;
  linked(link: Link): void;
  lost(link: Link, reason: string): void;
  misbehaved(link: Link, reason: string): void;
}

export interface LinkOptions {
  readonly peer: NodeId;
  readonly role: PeerRole;
  readonly control: Connection;
  /** this side dialled the control connection */
  readonly dialler: boolean;
}

export class Link {
  readonly peer: NodeId;
  readonly role: PeerRole;
  readonly #host: LinkHost;
  readonly #dialler: boolean;
  readonly #mine: number;
  readonly #control: Wire;
  readonly #sender: ControlSender;
  readonly #replies: BodyAssembler = createBodyAssembler();
  readonly #bulk: BodyAssembler = createBodyAssembler();
  /** the peer's session; -1 until its Hello named ours */
  #theirs = -1;
  #bulkIn: Wire | undefined;
  #bulkOut: Wire | undefined;
  #saidReady = false;
  #heardReady = false;
  #ended = false;
  #pingSentAt: number | undefined;
  readonly #budget: Budget;
  readonly #chains: LinkChains;
  readonly #connections: BulkConnections;
  /** smoothed */
  roundTripMs: number | undefined;
  /** the least of all: what the line takes where nobody is busy */
  leastRoundTripMs: number | undefined;

  constructor(host: LinkHost, options: LinkOptions) {
    this.#host = host;
    this.peer = options.peer;
    this.role = options.role;
    this.#dialler = options.dialler;
    this.#mine = host.newSession();
    this.#control = this.#wireOf(options.control);
    this.#sender = new ControlSender(this.#control, host.clock);
    this.#budget = createBudget(followerBytesPerSecond, host.clock.now());
    const dropped = (reason: string): void => this.#dropped(reason);
    this.#chains = new LinkChains(host, { peer: this.peer, role: this.role, dropped });
    this.#connections = new BulkConnections({
      peer: this.peer,
      mine: this.#mine,
      dialBulk: host.dialBulk,
      wireOf: (connection) => this.#wireOf(connection),
      has: (reads) => (reads ? this.#bulkIn : this.#bulkOut) !== undefined,
      bound: (wire, reads) => this.#bulkBound(wire, reads),
      failed: (reason) => this.end(`bulk: ${reason}`),
      stale: () => dropped('stale-session'),
    });
    if (!this.#dialler) this.#sayHello(0);
  }

  get isUp(): boolean {
    return this.#saidReady && this.#heardReady && !this.#ended;
  }

  get bufferedBytes(): number {
    return (
      this.#sender.waitingBytes +
      this.#control.connection.bufferedBytes +
      (this.#bulkOut?.connection.bufferedBytes ?? 0)
    );
  }

  readonly controlEvents: ConnectionEvents = {
    message: (bytes) => this.#onControl(bytes),
    closed: (reason) => this.end(`control: ${reason}`),
  };

  /** A bulk connection that the peer dialled. @returns undefined to refuse it */
  acceptBulk(connection: Connection): ConnectionEvents | undefined {
    return this.#connections.accept(connection);
  }

  /** One frame, on the way out (through the gate). Dropped unless the link is up for the domain. */
  write(domain: string, channel: FrameChannel, frame: readonly Bytes[]): void {
    const number = this.#chains.numberFor(domain);
    if (number === undefined || this.#bulkOut === undefined) return;
    const bound = this.role === 'follower' ? maxFollowerOutboundBytes : maxOutboundBytes;
    if (this.bufferedBytes + lengthOf(frame) > bound) {
      this.end('outbound-full');
      return;
    }
    if (channel === 'control') {
      this.#sender.frame(number, frame);
      return;
    }
    const [header, ...body] = frame as readonly [Bytes, ...Bytes[]];
    if (channel === 'reply') this.#sender.reply(number, header, body);
    else this.#bulkOut.sendBody(number, header, body);
  }

  pauseBulk(): void {
    this.#bulkIn?.pause('asked');
  }

  resumeBulk(): void {
    this.#bulkIn?.resume('asked', this.#host.clock.now());
  }

  /** A chain was subscribed or unsubscribed here. */
  chainsChanged(): void {
    if (this.#ended || this.#theirs < 0) return;
    this.#sender.message(wireKind.chains, [encodeChains(this.#host.chains())]);
    if (this.isUp) this.#chains.refresh(this.#control);
  }

  /** Once a second. @param forgive this process itself stood still: silence proves nothing */
  tick(now: number, forgive: boolean): void {
    if (this.#ended || this.#theirs < 0) return;
    for (const wire of [this.#control, this.#bulkIn]) {
      if (wire === undefined) continue;
      if (forgive || wire.paused) wire.heardAt = now;
      else if (now - wire.heardAt > silenceMs) {
        this.end('silent');
        return;
      }
    }
    this.#pingSentAt ??= now;
    this.#sender.message(wireKind.ping, []);
    if (this.#saidReady) this.#bulkOut?.send(wireKind.ping, []);
  }

  /** Closes all that belongs to the link. Its owner hears `lost` unless it says itself that it knows. */
  end(reason: string, tell = true): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sender.end();
    this.#control.connection.close(reason);
    this.#bulkIn?.connection.close(reason);
    this.#bulkOut?.connection.close(reason);
    this.#connections.end(reason);
    this.#chains.end(reason);
    if (tell) this.#host.lost(this, reason);
  }

  #misbehaved(reason: string): void {
    if (this.#ended) return;
    this.end(`misbehaved: ${reason}`, false);
    this.#host.misbehaved(this, reason);
  }

  // — greeting —

  #sayHello(yours: number): void {
    const dialsBack = this.#host.canDial(this.peer);
    const hello = { version: linkVersion, node: this.#host.self, mine: this.#mine, yours, dialsBack };
    this.#control.sendUnnumbered(wireKind.hello, encodeHello(hello));
  }

  #onHello(message: Bytes): void {
    const hello = readHello(message);
    if (hello === undefined) return this.#misbehaved('bad-hello');
    if (hello.version !== linkVersion) return this.end(`version ${hello.version} is not ${linkVersion}`);
    if (hello.node !== this.peer) return this.#misbehaved('hello-of-another');
    if (this.#theirs >= 0) return this.#dropped('stale-session');
    if (hello.yours !== this.#mine) {
      if (hello.yours === 0 && this.#dialler) this.#sayHello(hello.mine);
      else this.#dropped('stale-session');
      return;
    }
    this.#theirs = hello.mine;
    if (!this.#dialler) this.#sayHello(this.#theirs);
    this.#sender.message(wireKind.chains, [encodeChains(this.#host.chains())]);
    const dialReading = this.#host.canDial(this.peer);
    this.#connections.greeted(this.#theirs, { dialReading, dialWriting: !hello.dialsBack });
  }

  #bulkBound(wire: Wire, reads: boolean): ConnectionEvents {
    if (reads) this.#bulkIn = wire;
    else this.#bulkOut = wire;
    this.#getReady();
    return {
      message: (bytes) => (reads ? this.#onBulk(wire, bytes) : this.#onBulkOut(wire, bytes)),
      closed: (reason) => this.end(`bulk: ${reason}`),
    };
  }

  #getReady(): void {
    if (this.#ended || this.#saidReady || this.#bulkIn === undefined || this.#bulkOut === undefined) return;
    this.#saidReady = true;
    this.#sender.message(wireKind.ready, []);
    this.#comeUp();
  }

  #comeUp(): void {
    if (!this.isUp) return;
    this.#host.linked(this);
    this.#chains.refresh(this.#control);
  }

  // — what comes in —

  #onControl(message: Bytes): void {
    if (this.#ended) return;
    const header = readHeader(message);
    if (header === undefined) return this.#misbehaved('bad-header');
    if (header.kind === wireKind.hello) return this.#onHello(message);
    if (!this.#isNext(this.#control, header, message)) return;
    switch (header.kind) {
      case wireKind.frames:
        if (
          !readFrames(message, (number, bytes) => this.#take(this.#control, number, this.#frame(bytes), bytes.length))
        )
          this.#misbehaved('bad-frames');
        return;
      case wireKind.head:
      case wireKind.slice:
        return this.#onBody(this.#control, this.#replies, header, message);
      case wireKind.chains:
        return this.#onChains(message);
      case wireKind.ready:
        if (this.#heardReady) return this.#misbehaved('second-ready');
        this.#heardReady = true;
        return this.#comeUp();
      case wireKind.ping:
        return this.#sender.message(wireKind.pong, []);
      case wireKind.pong:
        return this.#onPong();
      default:
        return this.#misbehaved('wrong-kind');
    }
  }

  #onBulk(wire: Wire, message: Bytes): void {
    if (this.#ended) return;
    const header = readHeader(message);
    if (header === undefined) return this.#misbehaved('bad-header');
    if (!this.#isNext(wire, header, message)) return;
    if (header.kind === wireKind.ping) return;
    if (header.kind !== wireKind.head && header.kind !== wireKind.slice) return this.#misbehaved('wrong-kind');
    this.#onBody(wire, this.#bulk, header, message);
  }

  /** The peer only reads here. */
  #onBulkOut(wire: Wire, message: Bytes): void {
    const header = readHeader(message);
    if (header === undefined || this.#isNext(wire, header, message)) this.#misbehaved('wrong-direction');
  }

  #isNext(wire: Wire, header: WireHeader, message: Bytes): boolean {
    const now = this.#host.clock.now();
    wire.heardAt = now;
    if (this.role === 'follower') this.#spend(message.length, now);
    const verdict = wire.judge(header, this.#theirs);
    if (verdict === 'next') return true;
    if (verdict === 'gap') this.end('gap');
    else this.#dropped(verdict);
    return false;
  }

  #onBody(wire: Wire, assembler: BodyAssembler, header: WireHeader, message: Bytes): void {
    let outcome: WholeBody | BodyFault | undefined;
    if (header.kind === wireKind.head) {
      const head = readHead(message);
      if (head === undefined) return this.#misbehaved('bad-head');
      outcome = assembler.head(head);
    } else {
      outcome = assembler.slice(message.subarray(headerBytes));
    }
    if (outcome === undefined) return;
    if (typeof outcome === 'string') return this.#misbehaved(outcome);
    const { number, header: head, body } = outcome;
    this.#take(wire, number, { type: 'bulk', peer: this.peer, header: head, body }, head.length + lengthOf(body));
  }

  #frame(bytes: Bytes): LinkMessage {
    return { type: 'frame', peer: this.peer, bytes };
  }

  #take(wire: Wire, number: number, message: LinkMessage, bytes: number): void {
    if (!this.#ended && !this.#chains.take(wire, number, message, bytes)) this.end('held-full');
  }

  #onPong(): void {
    if (this.#pingSentAt === undefined) return;
    const sample = this.#host.clock.now() - this.#pingSentAt;
    this.#pingSentAt = undefined;
    this.roundTripMs = this.roundTripMs === undefined ? sample : this.roundTripMs + (sample - this.roundTripMs) / 8;
    this.leastRoundTripMs = Math.min(sample, this.leastRoundTripMs ?? sample);
  }

  /** A follower that sends more than its share is read later. */
  #spend(bytes: number, now: number): void {
    const waitMs = this.#budget.spend(bytes, now);
    if (waitMs === 0) return;
    for (const wire of [this.#control, this.#bulkIn]) {
      wire?.pause('budget');
      this.#host.clock.after(waitMs, () => {
        if (!this.#ended) wire?.resume('budget', this.#host.clock.now());
      });
    }
  }

  #onChains(message: Bytes): void {
    const chains = readChains(message);
    if (chains === undefined) return this.#misbehaved('bad-chains');
    this.#chains.announced(chains);
    if (this.isUp) this.#chains.refresh(this.#control);
  }

  #wireOf(connection: Connection): Wire {
    return new Wire(connection, { mine: this.#mine, check: this.#host.frameCheck(), now: this.#host.clock.now() });
  }

  #dropped(reason: string): void {
    this.#host.note({ count: 'psky_p2p_dropped_messages_total', labels: { reason } });
  }
}
