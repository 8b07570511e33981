// One link to one peer, from its first connection to the end of any of them: three connections (L3), one session.
//
// The acceptor of the control connection says Hello with its session; the dialler answers with its own and the
// acceptor's; the acceptor confirms. A session is believed only from a Hello that names one's own, so a Hello of an
// earlier link that arrives late changes nothing. Then each side announces its chains and dials the bulk connection that
// it reads (the side that cannot be dialled dials both), binds it to the two sessions, and says Ready; a link is up when
// both have said so. Whatever ends one connection ends the link, and the chains hear of it once.

import type { Clock, Note } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { milliseconds } from '../lib/units.ts';
import { type BodyAssembler, type BodyFault, createBodyAssembler, type WholeBody } from './body.ts';
import {
  type ChainNumber,
  encodeBind,
  encodeChains,
  encodeHello,
  headerBytes,
  linkVersion,
  readBind,
  readChains,
  readFrames,
  readHead,
  readHeader,
  readHello,
  type WireHeader,
  wireKind,
} from './frame.ts';
import type { FrameCheck } from './frame-check.ts';
import { followerBytesPerSecond, maxBulkBodyBytes, maxHeldBytes, maxOutboundBytes, silenceMs } from './limits.ts';
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
export interface LinkHost {
  readonly self: NodeId;
  readonly clock: Clock;
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
  /** this node's chains, with the numbers that peers put on their frames */
  chains(): readonly ChainNumber[];
  domainOf(number: number): string | undefined;
  /** gives a message to a chain; `paused` asks to hold the connection back until `resume` is called */
  deliver(domain: string, message: LinkMessage, resume: () => void): 'taken' | 'paused' | 'refused';
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

type Waiting = { readonly number: number; readonly message: LinkMessage; readonly bytes: number };

/** Bulk connections that a peer may have open on one link before they are bound. */
const maxUnbound = 4;

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
  readonly #unbound = new Map<Connection, Bytes | undefined>();
  #saidReady = false;
  #heardReady = false;
  #ended = false;
  #numbers = new Map<string, number>();
  /** domains whose receivers were told `link-up`, with both numbers as they were then */
  readonly #up = new Map<string, { readonly own: number; readonly theirs: number }>();
  #held: Waiting[] = [];
  #heldBytes = 0;
  #pingSentAt: number | undefined;
  #budget = 2 * followerBytesPerSecond;
  #budgetAt: number;
  roundTripMs: number | undefined;

