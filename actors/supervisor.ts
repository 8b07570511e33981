// What a failure leads to: pure arithmetic over an actor's history of failures. tree.ts carries it out.

import type { Ms } from '../lib/units.ts';
import type { Supervision } from './actor.ts';

export type Verdict =
  | { readonly do: 'restart'; readonly delayMs: Ms }
  | { readonly do: 'stop' }
  | { readonly do: 'escalate' };

export class FailureHistory {
  /** instants of the failures that count, oldest first; never more than one above the allowed number, or one if all are allowed */
  times: Ms[] = [];
  /** restarts since the last quiet span of `withinMs`; the exponent of the back-off */
  streak = 0;
}

/**
 * Notes one more failure and says what follows.
 *
 * @param now monotonic
 * @param shorten in [0, 1]: which part of the back-off's jitter, a quarter of it, is taken off
 */
export function judgeFailure(history: FailureHistory, supervision: Supervision, now: Ms, shorten: number): Verdict {
  if (supervision.strategy === 'stop' || supervision.strategy === 'escalate') return { do: supervision.strategy };
  const last = history.times.at(-1);
  const quiet = last === undefined || now - last >= supervision.withinMs;
  history.streak = quiet ? 1 : history.streak + 1;
  const kept = supervision.restarts === Number.POSITIVE_INFINITY ? [] : history.times;
  history.times = [...kept.filter((time) => now - time < supervision.withinMs), now];
  if (history.times.length > supervision.restarts) return { do: 'escalate' };
  return { do: 'restart', delayMs: backoffMs(supervision, history.streak, shorten) };
}

function backoffMs({ backoff }: Supervision, streak: number, shorten: number): Ms {
  if (backoff === undefined) return 0 as Ms;
  const exact = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (streak - 1));
  return (exact * (1 - shorten / 4)) as Ms;
}
