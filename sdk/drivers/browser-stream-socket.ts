// The stream's socket in a browser.

import type { OpenStreamSocket } from '../stream-client.ts';

/** The part of the browser's WebSocket that we use: the types of this project know no browser. */
interface BrowserSocket {
  binaryType: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: Uint8Array): void;
  close(code: number, reason: string): void;
}

const open = 1;

export const openBrowserStreamSocket: OpenStreamSocket = (url, events) => {
  const { WebSocket } = globalThis as unknown as { readonly WebSocket: new (url: string) => BrowserSocket };
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) =>
    events.message(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(0));
  socket.onclose = ({ code, reason }) => events.closed(reason || `the node closed the stream (${code})`);
  return {
    send(message, flushed) {
      if (socket.readyState === open) socket.send(message); // copies
      flushed?.();
    },
    close: (reason) => socket.close(1000, reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120)),
  };
};
