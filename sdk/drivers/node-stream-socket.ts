// The stream's socket in Node. A client's mask is all zeros: masks protect old proxies from scripts in browsers, and with
// zeros the bytes of a frame are neither copied nor changed, here and at the node.

import { WebSocket } from 'ws';
import { maxStreamFrameBytes } from '../../net/gateway/limits.ts';
import { handshakeTimeoutMs } from '../limits.ts';
import type { OpenStreamSocket } from '../stream-client.ts';
import { closeReason } from './web-platform.ts';

const closeGraceMs = 1_000;

export const openNodeStreamSocket: OpenStreamSocket = (url, events) => {
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: maxStreamFrameBytes,
    handshakeTimeout: handshakeTimeoutMs,
    generateMask: (mask) => mask.fill(0),
  });
  ws.binaryType = 'nodebuffer';
  let failure: string | undefined;
  ws.on('open', () => {
    (ws as unknown as { _socket?: { setNoDelay(on: boolean): void } })._socket?.setNoDelay(true);
    events.opened();
  });
  ws.on('message', (data) => events.message(data as Buffer));
  ws.on('error', (error) => {
    failure ??= error.message;
  });
  ws.on('close', (code) => events.closed(failure ?? `the node closed the stream (${code})`));
  return {
    send(message, flushed) {
      if (ws.readyState !== WebSocket.OPEN) {
        flushed?.();
        return;
      }
      ws.send(message, { binary: true }, flushed);
    },
    close(reason) {
      if (ws.readyState === WebSocket.CLOSED) return;
      ws.close(1000, closeReason(reason));
      const timer = setTimeout(() => ws.terminate(), closeGraceMs);
      timer.unref();
      ws.once('close', () => clearTimeout(timer));
    },
  };
};
