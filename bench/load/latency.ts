// Latency from the intended send to the commit notice, in microseconds. Because it counts from when a command was due and
// not from when it could be sent, a system that stands still for a second shows that second in every command due in it:
// the figures are corrected for coordinated omission.

import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { longestLatencyUs } from './limits.ts';

/** Entries whose intended times lie this close together are recorded as one value: recording costs 135 ns. */
const sameTimeMs = 0.05;

export function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestLatencyUs,
    numberOfSignificantValueDigits: 3,
  });
}

export const packHistogram = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram);
export const unpackHistogram = (packed: string): Histogram => decodeFromCompressedBase64(packed, 32, false);

/**
 * Records entries that became final together and were due one after the other.
 *
 * @param range firstLatencyMs: of the first of them, which waited longest
 *   weight: commands of one entry
 */
export function recordRange(
  histogram: Histogram,
  range: {
    readonly firstLatencyMs: number;
    readonly count: number;
    readonly msPerEntry: number;
    readonly weight: number;
  },
): void {
  const step = Math.max(1, Math.floor(sameTimeMs / range.msPerEntry));
  for (let i = 0; i < range.count; i += step) {
    const latencyUs = Math.round((range.firstLatencyMs - i * range.msPerEntry) * 1000);
    const weight = Math.min(step, range.count - i) * range.weight;
    histogram.recordValueWithCount(Math.min(Math.max(latencyUs, 1), longestLatencyUs), weight);
  }
}

export interface LatencyMs {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export function summarise(histogram: Histogram): LatencyMs | null {
  if (histogram.totalCount === 0) return null;
  const at = (percentile: number): number => toMs(histogram.getValueAtPercentile(percentile));
  return { p50: at(50), p99: at(99), p999: at(99.9), max: toMs(histogram.maxValue) };
}

/** Share of the commands, 0 to 1, that took at most `ms`. */
export function shareWithin(histogram: Histogram, ms: number): number {
  let low = 0;
  let high = 100;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (histogram.getValueAtPercentile(middle) <= ms * 1000) low = middle;
    else high = middle;
  }
  return histogram.maxValue <= ms * 1000 ? 1 : low / 100;
}

const toMs = (us: number): number => Math.round(us / 10) / 100;
