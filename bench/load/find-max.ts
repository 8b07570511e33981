// The highest rate that a network bears: p99 below a second, at least 98 % of what was offered committed, nothing lost.
// Tries are whole runs with the same clients; between them the chain comes to rest, so that one that fails does not
// spoil the next. A try that can only fail is ended early. Time and disk for the confirming run are kept back.

import { randomBytes } from 'node:crypto';
import { nonceWindow } from '../../ledger/commands/index.ts';
import { type Observed, observe, type Site } from './experiment.ts';
import { summarise } from './latency.ts';
import { maxRate, maxSearchSeconds, triesPerSearch } from './limits.ts';
import { type LoadPlan, Schedule, type SharedAccounts } from './plan.ts';
import type { LoadProgress, LoadRun } from './run-load.ts';
import { type NextTry, RateSearch } from './search.ts';

export interface MaxOptions {
  readonly site: Site;
  /** everything but the rate, which is the first one that is tried; `runId` and `createdMs` are new for each try */
  readonly plan: LoadPlan;
  /** profile the confirming run */
  readonly profiled: boolean;
  /** whether the disk can hold so many runs of the plan now */
  readonly diskHolds: (plan: LoadPlan, runs: number) => boolean;
  /** the same plan as if it were made now */
  readonly renew: (plan: LoadPlan) => LoadPlan;
}

export interface Try {
  readonly rate: number;
  readonly offered: number;
  readonly committed: number;
  /** milliseconds; null where nothing became final */
  readonly p99: number | null;
  readonly ok: boolean;
}

export interface MaxOutcome {
  /** commands per second; 0 where no rate was borne */
  readonly max: number;
  /** whether a run of its own, after the search, bore it */
  readonly confirmed: boolean;
  /** why nothing higher was found */
  readonly boundBy: 'network' | 'disk' | 'time' | 'rate';
  readonly tries: readonly Try[];
  /** the confirming run, or the best try where none was confirmed; undefined where none was ok */
  readonly best: Observed | undefined;
  /** commands that were accepted and lost, over all tries: the search ended there */
  readonly lost: number;
  readonly unsettled: number;
  /** validators that did not come to rest, or did not answer: the search ended there */
  readonly missing: readonly string[];
}

export interface MaxEvents {
  begins(tried: NextTry, number: number): void;
  started(run: LoadRun): void;
  progress(progress: LoadProgress, plan: LoadPlan): void;
  ended(tried: Try): void;
  /** the user wants no more */
  readonly stopped: () => boolean;
}

/** A try is borne with this share committed. */
const committedShare = 0.98;
const longestP99Ms = 1_000;

export async function findMax(options: MaxOptions, events: MaxEvents): Promise<MaxOutcome> {
  return new MaxRun(options, events).toEnd();
}

class MaxRun {
  readonly #options: MaxOptions;
  readonly #events: MaxEvents;
  readonly #search: RateSearch;
  readonly #began = performance.now();
  readonly #tries: Try[] = [];
  readonly #observed: Observed[] = [];
  #longestTryMs: number;
  #boundBy: MaxOutcome['boundBy'] = 'network';
  #accounts: SharedAccounts = freshAccounts();

  constructor(options: MaxOptions, events: MaxEvents) {
    const { plan } = options;
    this.#options = options;
    this.#events = events;
    this.#search = new RateSearch({ start: plan.rate, ceiling: maxRate });
    this.#longestTryMs = (plan.seconds + plan.warmUpSeconds) * 1000 + tryOverheadMs;
  }

