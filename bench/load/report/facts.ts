// What a report says in words and small tables: what was run, on which machine, with which settings.

import type { Conditions } from '../../conditions/index.ts';
import type { Calibrations } from '../experiment.ts';
import { escapeText } from './escape.ts';
import type { ReportData } from './page.ts';

export const grouped = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits });

export function sentenceOf({ runs, tries }: ReportData): string {
  const plan = runs[0]?.plan;
  if (plan === undefined) return 'psky load: no rate was borne';
  const what = plan.mode === 'bundle' ? `bundles of ${plan.commandsPerEntry} puts` : plan.mode;
  const size = `${plan.size} B`;
  if (tries.length > 0) return `psky load: highest rate, ${what}, ${size}`;
  const often = runs.length > 1 ? `, ${runs.length} runs` : '';
  return `psky load: ${what}, ${size}, ${grouped(plan.rate)}/s for ${plan.seconds} s${often}`;
}

/** @param rows cells; the first of each row names it */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell, i) => (i === 0 && tag === 'td' ? `<th scope="row">${escapeText(cell)}</th>` : `<${tag}>${escapeText(cell)}</${tag}>`)).join('')}</tr>`;
  const top = head === undefined ? '' : `<thead>${row(head, 'th')}</thead>`;
  return `<table>${top}<tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`;
}

export function formatMachine({ machine, commit }: Conditions): string {
  return table([
    ['processor', `${machine.cores} cores of ${machine.cpu}`],
    ['memory', `${grouped(machine.memoryBytes / 2 ** 30, 1)} GiB`],
    ['system', `${machine.system}, ${machine.arch}`],
    ['Node', machine.node],
    ['commit', commit ?? 'unknown'],
  ]);
}

export function formatCalibration({ before, after }: Calibrations): string {
  const rows = [before, after].map((each, i) => [
    i === 0 ? 'before' : 'after',
    `${each.verifyUs} µs`,
    `${each.sha256GBs} GB/s`,
    `${each.sync4kUs} µs`,
  ]);
  return table(rows, ['calibration', 'Ed25519 verify', 'SHA-256', '4 KiB synced write']);
}

/** What was asked for, from the flat fields of the result. */
const settingNames = [
  'mode',
  'rate',
  'size',
  'seconds',
  'warmUpSeconds',
  'bundle',
  'clients',
  'chain',
  'validators',
  'peerTls',
];

export function settingsTable(result: object): string {
  const given = result as Readonly<Record<string, unknown>>;
  const rows = settingNames
    .filter((name) => given[name] !== undefined)
    .map((name) => [name, Array.isArray(given[name]) ? (given[name] as unknown[]).join(', ') : String(given[name])]);
  return table(rows);
}
