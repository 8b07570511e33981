// One peer connection over a WebSocket. Messages are written to the socket in pieces, so that bulk is never joined or
// masked: a client's mask is all zeros, which leaves the bytes as they are and which `ws` skips at the other end
// (PERFORMANCE 7). What one turn sends leaves in one system call.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import type { Channel, Connection, ConnectionEvents, NodeId } from '../ports.ts';
import { closeGraceMs } from './limits.ts';

/** Smaller pieces are joined: each write is a TLS record of its own. */
const joinBelowBytes = 8 * 1024;

export class WsConnection implements Connection {
  readonly peer: NodeId;
  readonly channel: Channel;
  readonly #masked: boolean;
  #ws: WebSocket | undefined;
  #socket: Socket | undefined;
  #attached = false;
  #early: (readonly Bytes[])[] = [];
  #corked = false;
  #closedBy: string | undefined;

  /** @param masked this end is the client */
  constructor(options: { readonly peer: NodeId; readonly channel: Channel; readonly masked: boolean }) {
    this.peer = options.peer;
    this.channel = options.channel;
    this.#masked = options.masked;
  }

  /** The handshake is done. */
  attach(ws: WebSocket, socket: Socket, events: ConnectionEvents): void {
    this.#ws = ws;
    this.#socket = socket;
    this.#attached = true;
    ws.binaryType = 'nodebuffer';
    ws.on('message', (data, isBinary) => {
      if (this.#closedBy !== undefined) return;
      if (isBinary) events.message(data as Buffer);
      else this.close('text message');
    });
    ws.on('error', (error) => {
      this.#closedBy ??= error.message;
      ws.terminate();
    });
    ws.on('close', (code, reason) => {
      this.#ws = this.#socket = undefined;
      events.closed(this.#closedBy ?? (reason.length > 0 ? reason.toString() : `socket closed (${code})`));
    });
    for (const parts of this.#early) this.send(parts);
    this.#early = [];
    if (this.#closedBy !== undefined) this.#shut(this.#closedBy);
  }

  /** Called after the handshake ought to be done: `closed` comes if it is not. */
  abandonUnlessAttached(events: ConnectionEvents): void {
    if (!this.#attached) queueMicrotask(() => events.closed('bad upgrade'));
  }

  get bufferedBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  send(parts: readonly Bytes[]): void {
    if (this.#closedBy !== undefined) return;
    const socket = this.#socket;
    if (socket === undefined) {
      if (!this.#attached) this.#early.push(parts);
      return;
    }
    if (!socket.writable) return;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    for (const piece of join([frameHeader(parts, this.#masked), ...parts])) socket.write(piece);
  }

  pause(): void {
    this.#ws?.pause();
  }

  resume(): void {
    this.#ws?.resume();
  }

  close(reason: string): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = reason;
    this.#shut(reason);
  }

  /** without a goodbye */
  destroy(reason: string): void {
    this.#closedBy ??= reason;
    this.#ws?.terminate();
  }

  #shut(reason: string): void {
    const ws = this.#ws;
    if (ws === undefined) return;
    if (ws.isPaused) ws.resume(); // else the peer's answer is never read
    ws.close(1000, reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120));
    const timer = setTimeout(() => ws.terminate(), closeGraceMs);
    timer.unref();
    ws.once('close', () => clearTimeout(timer));
  }
}

/** RFC 6455 §5.2: final binary frame; a client's mask is four zeros. */
function frameHeader(parts: readonly Bytes[], masked: boolean): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + lengthBytes + (masked ? 4 : 0));
  header[0] = 0x82;
  header[1] = (masked ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(length, 2);
  if (lengthBytes === 8) header.writeUIntBE(length, 4, 6);
  return header;
}

/** Joins runs of small pieces; large ones pass by reference. */
function join(parts: readonly Bytes[]): Bytes[] {
  const pieces: Bytes[] = [];
  let small: Bytes[] = [];
  const flush = (): void => {
    if (small.length > 0) pieces.push(small.length === 1 ? (small[0] as Bytes) : concatBytes(small));
    small = [];
  };
  for (const part of parts) {
    if (part.length < joinBelowBytes) {
      small.push(part);
      continue;
    }
    flush();
    pieces.push(part);
  }
  flush();
  return pieces;
}
