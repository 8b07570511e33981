// What browsers and Node have in common: fetch, Web Crypto, timers, the end of a WebSocket.

import type { SignatureSuite } from '../../lib/suites/suite.ts';
import type { Platform } from '../platform.ts';

/** What a WebSocket takes as the reason of its end: 123 bytes at most, here of ASCII. */
export function closeReason(reason: string): string {
  return reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}

const maxRandomBytes = 65_536; // getRandomValues gives no more at once

export function webPlatform(suite: SignatureSuite, openSocket: Platform['openSocket']): Platform {
  return {
    suite,
    openSocket,
    randomBytes(length) {
      const bytes = new Uint8Array(length);
      for (let from = 0; from < length; from += maxRandomBytes) {
        globalThis.crypto.getRandomValues(bytes.subarray(from, from + maxRandomBytes));
      }
      return bytes;
    },
    wallMs: () => Date.now(),
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async postJson(url, body, timeoutMs) {
      // a timer that keeps a process alive: where a server hangs up at once, Node's fetch waits and nothing else does
      const over = new AbortController();
      const timer = setTimeout(() => over.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      try {
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(url, { method: 'POST', headers, body, signal: over.signal });
        return await response.text();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
