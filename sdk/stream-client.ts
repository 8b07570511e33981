// A client's end of the binary stream (/v1/stream): the handshake, credit in bytes both ways, frames in, messages out.
// It knows no sockets and no clock; a driver brings the socket. Submits go out as bytes that the caller encoded, so that
// a sender of many commands copies each of them once.

import type { SignedEntry } from '../ledger/commands/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { errorRowOfCode } from '../lib/errors.ts';
import {
  type Answer,
  decodeNodeFrame,
  encodeClientFrame,
  entryKind,
  type Fault,
  type NodeFrame,
  type Notice,
  type Opened,
  packEntries,
  streamVersion,
  type Watch,
} from '../net/gateway/protocol.ts';

export interface StreamSocket {
  /** @param flushed called when the bytes may be changed again */
  send(message: Bytes, flushed?: () => void): void;
  close(reason: string): void;
}

export interface StreamSocketEvents {
  opened(): void;
  message(message: Bytes): void;
  /** once, also when it never opened */
  closed(reason: string): void;
}

/** @param url of the stream: ws://host:port/v1/stream */
export type OpenStreamSocket = (url: string, events: StreamSocketEvents) => StreamSocket;

export interface StreamEvents {
  opened(opened: Opened): void;
  answer(answer: Answer): void;
  notice(notice: Notice): void;
  /** one frame was refused whole; a fault of the stream itself arrives as `closed` */
  fault(fault: Fault): void;
  /** the node takes more bytes than before */
  credit(): void;
  /** once, also when it never opened; nothing that was unanswered will be answered */
  closed(reason: string): void;
}

export interface StreamClientOptions {
  readonly url: string;
  /** a chain's id or name; '' is the node's first chain */
  readonly chain: string;
  /** bytes of node frames that may be under way to us; at the bound the node says `lagged` and closes */
  readonly receiveBytes?: number;
}

/**
 * The message that `submit` takes.
 *
 * @param frame rises with each one
 * @param entries 1 to 1,000, at most 1 MiB together
 */
export function encodeSubmit(frame: number, entries: readonly SignedEntry[], kind: number = entryKind.command): Bytes {
  const packed = packEntries(entries.map(({ entry }) => entry));
  return encodeClientFrame({ type: 'submit', frame, kind, count: entries.length, entries: packed, traceparent: null });
}

const defaultReceiveBytes = 1 << 20; // answers and notices of 100,000 commands/s in frames of 200 are 100 KB/s

export class StreamClient {
  readonly #events: StreamEvents;
  readonly #chain: string;
  readonly #receiveBytes: number;
  readonly #socket: StreamSocket;
  #credit = 0;
  #receivedSinceCredit = 0;
  #ended = false;

  constructor(options: StreamClientOptions, events: StreamEvents, openSocket: OpenStreamSocket) {
    this.#events = events;
    this.#chain = options.chain;
    this.#receiveBytes = options.receiveBytes ?? defaultReceiveBytes;
    this.#socket = openSocket(options.url, {
      opened: () => this.#hello(),
      message: (message) => this.#receive(message),
      closed: (reason) => this.#end(reason),
    });
  }

  /** Bytes of Submits that the node takes now; 0 before it opened and after it closed. */
  get credit(): number {
    return this.#ended ? 0 : this.#credit;
  }

  /**
   * @param message an encoded Submit, not longer than `credit`
   * @param flushed called when the bytes of `message` may be changed again, also when the stream closes first
   */
  submit(message: Bytes, flushed?: () => void): void {
    this.#credit -= message.length;
    this.#socket.send(message, flushed);
  }

  /** Asks for the notices of a frame that some node accepted on an earlier stream. */
  watch(watch: Omit<Watch, 'type'>): void {
    if (!this.#ended) this.#socket.send(encodeClientFrame({ type: 'watch', ...watch }));
  }

  /** Ends the stream in order; `closed` follows. */
  close(reason: string): void {
    if (this.#ended) return;
    this.#socket.send(encodeClientFrame({ type: 'goodbye', reason }));
    this.#socket.close(reason);
  }

  /** Ends it at once: the node does not answer. */
  abandon(reason: string): void {
    this.#socket.close(reason);
    this.#end(reason);
  }

  #hello(): void {
    this.#socket.send(
      encodeClientFrame({ type: 'open', version: streamVersion, chain: this.#chain, credit: this.#receiveBytes }),
    );
  }

  #receive(message: Bytes): void {
    if (this.#ended) return;
    const decoded = decodeNodeFrame(message);
    if (!decoded.ok) return this.abandon(`the node sent a bad frame (${decoded.error})`);
    const { type } = decoded.value;
    if (type === 'answer' || type === 'notice') this.#giveCredit(message.length); // other frames cost no credit
    this.#take(decoded.value);
  }

  /** Every byte that came is given back once half of the window is used. */
  #giveCredit(length: number): void {
    this.#receivedSinceCredit += length;
    if (this.#receivedSinceCredit < this.#receiveBytes / 2) return;
    this.#socket.send(encodeClientFrame({ type: 'credit', bytes: this.#receivedSinceCredit }));
    this.#receivedSinceCredit = 0;
  }

  #take(frame: NodeFrame): void {
    switch (frame.type) {
      case 'opened':
        this.#credit = frame.credit;
        return this.#events.opened(frame);
      case 'credit':
        this.#credit += frame.bytes;
        return this.#events.credit();
      case 'answer':
        return this.#events.answer(frame);
      case 'notice':
        return this.#events.notice(frame);
      case 'fault':
        if (frame.frame !== null) return this.#events.fault(frame);
        return this.abandon(`${errorRowOfCode(frame.code)?.name ?? frame.code}: ${frame.detail}`);
      case 'goodbye':
        return this.abandon(frame.reason);
    }
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.closed(reason);
  }
}