  constructor(host: LinkHost, options: LinkOptions) {
    this.#host = host;
    this.peer = options.peer;
    this.role = options.role;
    this.#dialler = options.dialler;
    this.#mine = host.newSession();
    this.#control = this.#wireOf(options.control);
    this.#sender = new ControlSender(this.#control, host.clock);
    this.#budgetAt = host.clock.now();
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
    if (this.#ended || this.#unbound.size >= maxUnbound) return undefined;
    this.#unbound.set(connection, undefined);
    let bound: ConnectionEvents | undefined;
    return {
      message: (bytes) => {
        if (bound !== undefined) bound.message(bytes);
        else bound = this.#tryBind(connection, bytes, (events) => (bound = events));
      },
      closed: (reason) => {
        if (bound !== undefined) bound.closed(reason);
        else this.#unbound.delete(connection);
      },
    };
  }

  /** One frame, on the way out (through the gate). Dropped unless the link is up for the domain. */
  write(domain: string, channel: FrameChannel, frame: readonly Bytes[]): void {
    const number = this.#up.get(domain)?.theirs;
    if (number === undefined || this.#bulkOut === undefined) return;
    if (this.bufferedBytes + lengthOf(frame) > maxOutboundBytes) {
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
    this.#refreshDomains();
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
    for (const connection of this.#unbound.keys()) connection.close(reason);
    this.#held = [];
    for (const domain of [...this.#up.keys()]) this.#takeDown(domain, reason);
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
    if (this.#host.canDial(this.peer)) this.#dialBulk(true);
    if (!hello.dialsBack) this.#dialBulk(false);
    for (const [connection, bind] of [...this.#unbound]) if (bind !== undefined) this.#bound.get(connection)?.(bind);
  }

  #dialBulk(reads: boolean): void {
    let wire: Wire | undefined;
    let events: ConnectionEvents | undefined;
    this.#host.dialBulk(
      this.peer,
      {
        message: (bytes) => {
          if (events !== undefined) return events.message(bytes);
          const echo = readHeader(bytes)?.kind === wireKind.bound ? readBind(bytes) : undefined;
          if (wire === undefined || !this.#isOurs(echo)) return this.#dropped('stale-session');
          events = this.#adopt(wire, reads);
        },
        closed: (reason) => this.end(`bulk: ${reason}`),
      },
      (error, connection) => {
        if (connection === undefined) return this.end(`bulk: ${error?.code ?? 'closed'}`);
        if (this.#ended) return connection.close('the link ended');
        this.#unbound.set(connection, undefined);
        wire = this.#wireOf(connection);
        const bind = { mine: this.#mine, yours: this.#theirs, diallerReads: reads };
        wire.sendUnnumbered(wireKind.bind, encodeBind(bind));
      },
    );
  }

  readonly #bound = new Map<Connection, (message: Bytes) => void>();

  /** The peer may bind before its last Hello came on the other connection: its message waits for that. */
  #tryBind(
    connection: Connection,
    message: Bytes,
    adopted: (events: ConnectionEvents) => void,
  ): ConnectionEvents | undefined {
    const bind = readHeader(message)?.kind === wireKind.bind ? readBind(message) : undefined;
    if (this.#theirs < 0) {
      this.#unbound.set(connection, message);
      this.#bound.set(connection, (held) => {
        const events = this.#tryBind(connection, held, adopted);
        if (events !== undefined) adopted(events);
      });
      return undefined;
    }
    if (bind === undefined || !this.#isOurs(bind)) {
      this.#dropped('stale-session');
      return undefined;
    }
    if ((bind.diallerReads ? this.#bulkOut : this.#bulkIn) !== undefined) {
      connection.close('already bound');
      return undefined;
    }
    const wire = this.#wireOf(connection);
    const echo = { mine: this.#mine, yours: this.#theirs, diallerReads: bind.diallerReads };
    wire.sendUnnumbered(wireKind.bound, encodeBind(echo));
    return this.#adopt(wire, !bind.diallerReads);
  }

  #isOurs(bind: { readonly mine: number; readonly yours: number } | undefined): boolean {
    return bind !== undefined && bind.mine === this.#theirs && bind.yours === this.#mine;
  }

  #adopt(wire: Wire, reads: boolean): ConnectionEvents {
    this.#unbound.delete(wire.connection);
    this.#bound.delete(wire.connection);
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
    this.#refreshDomains();
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
    const domain = this.#host.domainOf(number);
    if (domain === undefined || this.#ended) return; // withdrawn while it was on the way
    if (this.#up.get(domain)?.own === number) {
      this.#deliver(wire, domain, message);
      return;
    }
    this.#held.push({ number, message, bytes });
    this.#heldBytes += bytes;
    if (this.#heldBytes > maxHeldBytes + maxBulkBodyBytes) this.end('held-full');
  }

  #deliver(wire: Wire, domain: string, message: LinkMessage): void {
    const reason = `receiver ${domain}`;
    const outcome = this.#host.deliver(domain, message, () => wire.resume(reason, this.#host.clock.now()));
    if (outcome === 'paused') wire.pause(reason);
    else if (outcome === 'refused') this.#dropped('mailbox');
  }

  #onPong(): void {
    if (this.#pingSentAt === undefined) return;
    const sample = this.#host.clock.now() - this.#pingSentAt;
    this.#pingSentAt = undefined;
    this.roundTripMs = this.roundTripMs === undefined ? sample : this.roundTripMs + (sample - this.roundTripMs) / 8;
  }

  /** A follower that sends more than its share is read later. */
  #spend(bytes: number, now: number): void {
    const earned = ((now - this.#budgetAt) / 1000) * followerBytesPerSecond;
    this.#budget = Math.min(2 * followerBytesPerSecond, this.#budget + earned) - bytes;
    this.#budgetAt = now;
    if (this.#budget >= 0) return;
    const waitMs = milliseconds(Math.ceil((-this.#budget / followerBytesPerSecond) * 1000));
    for (const wire of [this.#control, this.#bulkIn]) {
      if (wire === undefined) continue;
      wire.pause('budget');
      this.#host.clock.after(waitMs, () => {
        if (!this.#ended) wire.resume('budget', this.#host.clock.now());
      });
    }
  }

  // — chains —

  #onChains(message: Bytes): void {
    const chains = readChains(message);
    if (chains === undefined) return this.#misbehaved('bad-chains');
    this.#numbers = new Map(chains.map((each) => [each.domain, each.number]));
    this.#refreshDomains();
  }

  #refreshDomains(): void {
    if (!this.isUp) return;
    const chains = this.#host.chains();
    const own = new Map(chains.map((each) => [each.domain, each.number]));
    for (const [domain, told] of [...this.#up]) {
      if (own.get(domain) === told.own && this.#numbers.get(domain) === told.theirs) continue;
      if (own.get(domain) === told.own) this.#takeDown(domain, 'chain-not-served');
      else this.#up.delete(domain); // its receiver unsubscribed and wants to hear nothing
    }
    for (const { domain, number } of chains) {
      const theirs = this.#numbers.get(domain);
      if (theirs === undefined || this.#up.has(domain) || this.#ended) continue;
      this.#up.set(domain, { own: number, theirs });
      this.#deliver(this.#control, domain, { type: 'link-up', peer: this.peer, role: this.role });
      this.#release(domain, number);
    }
  }

  #release(domain: string, number: number): void {
    const held = this.#held;
    this.#held = held.filter((each) => each.number !== number);
    for (const each of held) {
      if (each.number !== number) continue;
      this.#heldBytes -= each.bytes;
      this.#deliver(this.#bulkIn ?? this.#control, domain, each.message);
    }
  }

  #takeDown(domain: string, reason: string): void {
    this.#up.delete(domain);
    this.#host.deliver(domain, { type: 'link-down', peer: this.peer, reason }, () => {});
  }

  #wireOf(connection: Connection): Wire {
    return new Wire(connection, { mine: this.#mine, check: this.#host.frameCheck(), now: this.#host.clock.now() });
  }

  #dropped(reason: string): void {
    this.#host.note({ count: 'psky_p2p_dropped_messages_total', labels: { reason } });
  }
}
