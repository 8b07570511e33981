// The bulk connections of one link: dialled by the side that reads (L3), each bound to the two sessions of the link by
// its first message, so that a connection of an earlier link never carries a later one's batches.

import type { Bytes } from '../lib/bytes.ts';
import { encodeBind, readBind, readHeader, wireKind } from './frame.ts';
import { maxUnboundBulk } from './limits.ts';
import type { Connection, ConnectionEvents, NodeId, TransportFault } from './ports.ts';
import type { Wire } from './wire.ts';

export interface BulkHost {
  readonly peer: NodeId;
  readonly mine: number;
  dialBulk(
    peer: NodeId,
    events: ConnectionEvents,
    done: (error: TransportFault | undefined, connection: Connection | undefined) => void,
  ): void;
  wireOf(connection: Connection): Wire;
  /** whether a connection for this direction is bound already */
  has(reads: boolean): boolean;
  /** @param reads this side reads on it. @returns who takes what comes behind the binding */
  bound(wire: Wire, reads: boolean): ConnectionEvents;
  failed(reason: string): void;
  stale(): void;
}

interface Unbound {
  /** binds the connection by a message that came before the peer's session was known */
  retry: (() => void) | undefined;
}

export class BulkConnections {
  readonly #host: BulkHost;
  readonly #unbound = new Map<Connection, Unbound>();
  #theirs = -1;
  #ended = false;

  constructor(host: BulkHost) {
    this.#host = host;
  }

  /** The peer's session is known. @param dialReading @param dialWriting what is for this side to dial */
  greeted(theirs: number, { dialReading, dialWriting }: { dialReading: boolean; dialWriting: boolean }): void {
    this.#theirs = theirs;
    if (dialReading) this.#dial(true);
    if (dialWriting) this.#dial(false);
    for (const { retry } of [...this.#unbound.values()]) retry?.();
  }

  /** A connection that the peer dialled. @returns undefined to refuse it */
  accept(connection: Connection): ConnectionEvents | undefined {
    if (this.#ended || this.#unbound.size >= maxUnboundBulk) return undefined;
    const waiting: Unbound = { retry: undefined };
    this.#unbound.set(connection, waiting);
    let events: ConnectionEvents | undefined;
    const bind = (message: Bytes): void => {
      // the peer may bind before its last Hello came on the other connection
      if (this.#theirs < 0) waiting.retry = () => bind(message);
      else events = this.#bind(connection, message);
    };
    return {
      message: (bytes) => (events === undefined ? bind(bytes) : events.message(bytes)),
      closed: (reason) => {
        this.#unbound.delete(connection);
        events?.closed(reason);
      },
    };
  }

  end(reason: string): void {
    this.#ended = true;
    for (const connection of this.#unbound.keys()) connection.close(reason);
  }

  #dial(reads: boolean): void {
    let wire: Wire | undefined;
    let events: ConnectionEvents | undefined;
    const host = this.#host;
    host.dialBulk(
      host.peer,
      {
        message: (bytes) => {
          if (events !== undefined) events.message(bytes);
          else if (wire === undefined || !this.#isOurs(bytes, wireKind.bound)) host.stale();
          else if (host.has(reads)) wire.connection.close('already bound');
          else events = this.#adopt(wire, reads);
        },
        closed: (reason) => host.failed(reason),
      },
      (error, connection) => {
        if (connection === undefined) return host.failed(error?.code ?? 'closed');
        if (this.#ended) return connection.close('the link ended');
        this.#unbound.set(connection, { retry: undefined });
        wire = host.wireOf(connection);
        const bind = { mine: host.mine, yours: this.#theirs, diallerReads: reads };
        wire.sendUnnumbered(wireKind.bind, encodeBind(bind));
      },
    );
  }

  #bind(connection: Connection, message: Bytes): ConnectionEvents | undefined {
    const bind = this.#isOurs(message, wireKind.bind);
    if (bind === undefined) {
      this.#host.stale();
      return undefined;
    }
    if (this.#host.has(!bind.diallerReads)) {
      connection.close('already bound');
      return undefined;
    }
    const wire = this.#host.wireOf(connection);
    const echo = { mine: this.#host.mine, yours: this.#theirs, diallerReads: bind.diallerReads };
    wire.sendUnnumbered(wireKind.bound, encodeBind(echo));
    return this.#adopt(wire, !bind.diallerReads);
  }

  #adopt(wire: Wire, reads: boolean): ConnectionEvents {
    this.#unbound.delete(wire.connection);
    return this.#host.bound(wire, reads);
  }

  #isOurs(message: Bytes, kind: number): ReturnType<typeof readBind> {
    const bind = readHeader(message)?.kind === kind ? readBind(message) : undefined;
    return bind !== undefined && bind.mine === this.#theirs && bind.yours === this.#host.mine ? bind : undefined;
  }
}
