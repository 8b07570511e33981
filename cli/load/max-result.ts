// What `psky load --find-max` says at its end.

import { type Calibrations, type Conditions, type MaxOutcome, summarise } from '../../bench/load/index.ts';
import { formatTable } from '../output.ts';
import { conditionsText, figure, latencyText, triedCells, usesText } from './figures.ts';
import type { PreparedLoad } from './load-plan.ts';
import { noLatency, settings } from './load-result.ts';
import { profileText } from './profile-text.ts';

export interface FoundMax {
  readonly load: PreparedLoad;
  readonly found: MaxOutcome;
  readonly calibration: Calibrations;
  readonly conditions: Conditions;
}

export function maxResult(given: FoundMax): object {
  const { load, found, calibration, conditions } = given;
  const { best } = found;
  const limit = limitOf(given);
  const { rate: _, ...same } = settings(load) as { rate: number };
  return {
    max: found.max,
    latencyMs: (best === undefined ? null : summarise(best.outcome.latencies)) ?? noLatency,
    tries: found.tries,
    ...(limit === undefined ? {} : { limit }),
    confirmed: found.confirmed,
    boundBy: found.boundBy,
    lost: found.lost,
    unsettled: found.unsettled,
    missing: found.missing,
    ...same,
    resources: best?.uses ?? [],
    ...(best === undefined ? {} : { generator: { cores: Math.round(best.outcome.generatorCores * 100) / 100 } }),
    ...(best?.profile === undefined ? {} : { profile: best.profile.summary }),
    ...conditions,
    calibration,
  };
}

/**
 * What checking signatures alone allows: every validator on this machine verifies every command once.
 * @returns commands per second; undefined where commands are not signed one by one
 */
function limitOf({ load, calibration, conditions }: FoundMax): number | undefined {
  if (load.plan.mode !== 'signed') return undefined;
  const { cores } = conditions.machine;
  return Math.round((cores * 1e6) / (load.site.validators.length * calibration.verifyUs));
}

export function maxText(given: FoundMax): string {
  const { load, found } = given;
  const unit = load.plan.mode === 'bundle' ? 'puts' : 'commands';
  const limit = limitOf(given);
  const { best } = found;
  const latency = best === undefined ? null : summarise(best.outcome.latencies);
  return [
    `${load.plan.mode} · ${load.plan.size} B · highest rate with p99 below 1 s and 98 % committed`,
    '',
    formatTable(found.tries.map(triedCells)),
    '',
    `${figure(found.max)} ${unit}/s${found.confirmed ? ', confirmed' : ', not confirmed'}${boundText(found)}`,
    ...(limit === undefined
      ? []
      : [`${Math.round((100 * found.max) / limit)} % of the ${figure(limit)}/s that checking signatures allows here`]),
    ...(found.lost > 0 ? [`${figure(found.lost)} accepted commands are lost: the search ended there.`] : []),
    ...(found.missing.length > 0
      ? [`${found.missing.join(', ')} did not come to rest or did not answer: the search ended there.`]
      : []),
    ...(latency === null ? [] : [`ms  ${latencyText(latency)}`]),
    ...(best === undefined ? [] : ['', usesText(best.uses)]),
    '',
    conditionsText(given),
    ...(best?.profile === undefined ? [] : ['', profileText(best.profile.summary)]),
  ].join('\n');
}

function boundText({ boundBy }: MaxOutcome): string {
  switch (boundBy) {
    case 'network':
      return '';
    case 'disk':
      return '; the free disk holds no higher try';
    case 'time':
      return '; the time for the search was over';
    case 'rate':
      return '; nothing higher may be offered';
  }
}
