// Bytes per second with a burst of two seconds' worth: what a peer that is no validator may send, and be served.

import { type Ms, milliseconds } from '../lib/units.ts';

export interface Budget {
  /** @returns how long to wait before going on; 0 while there is budget left */
  spend(bytes: number, nowMs: number): Ms;
}

export function createBudget(bytesPerSecond: number, startMs: number): Budget {
  let left = 2 * bytesPerSecond;
  let atMs = startMs;
  return {
    spend(bytes, nowMs) {
      const earned = ((nowMs - atMs) / 1000) * bytesPerSecond;
      left = Math.min(2 * bytesPerSecond, left + earned) - bytes;
      atMs = nowMs;
      return milliseconds(left >= 0 ? 0 : Math.ceil((-left / bytesPerSecond) * 1000));
    },
  };
}
