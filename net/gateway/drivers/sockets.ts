// The WebSocket side of the gateway: JSON-RPC as text at /v1/ws, the binary stream at /v1/stream. The same door, rights
// and bounds as for requests hold before the handshake.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Bytes } from '../../../lib/bytes.ts';
import { isLoopback } from '../../drivers/loopback.ts';
import { readJson } from '../formats.ts';
import {
  maxCallsInFlight,
  maxClientQueueBytes,
  maxRpcBodyBytes,
  maxSockets,
  maxSocketsPerAddress,
  maxStreamFrameBytes,
  socketPingMs,
} from '../limits.ts';
import type { GatewayFault, StreamHandler, TopicSource } from '../ports.ts';
import { rpcSocketPath, streamPath } from '../protocol.ts';
import { type RpcCaller, type RpcDispatcher, rpcErrorOf } from '../rpc.ts';
import { ClientStream, type StreamSocket } from '../stream-session.ts';
import { createSubscriptions } from '../subscriptions.ts';
import { endWithProblem, type Guard, traceparentOf } from './http.ts';

export interface SocketsOptions {
  readonly guard: Guard;
  readonly dispatcher: RpcDispatcher;
  readonly topics: ReadonlyMap<string, TopicSource>;
  readonly streamHandler: () => StreamHandler | undefined;
  readonly onLagged: (kind: 'rpc' | 'stream') => void;
  readonly refused: (reason: GatewayFault['name']) => void;
}

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** no new sockets; streams hear Goodbye */
  drain(reason: string): void;
  close(): void;
  count(kind: 'rpc' | 'stream'): number;
}

interface Client {
  readonly kind: 'rpc' | 'stream';
  readonly ws: WebSocket;
  readonly stream: ClientStream | undefined;
  answeredPing: boolean;
}

const wsLimits = { perMessageDeflate: false, noServer: true, maxFragments: 64, maxBufferedChunks: 16_384 } as const;

