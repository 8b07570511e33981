// The parent of a run: starts generator processes, lets them begin at one instant, sums what they report, and judges at
// the end what is lost.

import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Histogram } from 'hdr-histogram-js';
import { PskyError } from '../../lib/errors.ts';
import { addCounts, type Counts, noCounts, openCommands } from './counts.ts';
import type { GeneratorReport, Target } from './generator.ts';
import { type LatencyMs, newHistogram, summarise, unpackHistogram } from './latency.ts';
import { callNode } from './lookup.ts';
import type { FromGenerator, ToGenerator } from './messages.ts';
import type { LoadPlan } from './plan.ts';

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
  /** since the first command was due */
  readonly elapsedMs: number;
  readonly counts: Counts;
  /** of what became final since the last progress */
  readonly recent: LatencyMs | null;
}

/** One second of the run: for curves. */
export interface LoadSecond {
  readonly second: number;
  readonly offered: number;
  readonly committed: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface LoadOutcome {
  readonly counts: Counts;
  /** accepted, and 30 s after the last send neither committed nor refused although every validator answers */
  readonly lost: number;
  /** the same, while a validator does not answer or the chain stands still: they may yet be ordered */
  readonly unsettled: number;
  /** names of validators that did not answer or do not make progress, where something is unsettled */
  readonly missing: readonly string[];
  readonly latencies: Histogram;
  readonly series: readonly LoadSecond[];
  readonly disconnects: readonly string[];
  /** CPU of the generators from the first command to the last notice; 1 is one core */
  readonly generatorCores: number;
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
  readonly #newest: Counts[];
  readonly #total = newHistogram();
  #recent = newHistogram();
  #second = newHistogram();
  readonly #series: LoadSecond[] = [];
  #secondBase = noCounts();
  readonly #disconnects = new Set<string>();
  #startAt = 0;
  #cpuSeconds = 0;

  constructor(options: LoadOptions, children: readonly ChildProcess[], onProgress: (progress: LoadProgress) => void) {
    this.#options = options;
    this.#children = children;
    this.#onProgress = onProgress;
    this.#newest = children.map(noCounts);
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
    this.#newest[index] = report.counts;
    for (const reason of report.disconnects) if (this.#disconnects.size < 16) this.#disconnects.add(reason);
    const latencies = unpackHistogram(report.latencies);
    this.#recent.add(latencies as never);
    this.#second.add(latencies as never);
    if (index !== 0) return;
    const counts = this.#sum();
    const elapsedMs = Date.now() - this.#startAt;
    this.#onProgress({ elapsedMs, counts, recent: summarise(this.#recent) });
    this.#recent.reset();
    if (elapsedMs >= (this.#series.length + 1) * 1000) this.#closeSecond(counts);
  }

  #closeSecond(counts: Counts): void {
    const latency = summarise(this.#second);
    this.#series.push({
      second: this.#series.length,
      offered: counts.offered - this.#secondBase.offered,
      committed: counts.committed - this.#secondBase.committed,
      p50: latency?.p50 ?? null,
      p99: latency?.p99 ?? null,
    });
    this.#total.add(this.#second as never);
    this.#second.reset();
    this.#secondBase = counts;
  }

  #sum(): Counts {
    const sum = noCounts();
    for (const counts of this.#newest) addCounts(sum, counts);
    return sum;
  }

  async #conclude(): Promise<LoadOutcome> {
    const counts = this.#sum();
    this.#closeSecond(counts);
    const open = openCommands(counts);
    const missing = open === 0 ? [] : await this.#missing();
    return {
      counts,
      lost: missing.length === 0 ? open : 0,
      unsettled: missing.length === 0 ? 0 : open,
      missing,
      latencies: this.#total,
      series: this.#series,
      disconnects: [...this.#disconnects],
      generatorCores: (this.#cpuSeconds * 1000) / (Date.now() - this.#startAt),
      processes: this.#children.length,
    };
  }

  /** What is accepted and open is lost only where every validator is there to tell, on a chain that can go on. */
  async #missing(): Promise<readonly string[]> {
    const { targets, chain } = this.#options;
    const asked = targets.map(async (target) => {
      const status = await callNode(target.rpc, 'status', { chain }).catch(() => undefined);
      const state = status?.chains.find((each) => each.chain === chain)?.state ?? status?.chains[0]?.state;
      return state === undefined || state === 'halted' ? target.name : undefined;
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
