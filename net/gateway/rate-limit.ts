// A bucket of requests per remote address: bursts of two seconds' worth, then the configured pace.

import { maxRememberedAddresses, maxRequestsPerSecond } from './limits.ts';

export interface RateLimit {
  /** @param nowMs of a monotonic clock. @returns false when the address has spent its share */
  allow(address: string, nowMs: number): boolean;
}

export function createRateLimit(perSecond: number = maxRequestsPerSecond): RateLimit {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return {
    allow(address, nowMs) {
      const known = buckets.get(address);
      const full = 2 * perSecond;
      const left = known === undefined ? full : Math.min(full, known.left + ((nowMs - known.atMs) / 1000) * perSecond);
      buckets.delete(address); // the map's order is the order of last sight
      buckets.set(address, { left: left >= 1 ? left - 1 : left, atMs: nowMs });
      if (buckets.size > maxRememberedAddresses) buckets.delete(buckets.keys().next().value as string);
      return left >= 1;
    },
  };
}
