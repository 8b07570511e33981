// What browsers and Node have in common: fetch, Web Crypto, timers.

import type { SignatureSuite } from '../../lib/suites/suite.ts';
import type { Platform } from '../platform.ts';

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
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return response.text();
    },
  };
}
