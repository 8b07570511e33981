// A WebSocket of the browser, as the stream and subscriptions use it.

import { closeReason } from './web-platform.ts';

/** The part of it that we use: the types of this project know no browser. */
interface BrowserSocket {
  binaryType: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: Uint8Array | string): void;
  close(code: number, reason: string): void;
}

interface BrowserSocketEvents {
  opened(): void;
  /** text, or an ArrayBuffer */
  message(data: unknown): void;
  /** once, also when it never opened */
  closed(reason: string): void;
}

const open = 1;

export function openBrowserSocket(
  url: string,
  events: BrowserSocketEvents,
): { send(data: Uint8Array | string): void; close(reason: string): void } {
  const { WebSocket } = globalThis as unknown as { readonly WebSocket: new (url: string) => BrowserSocket };
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => events.message(data);
  socket.onclose = ({ code, reason }) => events.closed(reason || `the node closed the connection (${code})`);
  return {
    send(data) {
      if (socket.readyState === open) socket.send(data); // copies
    },
    close: (reason) => socket.close(1000, closeReason(reason)),
  };
}
