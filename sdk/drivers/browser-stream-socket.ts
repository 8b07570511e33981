// The stream's socket in a browser.

import type { OpenStreamSocket } from '../stream-client.ts';
import { openBrowserSocket } from './browser-socket.ts';

export const openBrowserStreamSocket: OpenStreamSocket = (url, events) => {
  const socket = openBrowserSocket(url, {
    ...events,
    message: (data) => events.message(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(0)),
  });
  return {
    send(message, flushed) {
      socket.send(message);
      flushed?.();
    },
    close: (reason) => socket.close(reason),
  };
};
