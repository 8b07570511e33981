// What a run leaves behind in files: the report, and the raw samples of the validators.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Observed, type ReportData, reportPage } from '../../bench/load/index.ts';
import { PskyError } from '../../lib/errors.ts';
import type { Call } from '../verb.ts';
import { version } from '../version.ts';

/** @returns undefined where no profile is asked for */
export function profileWish(call: Call): { readonly folder: string | undefined } | undefined {
  const folder = call.text('profile');
  if (folder !== undefined) return { folder: resolve(folder) };
  return call.flag('profile') ? { folder: undefined } : undefined;
}

/** Writes one .cpuprofile per validator where a folder was named; developer tools of browsers open them. */
export function keepProfile(call: Call, { plan, profile }: Observed): void {
  const folder = profileWish(call)?.folder;
  if (folder === undefined || profile === undefined) return;
  writing(folder, () => mkdirSync(folder, { recursive: true }));
  for (const { name, profile: samples } of profile.raw) {
    const path = join(folder, `${name}-${plan.runId}.cpuprofile`);
    writing(path, () => writeFileSync(path, JSON.stringify(samples)));
  }
  call.out.remark(`profiles: ${folder}`);
}

export function writeReport(call: Call, data: Omit<ReportData, 'version' | 'madeAtMs'>): void {
  const file = call.text('report');
  if (file === undefined) return;
  const path = resolve(file);
  writing(path, () => writeFileSync(path, reportPage({ ...data, version, madeAtMs: Date.now() })));
  call.out.remark(`report: ${path}`);
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new PskyError('file-unusable', `${path}: ${(error as Error).message}.`);
  }
}
