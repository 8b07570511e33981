// `psky load --find-max`: the highest rate that the network bears.

import { calibrated, conditions, findMax, type LoadRun, type MaxEvents } from '../../bench/load/index.ts';
import { exitCode } from '../exit.ts';
import type { Progress } from '../output.ts';
import { onStopSignals } from '../signals.ts';
import type { Call } from '../verb.ts';
import { figure, triedCells } from './figures.ts';
import { keepProfile, profileWish, writeReport } from './keep.ts';
import { prepareLoad, renewed } from './load-plan.ts';
import { maxResult, maxText } from './max-result.ts';
import { show } from './run-load.ts';

/** the first try and the one that would confirm it; later ones are planned as they come */
const runsAtLeast = 2;

export async function runFindMax(call: Call): Promise<number> {
  const load = prepareLoad(call, runsAtLeast);
  const { plan, site, diskHolds } = load;
  const shown = new Shown(call, plan.seconds);
  const release = onStopSignals({ drain: () => shown.stop(), force: (code) => process.exit(code) });
  try {
    const profiled = profileWish(call) !== undefined;
    const { result: found, calibration } = await calibrated(load.folder, () =>
      findMax({ site, plan, profiled, diskHolds, renew: renewed }, shown),
    );
    const given = { load, found, calibration, conditions: conditions() };
    if (found.best !== undefined) keepProfile(call, found.best);
    const result = maxResult(given);
    writeReport(call, {
      settings: result,
      runs: found.best === undefined ? [] : [found.best],
      tries: found.tries,
      ...given,
    });
    call.out.result(result, maxText(given));
    if (found.lost > 0) return exitCode.broken;
    return found.unsettled > 0 || found.missing.length > 0 ? exitCode.retry : exitCode.ok;
  } finally {
    release();
  }
}

/** One line for each try that ended, and a bar for the one that runs. */
class Shown implements MaxEvents {
  readonly #call: Call;
  readonly #seconds: number;
  #bar: Progress | undefined;
  #run: LoadRun | undefined;
  #stopped = false;

  constructor(call: Call, seconds: number) {
    this.#call = call;
    this.#seconds = seconds;
  }

  readonly stopped = (): boolean => this.#stopped;

  stop(): void {
    this.#stopped = true;
    this.#run?.stop();
  }

  begins({ rate, confirming }: Parameters<MaxEvents['begins']>[0], number: number): void {
    const title = confirming ? `confirming ${figure(rate)}/s` : `try ${number}: ${figure(rate)}/s`;
    this.#bar = this.#call.out.progress(title, this.#seconds);
  }

  started(run: LoadRun): void {
    this.#run = run;
    if (this.#stopped) run.stop();
  }

  progress(progress: Parameters<MaxEvents['progress']>[0]): void {
    if (this.#bar !== undefined) show(this.#bar, this.#seconds, progress);
  }

  ended(tried: Parameters<MaxEvents['ended']>[0]): void {
    this.#bar?.end();
    const [rate, share, latency, verdict] = triedCells(tried);
    this.#call.out.remark(`${rate}  ${share}, ${latency}: ${verdict}`);
  }
}
