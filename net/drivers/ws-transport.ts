// Peers over WebSockets: mutual TLS 1.3 in earnest, plain sockets on loopback for measuring. Both ends prove their node
// id by the key of their certificate; what is not the expected node is dropped before it can say a word.

import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import {
  handshakeMs,
  maxInboundPerAddress,
  maxInboundSockets,
  maxUngreetedPerAddress,
  maxWireMessageBytes,
} from '../limits.ts';
import type { Channel, ConnectionEvents, NodeId, PeerAddress, Transport, TransportFault } from '../ports.ts';
import { createInboundLimit } from './inbound-limit.ts';
import { isLoopback } from './loopback.ts';
import { type NodeCertificate, nodeIdOf } from './node-certificate.ts';
import { WsConnection } from './ws-connection.ts';

export interface WsTransportOptions {
  readonly host: string;
  /** 0 picks a free one; see `port()` */
  readonly port: number;
  /** `plain`: no encryption and no proof of identity; refused on any address that is not loopback */
  readonly security:
    | { readonly mode: 'tls'; readonly certificate: NodeCertificate }
    | { readonly mode: 'plain'; readonly nodeId: NodeId };
  /** counts connections that are refused before they become a link, with the reason */
  readonly onRefused?: (reason: string) => void;
}

export interface WsTransport extends Transport {
  /** the port that it listens on; 0 before */
  port(): number;
}

const nodeHeader = 'x-psky-node';
const channelOfPath: Readonly<Record<string, Channel>> = { '/peer/control': 'control', '/peer/bulk': 'bulk' };

/** Bounds that `ws` itself keeps for each socket: one fragment a message, which comes in TLS records of up to 16 KiB. */
const wsLimits = {
  perMessageDeflate: false,
  maxPayload: maxWireMessageBytes,
  maxFragments: 4,
  maxBufferedChunks: 4_096,
  skipUTF8Validation: true,
} as const;

/** how often Node looks for connections whose time is over; 30 s by itself */
const connectionsCheckingInterval = 1_000;

