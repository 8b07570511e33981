// What `psky load` says at its end: the figures for programs, a table and a small histogram for people.

import { type LatencyMs, type LoadOutcome, shareWithin, summarise } from '../../bench/load/index.ts';
import { formatTable } from '../output.ts';
import type { PreparedLoad } from './load-plan.ts';

const noLatency = { p50: null, p99: null, p999: null, max: null };

export function loadResult(load: PreparedLoad, outcome: LoadOutcome): object {
  const { plan, chain, targets } = load;
  const { counts, lost, unsettled, missing } = outcome;
  return {
    offered: counts.offered,
    accepted: counts.accepted,
    committed: counts.committed,
    refused: counts.refused,
    lost,
    latencyMs: summarise(outcome.latencies) ?? noLatency,
    corrected: true,
    mode: plan.mode,
    rate: plan.rate,
    size: plan.size,
    seconds: plan.seconds,
    clients: plan.clients,
    chain: chain.entry.name,
    validators: targets.map((target) => target.name),
    reasons: counts.reasons,
    unsettled,
    missing,
    resentFrames: counts.resentFrames,
    reconnects: counts.reconnects,
    disconnects: outcome.disconnects,
    generator: { processes: outcome.processes, cores: Math.round(outcome.generatorCores * 100) / 100 },
  };
}

export function loadText(load: PreparedLoad, outcome: LoadOutcome): string {
  const { plan, chain, targets } = load;
  const { counts } = outcome;
  const title =
    `${plan.mode} · ${figure(plan.rate)}/s for ${plan.seconds} s · ${plan.size} B · ` +
    `${plan.clients} clients · chain ${chain.entry.name} · ${targets.map((target) => target.name).join(' ')}`;
  return [title, '', figures(outcome), ...remarks(outcome), '', ...latencyText(outcome)].join('\n');

  function figures({ lost }: LoadOutcome): string {
    const rows = [
      ['offered', figure(counts.offered)],
      ['accepted', figure(counts.accepted)],
      ['committed', figure(counts.committed), share(counts.committed, counts.offered)],
      ['refused', figure(counts.refused), reasonsText(counts.reasons)],
      ['lost', figure(lost)],
    ] as const;
    const width = Math.max(...rows.map(([, value]) => value.length));
    return formatTable(rows.map(([name, value, more]) => [name, value.padStart(width), more ?? '']));
  }
}

function remarks({ unsettled, missing, counts, generatorCores, processes }: LoadOutcome): string[] {
  const lines: string[] = [];
  if (unsettled > 0) {
    lines.push(
      `${figure(unsettled)} accepted commands are not final: ${missing.join(', ')} must answer before they can be judged.`,
    );
  }
  if (counts.resentFrames > 0) {
    lines.push(`${counts.resentFrames} frames that were never answered went to another validator.`);
  }
  if (generatorCores > 0.8 * processes) {
    lines.push('The generator itself was short of CPU: its own delay is part of the latencies.');
  }
  return lines.length === 0 ? [] : ['', ...lines];
}

function latencyText({ latencies }: LoadOutcome): string[] {
  const latency = summarise(latencies);
  if (latency === null) return ['No command became final.'];
  return [
    'ms from the intended send to the commit notice (corrected for coordinated omission)',
    `p50 ${latency.p50}   p99 ${latency.p99}   p99.9 ${latency.p999}   max ${latency.max}`,
    '',
    ...bars(latency, (ms) => shareWithin(latencies, ms)),
  ];
}

const bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 600_000];
const barWidth = 40;

/** One line per class of latency that holds anything, and those between them. */
function bars(latency: LatencyMs, within: (ms: number) => number): string[] {
  let below = 0;
  const lines: string[] = [];
  for (const bound of bounds) {
    const upTo = within(bound);
    const part = upTo - below;
    below = upTo;
    if (lines.length === 0 && part < 0.00005) continue;
    const bar = '█'.repeat(Math.round(part * barWidth)) || (part > 0.00005 ? '▏' : '');
    lines.push(`≤ ${String(bound).padStart(6)} ms  ${bar.padEnd(barWidth)} ${(part * 100).toFixed(2).padStart(6)} %`);
    if (bound >= latency.max) break;
  }
  return lines;
}

const figure = (value: number): string => value.toLocaleString('en-US');
const share = (part: number, whole: number): string => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`);

function reasonsText(reasons: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `${reason} ${figure(count)}`).join(', ');
}
