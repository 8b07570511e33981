// What browsers and Node have in common: fetch, Web Crypto, timers, the end of a WebSocket.

import { concatBytes, toUtf8 } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import { maxAnswerBytes } from '../limits.ts';
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
        return await textOf(response);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** @throws PskyError `answer-too-long`; whoever answers need not be trusted to end */
async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    length += next.value.length;
    if (length > maxAnswerBytes) {
      void reader?.cancel().catch(() => {}); // nothing of it matters any more
      throw new PskyError('answer-too-long', `${response.url}: over ${maxAnswerBytes} bytes.`);
    }
    parts.push(next.value);
  }
  const text = toUtf8(concatBytes(parts));
  if (text === undefined) throw new Error('the answer is no UTF-8');
  return text;
}