  async toEnd(): Promise<MaxOutcome> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { outcome, restless } = await this.#try(next);
      const missing = [...new Set([...outcome.missing, ...restless])];
      if (outcome.lost > 0 || missing.length > 0 || this.#events.stopped()) return this.#conclude(missing);
    }
    return this.#conclude([]);
  }

  #next(): NextTry | undefined {
    const mayExplore = this.#boundBy !== 'disk' && this.#hasTime(2);
    const next = this.#search.next(mayExplore);
    if (next === undefined || !this.#hasTime(1)) return undefined;
    if (!next.confirming) {
      if (this.#options.diskHolds(this.#planOf(next.rate), 2)) return next; // and the one that may confirm it
      this.#boundBy = 'disk';
      return this.#search.next(false);
    }
    if (this.#search.atCeiling) this.#boundBy = 'rate';
    else if (!mayExplore && this.#boundBy === 'network' && !this.#search.isNarrow) this.#boundBy = 'time';
    return next;
  }

  #hasTime(tries: number): boolean {
    const { plan } = this.#options;
    const budgetMs = Math.max(maxSearchSeconds, triesPerSearch * (plan.seconds + plan.warmUpSeconds)) * 1000;
    return performance.now() - this.#began + tries * this.#longestTryMs < budgetMs;
  }

  #planOf(rate: number): LoadPlan {
    return this.#options.renew({ ...this.#options.plan, rate });
  }

  async #try(next: NextTry): Promise<Observed> {
    const { site, profiled } = this.#options;
    const plan = {
      ...this.#planOf(next.rate),
      ...(this.#options.plan.mode === 'bundle' && { accounts: this.#accounts }),
    };
    const judge = new Judge(plan);
    const began = performance.now();
    this.#events.begins(next, this.#tries.length + 1);
    const observed = await observe(site, plan, profiled && next.confirming, {
      started: (run) => {
        judge.run = run;
        this.#events.started(run);
      },
      progress: (progress) => {
        judge.look(progress);
        this.#events.progress(progress, plan);
      },
    });
    this.#longestTryMs = Math.max(this.#longestTryMs, performance.now() - began);
    this.#accounts = accountsAfter(this.#accounts, new Schedule(plan));
    const tried = judge.sentence(observed);
    this.#tries.push(tried);
    this.#observed.push(observed);
    this.#search.take(next, tried.ok);
    this.#events.ended(tried);
    return observed;
  }

  #conclude(missing: readonly string[]): MaxOutcome {
    const max = this.#search.confirmed > 0 ? this.#search.confirmed : this.#search.low;
    const best = this.#tries.findLastIndex((tried) => tried.ok && tried.rate === max);
    const outcomes = this.#observed.map(({ outcome }) => outcome);
    return {
      max,
      confirmed: this.#search.confirmed > 0,
      boundBy: this.#boundBy,
      tries: this.#tries,
      best: this.#observed[best],
      lost: outcomes.reduce((sum, { lost }) => sum + lost, 0),
      unsettled: outcomes.reduce((sum, { unsettled }) => sum + unsettled, 0),
      missing,
    };
  }
}

/** Processes start, connect and sign ahead before a try, and settle after it. */
const tryOverheadMs = 2_000;

const freshAccounts = (): SharedAccounts => ({ seed: randomBytes(32).toString('hex'), firstNonce: 1 });

/**
 * Bundles put to the same keys in every try: were they others each time, the last try would meet ten times the state of the
 * first. What a try that ended early has left out must stay within the nonce window, so after one with more for a client than
 * that (a bundle of few puts) the accounts are others after all.
 */
export function accountsAfter({ seed, firstNonce }: SharedAccounts, { entriesPerClient }: Schedule): SharedAccounts {
  return entriesPerClient < nonceWindow ? { seed, firstNonce: firstNonce + entriesPerClient } : freshAccounts();
}

/** Whether a rate was borne; ends the run as soon as it cannot be any more. */
class Judge {
  run: LoadRun | undefined;
  readonly #schedule: Schedule;
  readonly #commandsPerEntry: number;
  #hopeless = false;

  constructor(plan: LoadPlan) {
    this.#schedule = new Schedule(plan);
    this.#commandsPerEntry = plan.commandsPerEntry;
  }

  /** More than 1 % of all commands of the run were due over a second ago and are not final: p99 is above a second. */
  look({ elapsedMs, counts }: LoadProgress): void {
    const { measuredFromMs, measuredEntries } = this.#schedule;
    const due = this.#schedule.entriesDue(measuredFromMs + elapsedMs - longestP99Ms, false) * this.#commandsPerEntry;
    const overdue = due - counts.committed - counts.refused;
    if (this.#hopeless || overdue <= 0.01 * measuredEntries * this.#commandsPerEntry) return;
    this.#hopeless = true;
    this.run?.stop();
  }

  sentence({ plan, outcome }: Observed): Try {
    const { counts, lost, unsettled } = outcome;
    const p99 = summarise(outcome.latencies)?.p99 ?? null;
    const committed = counts.offered > 0 && counts.committed >= committedShare * counts.offered;
    const borne = committed && p99 !== null && p99 < longestP99Ms && lost === 0 && unsettled === 0;
    return {
      rate: plan.rate,
      offered: counts.offered,
      committed: counts.committed,
      p99,
      ok: borne && !this.#hopeless,
    };
  }
}
