// The report of a run as one HTML file: no script, no font, no picture and no link from elsewhere, so that it reads the
// same years later. The page forbids itself to fetch anything.

import type { Conditions } from '../../conditions/index.ts';
import type { Calibrations, Observed } from '../experiment.ts';
import type { Try } from '../find-max.ts';
import { chartsOf } from './charts.ts';
import { escapeText } from './escape.ts';
import { formatCalibration, formatMachine, sentenceOf, settingsTable } from './facts.ts';
import { keyFigures, runsTable, triesTable } from './figures.ts';
import { profileSection } from './profile-section.ts';
import { pageStyle } from './style.ts';

export interface ReportData {
  /** the result as --json prints it: shown whole at the end */
  readonly settings: object;
  /** one, several of the same plan, or the confirming run of a search */
  readonly runs: readonly Observed[];
  /** of a search; empty otherwise */
  readonly tries: readonly Try[];
  readonly calibration: Calibrations;
  readonly conditions: Conditions;
  readonly version: string;
  readonly madeAtMs: number;
}

export function reportPage(data: ReportData): string {
  const title = sentenceOf(data);
  const made = new Date(data.madeAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const sections = [
    `<header><h1>${escapeText(title)}</h1><p>${escapeText(`${made} · PrivateSky ${data.version} · commit ${data.conditions.commit ?? 'unknown'}`)}</p></header>`,
    keyFigures(data),
    `<section class="charts">${chartsOf(data)}</section>`,
    triesTable(data.tries),
    runsTable(data.runs),
    profileSection(data.runs.findLast(({ profile }) => profile !== undefined)?.profile?.summary),
    `<section><h2>Machine</h2>${formatMachine(data.conditions)}${formatCalibration(data.calibration)}</section>`,
    `<section><h2>Settings</h2>${settingsTable(data.settings)}</section>`,
    `<details><summary>All figures as JSON</summary><pre>${escapeText(JSON.stringify(data.settings, undefined, 2))}</pre></details>`,
  ];
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${escapeText(title)}</title><style>${pageStyle}</style></head>`,
    `<body><main>${sections.join('\n')}</main></body></html>`,
    '',
  ].join('\n');
}
