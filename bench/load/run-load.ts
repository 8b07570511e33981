// The parent of a run: starts generator processes, lets them begin at one instant, hears their reports, and judges at the
// end what is lost.

import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Histogram } from 'hdr-histogram-js';
import { PskyError } from '../../lib/errors.ts';
import { type Counts, openCommands } from './counts.ts';
import { gapsSince } from './gaps.ts';
import type { GeneratorReport, Target } from './generator.ts';
import type { LatencyMs } from './latency.ts';
import { chainStateAt } from './lookup.ts';
import type { FromGenerator, ToGenerator } from './messages.ts';
import { type LoadPlan, Schedule } from './plan.ts';
import { type LoadSecond, Tally } from './tally.ts';

export interface LoadOptions {
  readonly plan: LoadPlan;
  readonly targets: readonly Target[];
  /** id of the chain, 64 hex digits */
  readonly chain: string;
  /** as many as the machine bears, one per two cores, where absent */
  readonly processes?: number;
  readonly settleMs?: number;
}

/** Progress, about four times a second. */
export interface LoadProgress {
  /** since the first command of the measured part was due; negative in the warm-up */
  readonly elapsedMs: number;
  readonly counts: Counts;
  readonly warmUp: Counts;
  /** of what became final since the last progress */
  readonly recent: LatencyMs | null;
}

export interface LoadOutcome {
  readonly counts: Counts;
  readonly warmUp: Counts;
  /** accepted, in the warm-up or after it, and 30 s after the last send neither committed nor refused although every
   * validator answers */
  readonly lost: number;
  /** the same, while a validator does not answer or the chain stands still: they may yet be ordered */
  readonly unsettled: number;
  /** names of validators that did not answer or do not make progress, where something is unsettled */
  readonly missing: readonly string[];
  /** of the measured part */
  readonly latencies: Histogram;
  /** milliseconds since 1970: the instants between which the measured part became due */
  readonly measuredFrom: number;
  readonly measuredTo: number;
  readonly series: readonly LoadSecond[];
  readonly disconnects: readonly string[];
  /** ended before its schedule did */
  readonly stopped: boolean;
  /** CPU of the generators from the first command to the last notice; 1 is one core */
  readonly generatorCores: number;
  readonly generatorCpuSeconds: number;
  readonly processes: number;
}

export interface LoadRun {
  readonly outcome: Promise<LoadOutcome>;
  /** nothing further becomes due; the outcome follows after settling */
  stop(): void;
}

const leadMs = 250; // from `go` to the first command, so that all processes are awake

/** @throws PskyError `nobody-answers` (in `outcome`) when a client finds no validator */
export function startLoad(options: LoadOptions, onProgress: (progress: LoadProgress) => void): LoadRun {
  const count = Math.min(
    options.plan.clients,
    options.processes ?? Math.max(1, Math.floor(availableParallelism() / 2)),
  );
  const children = Array.from({ length: count }, () => fork(generatorFile(), { stdio: ['ignore', 2, 2, 'ipc'] }));
  const run = new Run(options, children, onProgress);
  return {
    outcome: run.toEnd().finally(() => {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    }),
    stop: () => run.stop(),
  };
}

/** beside this file, as the compiler left it */
const generatorFile = (): string => fileURLToPath(new URL('./generator-process.js', import.meta.url));

class Run {
  readonly #options: LoadOptions;
  readonly #children: readonly ChildProcess[];
  readonly #onProgress: (progress: LoadProgress) => void;
  readonly #schedule: Schedule;
  readonly #tally: Tally;
  readonly #disconnects = new Set<string>();
  #startAt = 0;
  #stoppedAt = Number.POSITIVE_INFINITY;
  #cpuSeconds = 0;

  constructor(options: LoadOptions, children: readonly ChildProcess[], onProgress: (progress: LoadProgress) => void) {
    this.#options = options;
    this.#children = children;
    this.#onProgress = onProgress;
    this.#schedule = new Schedule(options.plan);
    this.#tally = new Tally(children.length, -this.#schedule.measuredFromMs);
  }

