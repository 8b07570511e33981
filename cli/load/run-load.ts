// `psky load` at one rate: one run, or several of which the medians count.

import {
  calibrated,
  conditions,
  type LoadProgress,
  type LoadRun,
  type Observed,
  observe,
} from '../../bench/load/index.ts';
import { exitCode } from '../exit.ts';
import type { Progress } from '../output.ts';
import { onStopSignals } from '../signals.ts';
import type { Call } from '../verb.ts';
import { keepProfile, profileWish, writeReport } from './keep.ts';
import { type PreparedLoad, prepareLoad, renewed } from './load-plan.ts';
import { loadResult, loadText } from './load-result.ts';

export async function runLoad(call: Call): Promise<number> {
  const repeats = call.number('repeat');
  const load = prepareLoad(call, repeats);
  const runs: Observed[] = [];
  const { calibration } = await calibrated(load.folder, async () => {
    for (let i = 0; i < repeats && !isStopped(runs); i++) runs.push(await runOnce(call, load, i));
  });
  const measured = { load, runs, calibration, conditions: conditions() };
  const result = loadResult(measured);
  writeReport(call, { settings: result, tries: [], ...measured });
  call.out.result(result, loadText(measured));
  if (runs.some(({ outcome }) => outcome.lost > 0)) return exitCode.broken;
  return runs.some(({ outcome }) => outcome.unsettled > 0) ? exitCode.retry : exitCode.ok;
}

/** After a run that lost something, or that the user ended, another one tells nothing. */
function isStopped(runs: readonly Observed[]): boolean {
  const last = runs.at(-1);
  if (last === undefined) return false;
  return last.outcome.lost > 0 || last.outcome.unsettled > 0 || last.outcome.stopped || last.restless.length > 0;
}

async function runOnce(call: Call, load: PreparedLoad, index: number): Promise<Observed> {
  const plan = index === 0 ? load.plan : renewed(load.plan);
  if (plan.mode !== 'blob') call.out.remark('signing ahead …');
  const bar = call.out.progress(index === 0 ? 'load' : `load ${index + 1}`, plan.seconds);
  let run: LoadRun | undefined;
  const release = onStopSignals({ drain: () => run?.stop(), force: (code) => process.exit(code) });
  try {
    const observed = await observe(load.site, plan, profileWish(call) !== undefined, {
      started: (started) => {
        run = started;
      },
      progress: (progress) => show(bar, plan.seconds, progress),
    });
    keepProfile(call, observed);
    return observed;
  } finally {
    bar.end();
    release();
  }
}

/** Moves over the seconds of the schedule; while the rest becomes final it stays at the end. */
export function show(bar: Progress, seconds: number, { elapsedMs, counts, warmUp, recent }: LoadProgress): void {
  const shown = elapsedMs < 0 ? warmUp : counts;
  const open = shown.accepted - shown.committed - shown.refusedAfterAccepted;
  const latency = recent === null ? 'nothing became final' : `p50 ${recent.p50} ms, p99 ${recent.p99} ms`;
  const part = elapsedMs < 0 ? 'warm-up: ' : '';
  const detail = `s  ${part}${shown.committed} committed, ${open} open, ${shown.refused} refused, ${latency}`;
  bar.report(Math.min(seconds, Math.floor(Math.max(0, elapsedMs) / 1000)), detail);
}