export function createSockets(options: SocketsOptions): Sockets {
  const { guard, dispatcher } = options;
  const upgraders = {
    [rpcSocketPath]: new WebSocketServer({ ...wsLimits, maxPayload: maxRpcBodyBytes }),
    [streamPath]: new WebSocketServer({ ...wsLimits, maxPayload: maxStreamFrameBytes, skipUTF8Validation: true }),
  } as const;
  const clients = new Set<Client>();
  const perAddress = new Map<string, number>();
  let draining = false;
  let lastId = 0;

  const pinger = setInterval(() => {
    for (const client of clients) {
      if (!client.answeredPing) {
        options.onLagged(client.kind);
        client.ws.terminate();
        continue;
      }
      client.answeredPing = false;
      client.ws.ping();
    }
  }, socketPingMs);
  pinger.unref();

  function refuse(socket: Socket, fault: GatewayFault): void {
    options.refused(fault.name);
    endWithProblem(socket, fault);
  }

  function crowded(from: string): GatewayFault | undefined {
    if (draining) return { name: 'node-not-ready', detail: 'The node is shutting down.' };
    if (clients.size >= maxSockets) return { name: 'gateway-busy' };
    return !isLoopback(from) && (perAddress.get(from) ?? 0) >= maxSocketsPerAddress
      ? { name: 'rate-limited' }
      : undefined;
  }

  function admit(client: Client, from: string): void {
    clients.add(client);
    perAddress.set(from, (perAddress.get(from) ?? 0) + 1);
    client.ws.on('pong', () => (client.answeredPing = true));
    client.ws.on('error', (error: NodeJS.ErrnoException) => {
      options.refused(error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'too-large' : 'bad-frame');
      client.ws.terminate();
    });
    client.ws.on('close', () => {
      clients.delete(client);
      const left = (perAddress.get(from) ?? 1) - 1;
      if (left === 0) perAddress.delete(from);
      else perAddress.set(from, left);
    });
  }

  function serveRpc(ws: WebSocket, request: IncomingMessage): void {
    let callsInFlight = 0;
    const send = (text: string): void => {
      if (ws.bufferedAmount > maxClientQueueBytes) {
        options.onLagged('rpc');
        return ws.terminate();
      }
      ws.send(text);
    };
    const principal = guard.principalOf(request);
    const subscriptions = createSubscriptions({
      topics: options.topics,
      notify: send,
      soon: setImmediate,
      onLagged: () => options.onLagged('rpc'),
    });
    const caller: RpcCaller = {
      principal,
      traceparent: traceparentOf(request),
      gone: () => ws.readyState !== ws.OPEN,
      may: (action, resource) => guard.may(principal, action, resource),
      own: subscriptions.methods,
    };
    ws.on('message', (data, isBinary) => {
      if (isBinary) return ws.close(1003, 'JSON-RPC is text');
      if (callsInFlight >= maxCallsInFlight) {
        return send(JSON.stringify({ jsonrpc: '2.0', id: null, error: rpcErrorOf({ name: 'gateway-busy' }) }));
      }
      callsInFlight++;
      dispatcher.handle(readJson(data.toString()), caller, (response) => {
        callsInFlight--;
        if (response !== undefined && !caller.gone()) send(JSON.stringify(response));
      });
    });
    ws.on('close', () => subscriptions.close());
    admit({ kind: 'rpc', ws, stream: undefined, answeredPing: true }, request.socket.remoteAddress ?? '');
  }

  function serveStream(ws: WebSocket, request: IncomingMessage, handler: StreamHandler): void {
    const stream = new ClientStream({
      id: `stream/${++lastId}`,
      principal: guard.principalOf(request),
      handler,
      socket: socketOf(ws, request.socket),
      soon: setImmediate,
      onLagged: () => options.onLagged('stream'),
    });
    ws.binaryType = 'nodebuffer';
    ws.on('message', (data, isBinary) => {
      if (isBinary) stream.message(data as Buffer);
      else stream.fail({ name: 'bad-frame', detail: 'the stream is binary' });
    });
    ws.on('close', () => stream.ended());
    admit({ kind: 'stream', ws, stream, answeredPing: true }, request.socket.remoteAddress ?? '');
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      const path = request.url?.split('?')[0];
      const handler = options.streamHandler();
      const known = path === rpcSocketPath || (path === streamPath && handler !== undefined);
      const turnedAway = guard.inspect(request);
      if (turnedAway !== undefined) return endWithProblem(socket, turnedAway);
      const fault =
        (known ? crowded(request.socket.remoteAddress ?? '') : ({ name: 'not-found' } as const)) ??
        (guard.may(guard.principalOf(request), path === streamPath ? 'submit' : 'read', path ?? '')
          ? undefined
          : ({ name: 'not-authorized' } as const));
      if (fault !== undefined) return refuse(socket, fault);
      upgraders[path as keyof typeof upgraders].handleUpgrade(request, socket, head, (ws) => {
        if (path === streamPath) serveStream(ws, request, handler as StreamHandler);
        else serveRpc(ws, request);
      });
    },
    drain(reason) {
      draining = true;
      for (const client of clients) client.stream?.close(reason);
    },
    close() {
      clearInterval(pinger);
      for (const client of clients) client.ws.terminate();
    },
    count: (kind) => [...clients].filter((client) => client.kind === kind).length,
  };
}

/** What one turn sends leaves in one system call. */
function socketOf(ws: WebSocket, socket: Socket): StreamSocket {
  let corked = false;
  return {
    get bufferedBytes() {
      return ws.bufferedAmount;
    },
    send(message: Bytes) {
      if (ws.readyState !== ws.OPEN) return;
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(() => {
          corked = false;
          socket.uncork();
        });
      }
      ws.send(message);
    },
    close: (reason) => ws.close(1000, reason.slice(0, 120)),
  };
}
