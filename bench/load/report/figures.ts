// The figures of a report: the few that matter as tiles, then tries and runs as tables.

import type { Observed } from '../experiment.ts';
import type { Try } from '../find-max.ts';
import { summarise } from '../latency.ts';
import { spreadOf } from '../spread.ts';
import { escapeText } from './escape.ts';
import { grouped, table } from './facts.ts';
import type { ReportData } from './page.ts';

export function keyFigures({ runs, tries, settings }: ReportData): string {
  if (runs.length === 0) return '';
  const medianOf = (of: (run: Observed) => number): number => spreadOf(runs.map(of)).median;
  const latency = (key: 'p50' | 'p99' | 'p999'): string =>
    `${grouped(
      medianOf(({ outcome }) => summarise(outcome.latencies)?.[key] ?? 0),
      1,
    )} ms`;
  const { max } = settings as { max?: number };
  const lost = runs.reduce((sum, { outcome }) => sum + outcome.lost, 0);
  const perSecond = medianOf(({ outcome, plan }) => outcome.counts.committed / plan.seconds);
  const tiles = [
    tries.length > 0 ? ['highest rate', `${grouped(max ?? 0)}/s`] : ['committed', `${grouped(perSecond)}/s`],
    ['p50', latency('p50')],
    ['p99', latency('p99')],
    ['p99.9', latency('p999')],
    ['lost', grouped(lost)],
  ] as const;
  const shown = tiles.map(([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`);
  const note = runs.length > 1 ? `<p>Medians of ${runs.length} runs.</p>` : '';
  return `<dl class="tiles">${shown.join('')}</dl>${note}`;
}

export function triesTable(tries: readonly Try[]): string {
  if (tries.length === 0) return '';
  const rows = tries.map(({ rate, offered, committed, p99, ok }) => [
    `${grouped(rate)}/s`,
    grouped(offered),
    offered === 0 ? '' : `${((100 * committed) / offered).toFixed(1)} %`,
    p99 === null ? 'nothing became final' : `${grouped(p99, 1)} ms`,
    ok ? 'ok' : 'too much',
  ]);
  return `<section><h2>Tries</h2>${table(rows, ['rate', 'offered', 'committed', 'p99', ''])}</section>`;
}

export function runsTable(runs: readonly Observed[]): string {
  const rows = runs.map(({ outcome }, i) => {
    const { counts, lost, latencies } = outcome;
    const latency = summarise(latencies);
    const ms = [latency?.p50, latency?.p99, latency?.p999, latency?.max].map((value) =>
      value === undefined ? '' : grouped(value, 1),
    );
    return [`${i + 1}`, ...[counts.offered, counts.committed, counts.refused, lost].map((n) => grouped(n)), ...ms];
  });
  if (rows.length === 0) return '';
  const head = ['run', 'offered', 'committed', 'refused', 'lost', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms'];
  return `<section><h2>${rows.length > 1 ? 'Runs' : 'Run'}</h2>${table(rows, head)}</section>`;
}
