// How many sockets a port takes: in all, per remote address, and per address of those that have not yet said who they
// are. What is beyond is closed at once, without a word.

import type { Socket } from 'node:net';
import { isLoopback } from './loopback.ts';

export interface InboundBounds {
  readonly total: number;
  readonly perAddress: number;
  readonly ungreetedPerAddress: number;
}

export interface InboundLimit {
  /** a `connection` event of a server */
  admit(socket: Socket): boolean;
  /** the socket (or the TLS socket over it) has proved itself */
  greeted(socket: Socket): void;
}

interface Caller {
  sockets: number;
  readonly ungreeted: Set<number>;
}

/** Loopback addresses are bounded in all only: a machine's own nodes and tools share one. */
export function createInboundLimit(bounds: InboundBounds, onRefused: (reason: string) => void): InboundLimit {
  const callers = new Map<string, Caller>();
  let total = 0;
  return {
    admit(socket) {
      const from = socket.remoteAddress ?? '';
      const port = socket.remotePort ?? 0;
      const caller = callers.get(from) ?? { sockets: 0, ungreeted: new Set() };
      const crowded = caller.sockets >= bounds.perAddress || caller.ungreeted.size >= bounds.ungreetedPerAddress;
      if (total >= bounds.total || (crowded && !isLoopback(from))) {
        onRefused(total >= bounds.total ? 'too-many' : 'too-many-from-address');
        socket.destroy();
        return false;
      }
      total++;
      caller.sockets++;
      caller.ungreeted.add(port);
      callers.set(from, caller);
      socket.once('close', () => {
        total--;
        caller.sockets--;
        caller.ungreeted.delete(port);
        if (caller.sockets === 0) callers.delete(from);
      });
      return true;
    },
    greeted: (socket) => void callers.get(socket.remoteAddress ?? '')?.ungreeted.delete(socket.remotePort ?? 0),
  };
}
