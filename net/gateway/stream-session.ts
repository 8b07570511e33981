// One client's stream, without its socket: what may come when, and credit in both directions. The node gives credit for
// Submits back when it is done with them, so a full lane slows its clients down and drops nothing. What waits for a
// client that gives no credit is bounded; beyond, the client is cut off and resumes with Watch.

import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import { errorRow } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Principal } from './authorize.ts';
import { maxClientQueueBytes, streamCreditBytes } from './limits.ts';
import type { GatewayFault, StreamEvents, StreamHandler, StreamSession } from './ports.ts';
import {
  decodeClientFrame,
  encodeNodeFrame,
  entryOffsets,
  type NodeFrame,
  type Open,
  type Submit,
  streamVersion,
} from './protocol.ts';

/** What the session needs of its socket. */
export interface StreamSocket {
  send(message: Bytes): void;
  /** sends what was sent before, then closes */
  close(reason: string): void;
  readonly bufferedBytes: number;
}

export interface StreamOptions {
  readonly id: string;
  readonly principal: Principal;
  readonly handler: StreamHandler;
  readonly socket: StreamSocket;
  /** runs once, as soon as the inputs that have already arrived are handled */
  readonly soon: (run: () => void) => void;
  readonly onLagged?: () => void;
}

export class ClientStream implements StreamSession {
  readonly id: string;
  readonly principal: Principal;
  chain = '';
  readonly #options: StreamOptions;
  #events: StreamEvents | undefined;
  #life: 'new' | 'opening' | 'open' | 'over' = 'new';
  /** bytes of Submits that the client may still send */
  #granted = streamCreditBytes;
  #toGrant = 0;
  #grantAsked = false;
  /** bytes of frames that the client still takes */
  #credit = 0;
  #queue: Bytes[] = [];
  #queuedBytes = 0;
  #lastFrame = -1;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.id = options.id;
    this.principal = options.principal;
  }

  /** one message of the client */
  message(bytes: Bytes): void {
    if (this.#life === 'over') return;
    const decoded = decodeClientFrame(bytes);
    if (!decoded.ok) return this.fail({ name: 'bad-frame', detail: decoded.error });
    const frame = decoded.value;
    if (frame.type === 'open') return this.#open(frame);
    if (this.#life === 'new') return this.fail({ name: 'bad-frame', detail: 'the first frame is Open' });
    switch (frame.type) {
      case 'submit':
        return this.#submit(frame, bytes.length);
      case 'watch':
        return this.#events?.watch(frame);
      case 'credit':
        this.#credit = Math.min(2 ** 40, this.#credit + frame.bytes);
        return this.#flush();
      case 'goodbye':
        return this.close('goodbye');
    }
  }

  /** the socket is gone */
  ended(): void {
    if (this.#life === 'over') return;
    this.#life = 'over';
    this.#queue = [];
    this.#events?.closed();
  }

  opened(chain: Hash, height: number): void {
    if (this.#life !== 'opening') return;
    this.#life = 'open';
    const frame: NodeFrame = { type: 'opened', version: streamVersion, chain, height, credit: streamCreditBytes };
    this.#options.socket.send(encodeNodeFrame(frame));
  }

  send(frame: NodeFrame): void {
    this.write([encodeNodeFrame(frame)]);
  }

  write(parts: readonly Bytes[]): void {
    if (this.#life === 'over') return;
    const message = parts.length === 1 ? (parts[0] as Bytes) : concatBytes(parts);
    this.#queue.push(message);
    this.#queuedBytes += message.length;
    this.#flush();
    if (this.#queuedBytes + this.#options.socket.bufferedBytes <= maxClientQueueBytes) return;
    this.#options.onLagged?.();
    this.fail({ name: 'lagged' });
  }

  consumed(bytes: number): void {
    this.#toGrant += bytes;
    if (this.#grantAsked || this.#life === 'over') return;
    this.#grantAsked = true;
    this.#options.soon(() => {
      this.#grantAsked = false;
      if (this.#life === 'over') return;
      this.#granted += this.#toGrant;
      this.#options.socket.send(encodeNodeFrame({ type: 'credit', bytes: this.#toGrant }));
      this.#toGrant = 0;
    });
  }

  fail(fault: GatewayFault, frame?: number): void {
    if (this.#life === 'over') return;
    const row = errorRow(fault.name);
    const detail = (fault.detail ?? row.meaning).slice(0, 1000);
    this.#options.socket.send(encodeNodeFrame({ type: 'fault', frame: frame ?? null, code: row.code, detail }));
    if (frame === undefined) this.close(fault.name);
  }

  close(reason: string): void {
    if (this.#life === 'over') return;
    this.#options.socket.send(encodeNodeFrame({ type: 'goodbye', reason: reason.slice(0, 200) }));
    this.ended();
    this.#options.socket.close(reason);
  }

  #open(open: Open): void {
    if (this.#life !== 'new') return this.fail({ name: 'bad-frame', detail: 'a stream is opened once' });
    if (open.version !== streamVersion) {
      return this.fail({ name: 'bad-frame', detail: `version ${open.version} is not ${streamVersion}` });
    }
    this.#life = 'opening';
    this.#credit = open.credit;
    this.chain = open.chain;
    const outcome = this.#options.handler.open(this);
    if (!outcome.ok) return this.fail(outcome.error);
    this.#events = outcome.value;
    if (this.#isOver()) this.#events.closed();
  }

  /** the handler may have closed the stream within `open` */
  #isOver(): boolean {
    return this.#life === 'over';
  }

  #submit(submit: Submit, bytes: number): void {
    if (this.#life !== 'open') return this.fail({ name: 'bad-frame', detail: 'wait for Opened' });
    this.#granted -= bytes;
    if (this.#granted < 0) return this.fail({ name: 'credit-exceeded' });
    if (submit.frame <= this.#lastFrame) return this.fail({ name: 'bad-frame', detail: 'frame numbers rise' });
    this.#lastFrame = submit.frame;
    const offsets = submit.count === 0 ? undefined : entryOffsets(submit.entries, submit.count);
    if (offsets === undefined) return this.fail({ name: 'bad-frame', detail: 'the entries do not fit their count' });
    this.#events?.submit(submit, offsets, bytes);
  }

  #flush(): void {
    let sent = 0;
    while (sent < this.#queue.length && this.#credit >= (this.#queue[sent] as Bytes).length) {
      const message = this.#queue[sent++] as Bytes;
      this.#credit -= message.length;
      this.#queuedBytes -= message.length;
      this.#options.socket.send(message);
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
  }
}