  async toEnd(): Promise<LoadOutcome> {
    const { plan, targets, chain } = this.#options;
    const settle = this.#options.settleMs === undefined ? {} : { settleMs: this.#options.settleMs };
    const ready = this.#children.map((child, index) => {
      const clients = Array.from({ length: plan.clients }, (_, i) => i).filter(
        (i) => i % this.#children.length === index,
      );
      const told = nextOf(child, ['ready', 'unconnected']);
      tell(child, { type: 'prepare', options: { plan, clients, targets, chain, ...settle } });
      return told;
    });
    const answers = await Promise.all(ready);
    if (answers.some((each) => each.type === 'unconnected')) throw new PskyError('node-unreachable');
    this.#startAt = Date.now() + leadMs;
    const done = this.#children.map((child, index) => this.#follow(child, index));
    for (const child of this.#children) tell(child, { type: 'go', startAt: this.#startAt });
    await Promise.all(done);
    return this.#conclude();
  }

  stop(): void {
    this.#stoppedAt = Math.min(this.#stoppedAt, Date.now());
    for (const child of this.#children) if (child.connected) tell(child, { type: 'stop' });
  }

  async #follow(child: ChildProcess, index: number): Promise<void> {
    child.on('message', (message: FromGenerator) => {
      if (message.type === 'report') this.#take(index, message.report);
    });
    const last = await nextOf(child, ['done']);
    if (last.type !== 'done') return;
    this.#cpuSeconds += last.cpuSeconds;
    this.#take(index, last.report);
  }

  #take(index: number, report: GeneratorReport): void {
    for (const reason of report.disconnects) if (this.#disconnects.size < 16) this.#disconnects.add(reason);
    this.#tally.add(index, { ...report, gaps: gapsSince(report.gaps, this.#schedule.measuredFromMs) });
    if (index !== 0) return;
    const elapsedMs = Date.now() - this.#startAt - this.#schedule.measuredFromMs;
    this.#onProgress({ elapsedMs, ...this.#tally.sums(), recent: this.#tally.takeRecent() });
    this.#tally.passed(elapsedMs);
  }

  async #conclude(): Promise<LoadOutcome> {
    const measuredFrom = this.#startAt + this.#schedule.measuredFromMs;
    const series = this.#tally.seriesTo(Date.now() - measuredFrom);
    const { counts, warmUp } = this.#tally.sums();
    const open = openCommands(counts) + openCommands(warmUp);
    const missing = open === 0 ? [] : await this.#missing();
    return {
      counts,
      warmUp,
      lost: missing.length === 0 ? open : 0,
      unsettled: missing.length === 0 ? 0 : open,
      missing,
      latencies: this.#tally.latencies,
      measuredFrom,
      measuredTo: Math.min(measuredFrom + this.#schedule.measuredEntries * this.#schedule.msPerEntry, this.#stoppedAt),
      series,
      disconnects: [...this.#disconnects],
      stopped: this.#stoppedAt < Number.POSITIVE_INFINITY,
      generatorCores: (this.#cpuSeconds * 1000) / (Date.now() - this.#startAt),
      generatorCpuSeconds: this.#cpuSeconds,
      processes: this.#children.length,
    };
  }

  /** What is accepted and open is lost only where every validator is there to tell, on a chain that can go on. */
  async #missing(): Promise<readonly string[]> {
    const { targets, chain } = this.#options;
    const asked = targets.map(async ({ name, rpc }) => {
      const state = await chainStateAt(rpc, chain);
      return state === undefined || state === 'halted' ? name : undefined;
    });
    return (await Promise.all(asked)).filter((name) => name !== undefined);
  }
}

function tell(child: ChildProcess, message: ToGenerator): void {
  child.send(message);
}

/** @throws PskyError `internal` when the process ends before it says so */
function nextOf(child: ChildProcess, types: readonly FromGenerator['type'][]): Promise<FromGenerator> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void =>
      reject(new PskyError('internal', `A generator process ended early (${signal ?? code}).`));
    const onMessage = (message: FromGenerator): void => {
      if (!types.includes(message.type)) return;
      child.off('message', onMessage).off('exit', onExit);
      resolve(message);
    };
    child.on('message', onMessage).on('exit', onExit);
  });
}
