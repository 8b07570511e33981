// What `psky load` says at its end: the figures for programs, a table and a small histogram for people; of one run, and
// of several with their medians and spread.

import {
  type Calibrations,
  type Conditions,
  gapMs,
  type LatencyMs,
  type LoadOutcome,
  longestGaps,
  type Observed,
  type Spread,
  shareWithin,
  spreadOf,
  summarise,
} from '../../bench/load/index.ts';
import { formatTable } from '../output.ts';
import { conditionsText, figure, latencyText, milliseconds, usesText } from './figures.ts';
import type { PreparedLoad } from './load-plan.ts';
import { profileText } from './profile-text.ts';

export interface Measured {
  readonly load: PreparedLoad;
  /** at least one */
  readonly runs: readonly Observed[];
  readonly calibration: Calibrations;
  readonly conditions: Conditions;
}

/** where no command became final */
export const noLatency = { p50: null, p99: null, p999: null, max: null };

export function loadResult({ load, runs, calibration, conditions }: Measured): object {
  const [first] = runs as [Observed];
  const figures = runs.length === 1 ? runResult(first) : manyResult(runs);
  return { ...figures, ...settings(load), ...conditions, calibration };
}

/** What stayed the same in all runs. */
export function settings({ plan, chain, site, peerTls }: PreparedLoad): object {
  return {
    mode: plan.mode,
    rate: plan.rate,
    size: plan.size,
    seconds: plan.seconds,
    warmUpSeconds: plan.warmUpSeconds,
    ...(plan.mode === 'bundle' ? { bundle: plan.commandsPerEntry } : {}),
    clients: plan.clients,
    chain: chain.entry.name,
    validators: site.validators.map(({ name }) => name),
    peerTls,
  };
}

export function runResult({ outcome, uses, profile, restless }: Observed): object {
  const { counts, warmUp } = outcome;
  return {
    offered: counts.offered,
    accepted: counts.accepted,
    committed: counts.committed,
    refused: counts.refused,
    lost: outcome.lost,
    latencyMs: summarise(outcome.latencies) ?? noLatency,
    corrected: true,
    reasons: counts.reasons,
    unsettled: outcome.unsettled,
    missing: outcome.missing,
    restless,
    resentFrames: counts.resentFrames + warmUp.resentFrames,
    reconnects: counts.reconnects,
    disconnects: outcome.disconnects,
    gapsMs: gapsResult(outcome),
    warmUp: { offered: warmUp.offered, committed: warmUp.committed, refused: warmUp.refused },
    generator: { processes: outcome.processes, cores: Math.round(outcome.generatorCores * 100) / 100 },
    resources: uses,
    ...(profile === undefined ? {} : { profile: profile.summary }),
  };
}

/** The longest of the measured part, in milliseconds. */
function gapsResult({ series, measuredFrom, measuredTo }: LoadOutcome): object {
  const { standing, reconnected, all } = longestGaps(series, { fromMs: 0, sentMs: measuredTo - measuredFrom });
  const short = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 100) / 100);
  return { standing: short(gapMs(standing)), reconnected: short(gapMs(reconnected)), all: short(gapMs(all)) };
}

/** Counts are sums, latencies the medians of the runs. */
function manyResult(runs: readonly Observed[]): object {
  const sum = (of: (outcome: LoadOutcome) => number): number => runs.reduce((all, { outcome }) => all + of(outcome), 0);
  const spread = spreadsOf(runs);
  const median = (key: string): number | null => spread[key]?.median ?? null;
  const latencyMs = { p50: median('p50'), p99: median('p99'), p999: median('p999'), max: median('max') };
  return {
    offered: sum(({ counts }) => counts.offered),
    accepted: sum(({ counts }) => counts.accepted),
    committed: sum(({ counts }) => counts.committed),
    refused: sum(({ counts }) => counts.refused),
    lost: sum(({ lost }) => lost),
    unsettled: sum(({ unsettled }) => unsettled),
    latencyMs,
    corrected: true,
    spread,
    runs: runs.map(runResult),
  };
}

/** Commands committed a second of the schedule, and latencies in milliseconds. */
function spreadsOf(runs: readonly Observed[]): Readonly<Record<string, Spread>> {
  const perSecond = runs.map(({ outcome, plan }) => Math.round(outcome.counts.committed / plan.seconds));
  const latencies = runs.map(({ outcome }) => summarise(outcome.latencies)).filter((each) => each !== null);
  const spreads: Record<string, Spread> = { committedPerSecond: spreadOf(perSecond) };
  if (latencies.length === 0) return spreads;
  for (const key of ['p50', 'p99', 'p999', 'max'] as const) spreads[key] = spreadOf(latencies.map((each) => each[key]));
  return spreads;
}

export function loadText(measured: Measured): string {
  const { load, runs } = measured;
  const { plan, chain, site } = load;
  const title =
    `${plan.mode} · ${figure(plan.rate)}/s for ${plan.seconds} s${runs.length > 1 ? ` × ${runs.length}` : ''} · ` +
    `${plan.size} B · ${plan.clients} clients · chain ${chain.entry.name} · ${site.validators.map(({ name }) => name).join(' ')}`;
  const last = runs.at(-1) as Observed;
  const body = runs.length === 1 ? runText(last) : spreadText(runs);
  const profile = last.profile === undefined ? [] : ['', profileText(last.profile.summary)];
  return [title, '', ...body, '', usesText(last.uses), '', conditionsText(measured), ...profile].join('\n');
}

function runText({ outcome }: Observed): string[] {
  const { counts, lost } = outcome;
  const rows = [
    ['offered', figure(counts.offered)],
    ['accepted', figure(counts.accepted)],
    ['committed', figure(counts.committed), share(counts.committed, counts.offered)],
    ['refused', figure(counts.refused), reasonsText(counts.reasons)],
    ['lost', figure(lost)],
  ] as const;
  const width = Math.max(...rows.map(([, value]) => value.length));
  const table = formatTable(rows.map(([name, value, more]) => [name, value.padStart(width), more ?? '']));
  return [table, ...remarks(outcome), '', ...latencyLines(outcome)];
}

function spreadText(runs: readonly Observed[]): string[] {
  const names: Record<string, string> = { committedPerSecond: 'committed/s', p999: 'p99.9' };
  const rows = Object.entries(spreadsOf(runs)).map(([key, { median, min, max }]) => {
    const say = key === 'committedPerSecond' ? figure : milliseconds;
    return [names[key] ?? key, say(median), say(min), say(max)];
  });
  const lost = runs.reduce((sum, { outcome }) => sum + outcome.lost, 0);
  const table = formatTable([['', 'median', 'least', 'most'], ...rows]);
  return [table, '', `${figure(lost)} lost`, ...runs.flatMap(({ outcome }) => remarks(outcome))];
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

function latencyLines({ latencies }: LoadOutcome): string[] {
  const latency = summarise(latencies);
  if (latency === null) return ['No command became final.'];
  return [
    'ms from the intended send to the commit notice (corrected for coordinated omission)',
    latencyText(latency),
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

const share = (part: number, whole: number): string => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`);

function reasonsText(reasons: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `${reason} ${figure(count)}`).join(', ');
}