export function createWsTransport(options: WsTransportOptions): WsTransport {
  const { security } = options;
  const onRefused = options.onRefused ?? (() => {});
  const self = security.mode === 'tls' ? security.certificate.nodeId : security.nodeId;
  const tls =
    security.mode === 'tls'
      ? {
          key: security.certificate.key,
          cert: security.certificate.certificate,
          minVersion: 'TLSv1.3' as const,
          rejectUnauthorized: false, // self-signed: the pin decides
        }
      : undefined;
  const connections = new Set<WsConnection>();
  let server: Server | undefined;

  const track = (connection: WsConnection, events: ConnectionEvents): ConnectionEvents => {
    connections.add(connection);
    return {
      message: (bytes) => events.message(bytes),
      closed(reason) {
        connections.delete(connection);
        events.closed(reason);
      },
    };
  };

  const identify = (socket: Socket, header: string | string[] | undefined): NodeId | undefined =>
    tls === undefined ? parseNodeId(header) : nodeIdOfSocket(socket);

  function refuse(socket: Socket, status: 403 | 404): void {
    onRefused(status === 403 ? 'not-accepted' : 'bad-request');
    socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    socket.destroySoon();
  }

  function listen(accept: Parameters<Transport['listen']>[0], done: (error: TransportFault | undefined) => void): void {
    if (tls === undefined && !isLoopback(options.host)) {
      done({ code: 'refused', message: `plain peer links are for loopback, not for ${options.host}` });
      return;
    }
    const http =
      tls === undefined
        ? createHttpServer({ connectionsCheckingInterval })
        : createHttpsServer({ ...tls, connectionsCheckingInterval, requestCert: true, handshakeTimeout: handshakeMs });
    const limit = createInboundLimit(
      { total: maxInboundSockets, perAddress: maxInboundPerAddress, ungreetedPerAddress: maxUngreetedPerAddress },
      onRefused,
    );
    const upgrader = new WebSocketServer({ noServer: true, ...wsLimits });
    upgrader.on('headers', (headers) => headers.push(`${nodeHeader}: ${self}`));
    server = http;
    http.headersTimeout = handshakeMs;
    http.requestTimeout = handshakeMs;
    http.on('connection', (socket: Socket) => limit.admit(socket));
    http.on('secureConnection', (socket: TLSSocket) => {
      if (nodeIdOfSocket(socket) !== undefined) return;
      onRefused('no-certificate');
      socket.destroy();
    });
    http.on('tlsClientError', () => onRefused('no-tls'));
    http.on('clientError', (_, socket) => {
      if (socket.destroyed) return; // refused already
      onRefused('bad-request');
      socket.destroy();
    });
    http.on('request', (_, response) => {
      onRefused('bad-request');
      response.writeHead(404, { connection: 'close' }).end();
    });
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (socket.destroyed) return; // without a certificate
      socket.on('error', () => socket.destroy());
      const peer = identify(socket, request.headers[nodeHeader]);
      const channel = channelOfPath[request.url ?? ''];
      if (peer === undefined || channel === undefined) return refuse(socket, 404);
      limit.greeted(socket);
      const connection = new WsConnection({ peer, channel, masked: false });
      const accepted = accept(connection);
      if (accepted === undefined) return refuse(socket, 403);
      const events = track(connection, accepted);
      upgrader.handleUpgrade(request, socket, head, (ws) => connection.attach(ws, socket, events));
      connection.abandonUnlessAttached(events);
    });
    http.once('error', (error: NodeJS.ErrnoException) =>
      done({ code: error.code === 'EADDRINUSE' ? 'address-in-use' : 'unreachable', message: error.message }),
    );
    http.listen(options.port, options.host, () => {
      http.removeAllListeners('error');
      http.on('error', () => {});
      done(undefined);
    });
  }

  function dial(
    target: PeerAddress,
    channel: Channel,
    done: Parameters<Transport['dial']>[2],
    events: ConnectionEvents,
  ): void {
    let answered = false;
    const answer = (error: TransportFault | undefined, connection?: WsConnection): void => {
      if (!answered) done(error, connection);
      answered = true;
    };
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    const ws = new WebSocket(`${tls === undefined ? 'ws' : 'wss'}://${host}:${target.port}/peer/${channel}`, {
      ...wsLimits,
      ...(tls === undefined ? { headers: { [nodeHeader]: self } } : { ...tls, servername: '' }),
      handshakeTimeout: handshakeMs,
      followRedirects: false,
    });
    let socket: Socket | undefined;
    ws.on('upgrade', (response) => {
      const pinned = identify(response.socket, response.headers[nodeHeader]) === target.nodeId;
      if (pinned) socket = response.socket;
      else answer({ code: 'wrong-identity', message: `another node answers at ${target.host}:${target.port}` });
    });
    ws.on('error', (error) => answer(faultOf(error)));
    ws.on('open', () => {
      if (socket === undefined) return ws.terminate();
      const connection = new WsConnection({ peer: target.nodeId, channel, masked: true });
      connection.attach(ws, socket, track(connection, events)); // nothing is read before this turn ends
      answer(undefined, connection);
    });
  }

  return {
    listen,
    dial,
    port() {
      const at = server?.address();
      return typeof at === 'object' && at !== null ? at.port : 0;
    },
    close() {
      server?.close();
      server?.closeAllConnections();
      for (const connection of connections) connection.destroy('transport closed');
    },
  };
}

function nodeIdOfSocket(socket: Socket): NodeId | undefined {
  return socket instanceof TLSSocket ? nodeIdOf(socket.getPeerX509Certificate()) : undefined;
}

function parseNodeId(header: string | string[] | undefined): NodeId | undefined {
  return typeof header === 'string' && /^[0-9a-f]{64}$/.test(header) ? (header as NodeId) : undefined;
}

function faultOf(error: NodeJS.ErrnoException): TransportFault {
  const { message } = error;
  if (message.startsWith('Unexpected server response')) return { code: 'refused', message };
  return { code: /timed? ?out/i.test(message) ? 'timeout' : 'unreachable', message };
}
