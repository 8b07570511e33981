// One run under observation: the machine calibrated before and after it, the validators' CPU and memory sampled, and
// where it is asked for, their profiles taken. Between runs the chain comes to rest.

import { type Calibration, calibrate } from '../conditions/index.ts';
import { untilAtRest } from './drain.ts';
import { drainMs } from './limits.ts';
import type { LoadPlan } from './plan.ts';
import { Profiler, type ProfileSummary, type RawProfile, summariseProfiles } from './profile/profiler.ts';
import { type LoadOutcome, type LoadProgress, type LoadRun, startLoad } from './run-load.ts';
import { type ProcessSamples, type ProcessUse, Sampler, useWithin } from './sampler.ts';

/** A validator of this machine. */
export interface Validator {
  readonly name: string;
  /** http://host:port */
  readonly rpc: string;
  readonly pid: number;
  /** folder of its home */
  readonly home: string;
}

/** Where runs take place. */
export interface Site {
  readonly validators: readonly Validator[];
  /** id of the chain, 64 hex digits */
  readonly chain: string;
  /** generators; as many as the machine bears where absent */
  readonly processes?: number;
  /** shorter in tests */
  readonly settleMs?: number;
}

export interface ValidatorUse {
  readonly name: string;
  /** mean over the measured part; 1 is one core. null where the system does not tell */
  readonly cores: number | null;
  /** the largest over the whole run */
  readonly rssMaxBytes: number | null;
}

export interface Observed {
  readonly plan: LoadPlan;
  readonly outcome: LoadOutcome;
  readonly samples: readonly ProcessSamples[];
  readonly uses: readonly ValidatorUse[];
  readonly profile?: { readonly summary: ProfileSummary; readonly raw: readonly RawProfile[] };
  /** validators that were not at rest 30 s after the run */
  readonly restless: readonly string[];
}

/** How a run is watched and ended early. */
export interface Watcher {
  started(run: LoadRun): void;
  progress(progress: LoadProgress): void;
}

export interface Calibrations extends Calibration {
  readonly before: Calibration;
  readonly after: Calibration;
}

/** Runs the plan and waits until the chain is at rest again. */
export async function observe(site: Site, plan: LoadPlan, profiled: boolean, watcher: Watcher): Promise<Observed> {
  const { validators, chain } = site;
  const profiler = profiled ? await Profiler.start(validators) : undefined;
  const sampler = new Sampler(validators);
  let raw: readonly RawProfile[] | undefined;
  try {
    const run = startLoad({ ...site, plan, targets: validators }, (progress) => watcher.progress(progress));
    watcher.started(run);
    const outcome = await run.outcome;
    raw = await profiler?.stop();
    const samples = sampler.stop();
    const uses = samples.map(({ name, samples: own }) => useOf(name, own, outcome));
    const profile = raw === undefined ? {} : { profile: { raw, summary: summaryOf(raw, samples, outcome) } };
    // what is lost may keep a chain waiting for ever
    const settled = outcome.lost + outcome.unsettled === 0;
    const restless = settled ? await untilAtRest(validators, chain, drainMs) : [];
    return { plan, outcome, samples, uses, ...profile, restless };
  } finally {
    sampler.stop();
    if (raw === undefined) await profiler?.stop();
  }
}

/** @param folder on the disk of the validators */
export async function calibrated<T>(
  folder: string,
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly calibration: Calibrations }> {
  const before = calibrate(folder);
  const result = await run();
  const after = calibrate(folder);
  const mean = (key: keyof Calibration): number => Number(((before[key] + after[key]) / 2).toPrecision(4));
  const middle = { verifyUs: mean('verifyUs'), sha256GBs: mean('sha256GBs'), sync4kUs: mean('sync4kUs') };
  return { result, calibration: { ...middle, before, after } };
}

function useOf(name: string, samples: ProcessSamples['samples'], outcome: LoadOutcome): ValidatorUse {
  const whole = useWithin(samples, { fromMs: 0, toMs: Number.POSITIVE_INFINITY });
  const cores = useMeasured(samples, outcome)?.cores ?? whole?.cores;
  return {
    name,
    cores: cores === undefined ? null : Math.round(cores * 1000) / 1000,
    rssMaxBytes: whole?.rssMaxBytes ?? null,
  };
}

function useMeasured(samples: ProcessSamples['samples'], outcome: LoadOutcome): ProcessUse | undefined {
  return useWithin(samples, { fromMs: outcome.measuredFrom, toMs: outcome.measuredTo });
}

function summaryOf(
  raw: readonly RawProfile[],
  samples: readonly ProcessSamples[],
  outcome: LoadOutcome,
): ProfileSummary {
  const measured = raw.map((each) => {
    const own = samples.find(({ name }) => name === each.name)?.samples ?? [];
    const use = useMeasured(own, outcome);
    return use === undefined ? each : { ...each, use };
  });
  return summariseProfiles(measured, { fromMs: outcome.measuredFrom, toMs: outcome.measuredTo });
}
