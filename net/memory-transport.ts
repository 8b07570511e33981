// A transport within one process, for tests: same contract as sockets, no faults of its own (the simulator has its own
// transport that has them). Messages are delivered by the clock, never inside `send`.

import type { Clock } from '../actors/index.ts';
import { type Bytes, concatBytes } from '../lib/bytes.ts';
import type { Channel, Connection, ConnectionEvents, NodeId, Transport } from './ports.ts';

export interface MemoryHub {
  /** a node's transport; what it listens on is `host:port` */
  transport(node: NodeId, host: string, port: number): Transport;
  /** ends every connection between two nodes, as when a cable is pulled */
  cut(a: NodeId, b: NodeId): void;
}

type Accept = Parameters<Transport['listen']>[0];

export function createMemoryHub(clock: Clock): MemoryHub {
  const listeners = new Map<string, { readonly node: NodeId; readonly accept: Accept }>();
  const open = new Set<End>();

  return {
    transport(node, host, port) {
      const at = `${host}:${port}`;
      let closed = false;
      return {
        listen(accept, done) {
          const taken = listeners.has(at);
          if (!taken) listeners.set(at, { node, accept });
          clock.soon(() => done(taken ? { code: 'address-in-use', message: `${at} is in use` } : undefined));
        },
        dial(target, channel, done, events) {
          clock.soon(() => {
            const listener = listeners.get(`${target.host}:${target.port}`);
            if (closed || listener === undefined)
              return done({ code: 'unreachable', message: 'nobody listens' }, undefined);
            if (listener.node !== target.nodeId)
              return done({ code: 'wrong-identity', message: listener.node }, undefined);
            const near = new End(clock, open, node, target.nodeId, channel);
            const far = new End(clock, open, target.nodeId, node, channel);
            near.join(far);
            const accepted = listener.accept(far);
            if (accepted === undefined) {
              near.close('refused');
              return done({ code: 'refused', message: 'not accepted' }, undefined);
            }
            near.events = events;
            far.events = accepted;
            done(undefined, near);
          });
        },
        close() {
          closed = true;
          if (listeners.get(at)?.node === node) listeners.delete(at);
          for (const end of [...open]) if (end.owner === node) end.close('transport closed');
        },
      };
    },
    cut(a, b) {
      for (const end of [...open]) {
        if (!(end.owner === a && end.peer === b)) continue;
        end.break('cut');
      }
    },
  };
}

class End implements Connection {
  readonly owner: NodeId;
  readonly peer: NodeId;
  readonly channel: Channel;
  events: ConnectionEvents | undefined;
  readonly #clock: Clock;
  readonly #open: Set<End>;
  #other: End | undefined;
  #inbox: Bytes[] = [];
  #inboxBytes = 0;
  #ending: string | undefined;
  #over = false;
  #paused = false;
  #asked = false;

  constructor(clock: Clock, open: Set<End>, owner: NodeId, peer: NodeId, channel: Channel) {
    this.#clock = clock;
    this.#open = open;
    this.owner = owner;
    this.peer = peer;
    this.channel = channel;
    open.add(this);
  }

  join(other: End): void {
    this.#other = other;
    other.#other = this;
  }

  get bufferedBytes(): number {
    return this.#other === undefined ? 0 : this.#other.#inboxBytes;
  }

  send(parts: readonly Bytes[]): void {
    const other = this.#other;
    if (this.#over || other === undefined || other.#over) return;
    const message = concatBytes(parts);
    other.#inbox.push(message);
    other.#inboxBytes += message.length;
    other.#deliverSoon();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliverSoon();
  }

  /** what was sent before still arrives at the other end; this end hears nothing more but `closed` */
  close(reason: string): void {
    if (this.#over) return;
    this.#finish(reason);
    if (this.#other !== undefined) this.#other.#endAfterInbox(reason);
  }

  /** both ends hear of it, and what was under way is lost */
  break(reason: string): void {
    for (const end of [this, this.#other]) {
      if (end === undefined || end.#over) continue;
      end.#inbox = [];
      end.#finish(reason);
    }
  }

  #endAfterInbox(reason: string): void {
    this.#ending = reason;
    this.#deliverSoon();
  }

  #finish(reason: string): void {
    this.#over = true;
    this.#open.delete(this);
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#clock.soon(() => this.events?.closed(reason));
  }

  #deliverSoon(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#clock.soon(() => {
      this.#asked = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#paused && !this.#over && this.#inbox.length > 0) {
      const message = this.#inbox.shift() as Bytes;
      this.#inboxBytes -= message.length;
      this.events?.message(message);
    }
    if (!this.#over && !this.#paused && this.#inbox.length === 0 && this.#ending !== undefined)
      this.#finish(this.#ending);
  }
}
