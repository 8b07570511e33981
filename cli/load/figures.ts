// How figures of a run read on a terminal.

import type { Calibrations, Conditions, LatencyMs, Try, ValidatorUse } from '../../bench/load/index.ts';
import { formatBytes, formatTable } from '../output.ts';

export const figure = (value: number): string => value.toLocaleString('en-US');
export const milliseconds = (value: number): string => `${value} ms`;

export function latencyText({ p50, p99, p999, max }: LatencyMs): string {
  return `p50 ${p50}   p99 ${p99}   p99.9 ${p999}   max ${max}`;
}

/** A try of a search: its rate, what was committed of it, its latency, whether it was borne. */
export function triedCells({ rate, offered, committed, p99, ok }: Try): [string, string, string, string] {
  const share = offered === 0 ? 0 : (100 * committed) / offered;
  const latency = p99 === null ? 'nothing became final' : `p99 ${p99} ms`;
  return [`${figure(rate)}/s`, `${share.toFixed(1)} % committed`, latency, ok ? 'ok' : 'too much'];
}

export function usesText(uses: readonly ValidatorUse[]): string {
  const rows = uses.map(({ name, cores, rssMaxBytes }) => [
    name,
    cores === null ? 'unknown' : `${(cores * 100).toFixed(1)} % of a core`,
    rssMaxBytes === null ? 'unknown' : `${formatBytes(rssMaxBytes)} at most`,
  ]);
  return formatTable(rows);
}

export function conditionsText(given: { readonly calibration: Calibrations; readonly conditions: Conditions }): string {
  const { machine, commit } = given.conditions;
  const { before, after } = given.calibration;
  const rows = [before, after].map((each, i) => [
    i === 0 ? 'machine before' : 'after',
    `Ed25519 verify ${each.verifyUs} µs`,
    `SHA-256 ${each.sha256GBs} GB/s`,
    `4 KiB synced ${each.sync4kUs} µs`,
  ]);
  const place = `${machine.cores} cores of ${machine.cpu}, ${formatBytes(machine.memoryBytes)}, Node ${machine.node}`;
  return `${formatTable(rows)}\n${place}, commit ${commit?.slice(0, 12) ?? 'unknown'}`;
}
