// Servers that speak the stream's protocol without a node: frames are accepted into batches of a shared chain, which
// commits them after a delay; a server can be killed, stall, refuse, and swallow notices. Bytes are counted as the
// protocol demands.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Hash } from '../../../lib/hash.ts';
import { sha256Hex } from '../../../lib/hash.ts';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeNodeFrame,
  entryOffsets,
  type NodeFrame,
  type Place,
  type Submit,
} from '../../../net/gateway/protocol.ts';

export interface FakeBatch {
  readonly place: Place;
  readonly count: number;
  height: number | undefined;
  /** entry index → code */
  readonly codes: Map<number, number>;
  readonly watchers: { socket: Session; frame: number; accepted: readonly number[] }[];
}

export interface FakeBehaviour {
  readonly answerMs?: number;
  readonly commitMs?: number;
  readonly creditBytes?: number;
  /** admission code of entry i of a frame; 0 accepts */
  readonly admit?: (submit: Submit, index: number) => number;
  /** code at execution */
  readonly execute?: (submit: Submit, index: number) => number;
  /** a frame whose answer is swallowed although it is accepted */
  readonly swallowAnswer?: (submit: Submit) => boolean;
  /** a frame whose notice is swallowed */
  readonly swallowNotice?: (submit: Submit) => boolean;
  /** a frame that is accepted and never ordered */
  readonly loses?: (submit: Submit) => boolean;
}

/** What all servers share: the batches, what was seen, and the order. */
export class FakeChain {
  readonly id = sha256Hex(new Uint8Array([7])) as Hash;
  readonly batches = new Map<string, FakeBatch>();
  readonly seen = new Map<string, number>();
  height = 0;
  seq = 0;
  entryBytes = 0;
  orderingStopped = false;
}

export class FakeServer {
  readonly chain: FakeChain;
  behaviour: FakeBehaviour;
  readonly frames: Submit[] = [];
  watches = 0;
  overCredit = 0;
  paused = false;
  readonly #http: Server;
  readonly #wss: WebSocketServer;
  readonly #lane: number;
  rpc = '';

  constructor(chain: FakeChain, lane: number, behaviour: FakeBehaviour = {}) {
    this.chain = chain;
    this.behaviour = behaviour;
    this.#lane = lane;
    this.#http = createServer((request, response) => this.#rpc(request, response));
    this.#wss = new WebSocketServer({ server: this.#http, path: '/v1/stream', maxPayload: 4 << 20 });
    this.#wss.on('connection', (ws) => new Session(this, ws));
  }

  get lane(): number {
    return this.#lane;
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) => {
      this.#http.listen(port, '127.0.0.1', () => {
        this.rpc = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
        resolve();
      });
    });
  }

  kill(): void {
    for (const ws of this.#wss.clients) ws.terminate();
    this.#wss.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #rpc(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const call = JSON.parse(Buffer.concat(parts).toString()) as { method: string; params: { from: number } };
      const result = call.method === 'blocks' ? { blocks: this.#blocks(call.params.from) } : this.#status();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
    });
  }

  #status(): object {
    const open = [...this.chain.batches.values()].some((batch) => batch.height === undefined);
    return { chains: [{ chain: this.chain.id, state: open ? 'ok' : 'idle' }] };
  }

  #blocks(from: number): object[] {
    const committed = [...this.chain.batches.values()].filter((batch) => (batch.height ?? 0) >= from);
    committed.sort((a, b) => (a.height as number) - (b.height as number));
    return committed.slice(0, 100).map((batch) => ({
      height: batch.height,
      batches: [{ lane: batch.place.lane, seq: batch.place.seq, digest: batch.place.digest, count: batch.count }],
    }));
  }
}

class Session {
  readonly #server: FakeServer;
  readonly #ws: WebSocket;
  #given = 0;
  #lastFrame = -1;

  constructor(server: FakeServer, ws: WebSocket) {
    this.#server = server;
    this.#ws = ws;
    ws.on('message', (data: Buffer) => {
      if (server.paused) return;
      const decoded = decodeClientFrame(data);
      if (!decoded.ok) return ws.terminate();
      this.#take(decoded.value, data.length);
    });
  }

