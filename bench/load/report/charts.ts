// The curves of a report: throughput and latency over time, latency against load, and what each validator took.

import type { Observed } from '../experiment.ts';
import type { Try } from '../find-max.ts';
import { summarise } from '../latency.ts';
import { type Chart, type ChartSeries, lineChart } from './chart.ts';
import type { ReportData } from './page.ts';

export function chartsOf({ runs, tries }: ReportData): string {
  const run = middleRun(runs);
  const charts = [...(run === undefined ? [] : overTime(run)), ...(tries.length === 0 ? [] : [againstLoad(tries)])];
  return charts.map(lineChart).join('');
}

/** Of several, the one whose p99 is the median. */
function middleRun(runs: readonly Observed[]): Observed | undefined {
  const p99 = ({ outcome }: Observed): number => summarise(outcome.latencies)?.p99 ?? Number.POSITIVE_INFINITY;
  return [...runs].sort((a, b) => p99(a) - p99(b))[runs.length >> 1];
}

const time = 'seconds since the measured part began';

function overTime({ outcome, samples, plan }: Observed): Chart[] {
  const { series } = outcome;
  const middle = ({ fromMs, toMs }: { fromMs: number; toMs: number }): number => (fromMs + toMs) / 2000;
  const rate = (key: 'offered' | 'committed'): ChartSeries['points'] =>
    series.map((each) => [middle(each), (each[key] * 1000) / Math.max(1, each.toMs - each.fromMs)]);
  const latency = (key: 'p50' | 'p99'): ChartSeries['points'] =>
    series.filter((each) => each[key] !== null).map((each) => [middle(each), each[key] as number]);
  const since = (atMs: number): number => (atMs - outcome.measuredFrom) / 1000;
  const from = plan.warmUpSeconds > 0 ? { from: 0 } : {};
  return [
    {
      ...{ title: 'Throughput', x: time, y: 'commands/s', ...from },
      series: [
        { name: 'offered', points: rate('offered'), color: 1 },
        { name: 'committed', points: rate('committed'), color: 0 },
      ],
    },
    {
      ...{ title: 'Latency', x: time, y: 'ms', scale: 'log', ...from },
      series: [
        { name: 'p50', points: latency('p50'), color: 0 },
        { name: 'p99', points: latency('p99'), color: 1 },
      ],
    },
    {
      ...{ title: 'CPU of the validators', x: time, y: '% of a core', ...from },
      series: samples.map(({ name, samples: own }) => ({
        name,
        points: shares(own).map(([at, share]) => [since(at), share]),
      })),
    },
    {
      ...{ title: 'Memory of the validators', x: time, y: 'MiB resident', ...from },
      series: samples.map(({ name, samples: own }) => ({
        name,
        points: own.map(({ atMs, rssBytes }) => [since(atMs), rssBytes / 2 ** 20]),
      })),
    },
  ];
}

/** Of CPU between one sample and the next; samples that lie close together tell only the grain of the clock. */
function shares(samples: Observed['samples'][number]['samples']): [number, number][] {
  const points: [number, number][] = [];
  let last = samples[0];
  for (const each of samples.slice(1)) {
    if (last === undefined || each.atMs - last.atMs < 500) continue;
    points.push([
      (each.atMs + last.atMs) / 2,
      (100_000 * (each.cpuSeconds - last.cpuSeconds)) / (each.atMs - last.atMs),
    ]);
    last = each;
  }
  return points;
}

function againstLoad(tries: readonly Try[]): Chart {
  const points = (ok: boolean): ChartSeries['points'] =>
    tries.filter((tried) => tried.ok === ok && tried.p99 !== null).map(({ rate, p99 }) => [rate, p99 as number]);
  return {
    ...{ title: 'Latency against load', x: 'commands/s offered', y: 'p99 in ms', scale: 'log' },
    bound: { at: 1_000, name: 'p99 = 1 s' },
    series: [
      { name: 'borne', points: points(true), color: 0, marks: 'filled' },
      { name: 'too much', points: points(false), color: 1, marks: 'hollow' },
    ],
  };
}
