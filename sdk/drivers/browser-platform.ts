// A client in a browser: noble decides on signatures.

import { nobleSuite } from '../../lib/suites/noble.ts';
import type { Platform } from '../platform.ts';
import { openBrowserSocket } from './browser-socket.ts';
import { webPlatform } from './web-platform.ts';

export const browserPlatform: Platform = webPlatform(nobleSuite, (url, events) => {
  const socket = openBrowserSocket(url, {
    ...events,
    message: (data) => events.message(typeof data === 'string' ? data : ''),
  });
  return { send: (text) => socket.send(text), close: () => socket.close('') };
});