  send(frame: NodeFrame): void {
    this.#ws.send(encodeNodeFrame(frame));
  }

  #take(frame: ClientFrame, length: number): void {
    const { chain, behaviour } = this.#server;
    switch (frame.type) {
      case 'open':
        this.#given = behaviour.creditBytes ?? 4 << 20;
        return this.send({ type: 'opened', version: 1, chain: chain.id, height: chain.height, credit: this.#given });
      case 'submit':
        this.#given -= length;
        if (this.#given < 0 || frame.frame <= this.#lastFrame) this.#server.overCredit++;
        this.#lastFrame = frame.frame;
        this.#server.frames.push(frame);
        return void setTimeout(() => this.#accept(frame, length), behaviour.answerMs ?? 1);
      case 'watch':
        this.#server.watches++;
        return this.#watch(chain.batches.get(frame.place.digest) as FakeBatch, frame.frame, frame.accepted);
      default:
        return;
    }
  }

  #accept(submit: Submit, length: number): void {
    const { chain, behaviour, lane } = this.#server;
    const offsets = entryOffsets(submit.entries, submit.count) as Uint32Array;
    const accepted: number[] = [];
    const refused: number[] = [];
    const codes = new Map<number, number>();
    let offset = 0;
    for (let i = 0; i < submit.count; i++) {
      const entry = submit.entries.subarray((offsets[i] as number) + 4, offsets[i + 1]);
      const code = behaviour.admit?.(submit, i) ?? 0;
      if (code !== 0) {
        refused.push(i, code);
        continue;
      }
      chain.entryBytes = Math.max(chain.entryBytes, entry.length);
      const key = Buffer.from(entry).toString('latin1');
      chain.seen.set(key, (chain.seen.get(key) ?? 0) + 1);
      const executed = behaviour.execute?.(submit, i) ?? 0;
      if (executed !== 0) codes.set(offset, executed);
      accepted.push(i, 1);
      offset++;
    }
    const seq = chain.seq++;
    const place: Place = { lane, seq, digest: sha256Hex(new Uint8Array([seq, seq >>> 8, seq >>> 16])), offset: 0 };
    const batch: FakeBatch = { place, count: offset, height: undefined, codes, watchers: [] };
    chain.batches.set(place.digest, batch);
    this.#given += length;
    this.send({ type: 'credit', bytes: length });
    if (behaviour.swallowAnswer?.(submit) !== true) {
      this.send({ type: 'answer', frame: submit.frame, accepted, refused, place: offset === 0 ? null : place });
    }
    if (behaviour.swallowNotice?.(submit) !== true) this.#watch(batch, submit.frame, accepted);
    if (behaviour.loses?.(submit) !== true) commitLater(chain, batch, behaviour.commitMs ?? 5);
  }

  #watch(batch: FakeBatch, frame: number, accepted: readonly number[]): void {
    if (batch.height === undefined) batch.watchers.push({ socket: this, frame, accepted });
    else this.notify(batch, frame, accepted);
  }

  notify(batch: FakeBatch, frame: number, accepted: readonly number[]): void {
    const ranges: number[] = [];
    const exceptions: number[] = [];
    let offset = 0;
    for (let i = 0; i < accepted.length; i += 2) {
      ranges.push(frame, accepted[i] as number, accepted[i + 1] as number);
      for (let k = 0; k < (accepted[i + 1] as number); k++, offset++) {
        const code = batch.codes.get(offset);
        if (code !== undefined) exceptions.push(frame, (accepted[i] as number) + k, code);
      }
    }
    this.send({ type: 'notice', height: batch.height as number, timeMs: 1, ranges, exceptions });
  }
}

function commitLater(chain: FakeChain, batch: FakeBatch, ms: number): void {
  setTimeout(() => {
    if (chain.orderingStopped) return commitLater(chain, batch, 20);
    batch.height = ++chain.height;
    for (const { socket, frame, accepted } of batch.watchers) socket.notify(batch, frame, accepted);
  }, ms);
}
