// What the generators of a run report, summed as it comes: counts, latencies, and a curve of about one point a second.

import type { Histogram } from 'hdr-histogram-js';
import { addCounts, type Counts, noCounts } from './counts.ts';
import { type Gaps, longerGaps, noGaps } from './gaps.ts';
import type { GeneratorReport } from './generator.ts';
import { type LatencyMs, newHistogram, summarise, unpackHistogram } from './latency.ts';

/** About one second of the run, warm-up included: for curves. */
export interface LoadSecond {
  /** since the measured part began; negative in the warm-up */
  readonly fromMs: number;
  readonly toMs: number;
  readonly offered: number;
  readonly committed: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** that ended in it, on the clock of `fromMs`; of several processes the longest */
  readonly gaps: Gaps;
}

interface Sums {
  readonly counts: Counts;
  readonly warmUp: Counts;
}

export class Tally {
  /** of the measured part */
  readonly latencies: Histogram = newHistogram();
  /** by generator: their counts are sums since the start, latencies and gaps are news */
  readonly #newest: Sums[];
  readonly #recent = newHistogram();
  readonly #second = newHistogram();
  #secondGaps = noGaps;
  /** where the last point of the curve ends */
  #base: { readonly toMs: number; readonly offered: number; readonly committed: number };
  readonly #series: LoadSecond[] = [];

  /** @param fromMs where the curve begins */
  constructor(generators: number, fromMs: number) {
    this.#newest = Array.from({ length: generators }, () => ({ counts: noCounts(), warmUp: noCounts() }));
    this.#base = { toMs: fromMs, offered: 0, committed: 0 };
  }

  /** The curve shows the warm-up too; `latencies` does not. @param report with its gaps on the clock of the curve */
  add(generator: number, report: GeneratorReport): void {
    this.#newest[generator] = report;
    this.#secondGaps = longerGaps(this.#secondGaps, report.gaps);
    this.#record(report.latencies, [this.latencies, this.#recent, this.#second]);
    this.#record(report.warmUpLatencies, [this.#recent, this.#second]);
  }

  sums(): Sums {
    const sums = { counts: noCounts(), warmUp: noCounts() };
    for (const newest of this.#newest) {
      addCounts(sums.counts, newest.counts);
      addCounts(sums.warmUp, newest.warmUp);
    }
    return sums;
  }

  /** @returns of what became final since it was taken last */
  takeRecent(): LatencyMs | null {
    const recent = summarise(this.#recent);
    this.#recent.reset();
    return recent;
  }

  #record(packed: string, histograms: readonly Histogram[]): void {
    if (packed === '') return;
    const latencies = unpackHistogram(packed);
    for (const histogram of histograms) histogram.add(latencies as never);
  }

  /** So much time has passed: a point is added once a second. */
  passed(toMs: number): void {
    if (toMs - this.#base.toMs >= 1000) this.#addPoint(toMs);
  }

  /** The whole curve, with a last point at the end. */
  seriesTo(toMs: number): readonly LoadSecond[] {
    if (toMs > this.#base.toMs) this.#addPoint(toMs);
    return this.#series;
  }

  #addPoint(toMs: number): void {
    const { counts, warmUp } = this.sums();
    const offered = counts.offered + warmUp.offered;
    const committed = counts.committed + warmUp.committed;
    const latency = summarise(this.#second);
    this.#series.push({
      fromMs: this.#base.toMs,
      toMs,
      offered: offered - this.#base.offered,
      committed: committed - this.#base.committed,
      p50: latency?.p50 ?? null,
      p99: latency?.p99 ?? null,
      gaps: this.#secondGaps,
    });
    this.#second.reset();
    this.#secondGaps = noGaps;
    this.#base = { toMs, offered, committed };
  }
}
