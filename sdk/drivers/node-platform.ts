// A client in Node: libsodium decides on signatures.

import { WebSocket } from 'ws';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { socketPingMs } from '../../net/gateway/limits.ts';
import { handshakeTimeoutMs, maxNotificationBytes } from '../limits.ts';
import type { Platform } from '../platform.ts';
import { webPlatform } from './web-platform.ts';

/** a node that lives pings every 15 s (net/gateway/limits.ts) */
const silenceMs = 3 * socketPingMs;

export const nodePlatform: Platform = webPlatform(sodiumSuite, (url, events) => {
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: maxNotificationBytes,
    handshakeTimeout: handshakeTimeoutMs,
  });
  let failure: string | undefined;
  const watch = setTimeout(() => {
    failure ??= 'the node is silent';
    ws.terminate();
  }, silenceMs);
  watch.unref();
  ws.on('open', () => events.opened());
  ws.on('ping', () => watch.refresh());
  ws.on('message', (data) => events.message(data.toString()));
  ws.on('error', (error) => {
    failure ??= error.message;
  });
  ws.on('close', (code) => {
    clearTimeout(watch);
    events.closed(failure ?? `the node closed the connection (${code})`);
  });
  return {
    send(text) {
      if (ws.readyState === WebSocket.OPEN) ws.send(text);
    },
    close: () => ws.terminate(),
  };
});
