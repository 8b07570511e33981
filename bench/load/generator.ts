// One generator process's part of a run: its clients, their clockwork, its figures. The clients send what is due; this
// wakes them, records latencies, and after the schedule's end waits until everything accepted is final or counts as lost.

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Histogram } from 'hdr-histogram-js';
import { errorRowOfCode } from '../../lib/errors.ts';
import type { OpenStreamSocket } from '../../sdk/index.ts';
import { type Counts, noCounts } from './counts.ts';
import type { Flight } from './flight.ts';
import { type Gaps, GapWatch } from './gaps.ts';
import { newHistogram, packHistogram, recordRange } from './latency.ts';
import { connectTimeoutMs, lookupEveryMs, reportEveryMs, sendGraceMs, settleMs } from './limits.ts';
import { LoadClient, type LoadClientEvents, ownCode } from './load-client.ts';
import { lookUp } from './lookup.ts';
import { type LoadPlan, Schedule } from './plan.ts';
import { BufferPool } from './submit-buffer.ts';
import type { Workload } from './workload.ts';

export interface Target {
  readonly name: string;
  /** http://host:port */
  readonly rpc: string;
}

export interface GeneratorOptions {
  readonly plan: LoadPlan;
  /** which of the plan's clients are of this process */
  readonly clients: readonly number[];
  readonly targets: readonly Target[];
  readonly chain: string;
  /** both shorter in tests */
  readonly settleMs?: number;
  readonly sendGraceMs?: number;
}

/** What happened since the last report, and the sums so far. */
export interface GeneratorReport {
  readonly counts: Counts;
  readonly warmUp: Counts;
  /** latencies recorded since the last report, packed; '' where none came */
  readonly latencies: string;
  /** the same of the warm-up */
  readonly warmUpLatencies: string;
  readonly disconnects: readonly string[];
  /** since the start of the schedule */
  readonly gaps: Gaps;
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #schedule: Schedule;
  readonly #workload: Workload;
  readonly #clients: LoadClient[];
  readonly #measured = { counts: noCounts(), latencies: newHistogram() };
  readonly #warmUp = { counts: noCounts(), latencies: newHistogram() };
  #disconnects: string[] = [];
  readonly #gaps = new GapWatch();
  #startAt = Number.POSITIVE_INFINITY;
  #lastSendMs = 0;
  #lastProgressMs = 0;
  #stopped = false;
  #sendingOver = false;
  #fromHeight = Number.MAX_SAFE_INTEGER;
  readonly #connected = new Set<number>();
  #onConnected: () => void = () => {};
  #wake: NodeJS.Timeout | undefined;

  constructor(options: GeneratorOptions, workload: Workload, openSocket: OpenStreamSocket) {
    this.#options = options;
    this.#workload = workload;
    this.#schedule = new Schedule(options.plan);
    const pool = new BufferPool(workload.slotBytes, (buffer) => workload.prepare(buffer));
    const urls = options.targets.map((target) => `${target.rpc.replace(/^http/, 'ws')}/v1/stream`);
    const world = {
      openSocket,
      now: () => this.#now(),
      after: (ms: number, action: () => void) => void setTimeout(action, ms),
    };
    this.#clients = options.clients.map((index) => {
      const own = { index, clients: options.plan.clients, schedule: this.#schedule, workload, pool, urls };
      return new LoadClient({ ...own, chain: options.chain }, world, this.#eventsOf(index));
    });
  }

  /** @returns whether each client has a stream */
  async connect(): Promise<boolean> {
    const all = new Promise<void>((resolve) => {
      this.#onConnected = resolve;
    });
    for (const client of this.#clients) client.connect();
    const timeout = new AbortController();
    await Promise.race([all, delay(connectTimeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
    timeout.abort();
    return this.#connected.size === this.#clients.length;
  }

  /**
   * Sends the whole schedule and waits for what becomes of it.
   * @param startEpochMs when entry 0 is due, milliseconds since 1970
   */
  async run(startEpochMs: number, report: (report: GeneratorReport) => void): Promise<GeneratorReport> {
    this.#startAt = startEpochMs - performance.timeOrigin;
    const reports = setInterval(() => {
      for (const client of this.#clients) client.check();
      report(this.#takeReport());
    }, reportEveryMs);
    this.#turn();
    await this.#untilSent();
    clearTimeout(this.#wake);
    for (const client of this.#clients) client.stopSending();
    this.#sendingOver = true;
    await this.#untilSettled();
    for (const client of this.#clients) client.end();
    clearInterval(reports);
    return this.#takeReport();
  }

  /** The user wants no more: nothing further becomes due. */
  stop(): void {
    this.#stopped = true;
  }

  #now(): number {
    return performance.now() - this.#startAt;
  }

  /** Sends what is due and sleeps until more is. */
  #turn = (): void => {
    let next = Number.POSITIVE_INFINITY;
    for (const client of this.#clients) {
      client.pump();
      next = Math.min(next, client.nextDueMs() ?? Number.POSITIVE_INFINITY);
    }
    // blocked clients send when credit or notices come; the turn looks after them at the latest after 20 ms
    const wait = Math.min(Math.max(next - this.#now(), 0), 20);
    if (this.#clients.some((client) => !client.sentAll)) this.#wake = setTimeout(this.#turn, wait);
  };

  async #untilSent(): Promise<void> {
    const end = this.#schedule.intendedMs(this.#schedule.entries) + (this.#options.sendGraceMs ?? sendGraceMs);
    while (!this.#stopped && this.#now() < end && this.#clients.some((client) => !client.sentAll)) await delay(10);
  }

  async #untilSettled(): Promise<void> {
    const limit = this.#options.settleMs ?? settleMs;
    const end = Math.max(this.#lastSendMs, this.#now() - sendGraceMs) + limit;
    const quiet = Math.min(lookupEveryMs, limit / 2);
    let lookedUp = this.#now();
    while (this.#now() < end && !this.#settled()) {
      await delay(10);
      if (this.#now() - Math.max(this.#lastProgressMs, lookedUp) < quiet) continue;
      await this.#lookUp();
      lookedUp = this.#now();
    }
    if (!this.#settled()) await this.#lookUp();
  }

  #settled(): boolean {
    return this.#clients.every((client) => client.settled);
  }

  async #lookUp(): Promise<void> {
    const flights: Flight[] = [];
    for (const client of this.#clients) flights.push(...client.openFlights);
    const { targets, chain } = this.#options;
    const bases = targets.map((target) => target.rpc);
    const options = { bases, chain, workload: this.#workload, fromHeight: this.#fromHeight };
    await lookUp(flights, options, this.#eventsOf(-1));
    for (const client of this.#clients) client.sweep();
  }

  #takeReport(): GeneratorReport {
    const disconnects = this.#disconnects;
    this.#disconnects = [];
    const warmUp = this.#takePart('warmUp');
    const { counts, latencies } = this.#takePart('measured');
    const gaps = this.#gaps.take();
    return { counts, latencies, warmUp: warmUp.counts, warmUpLatencies: warmUp.latencies, disconnects, gaps };
  }

  #takePart(part: 'measured' | 'warmUp'): { counts: Counts; latencies: string } {
    const { counts, latencies } = part === 'warmUp' ? this.#warmUp : this.#measured;
    counts.offered = this.#entriesOffered(part) * this.#options.plan.commandsPerEntry;
    const packed = latencies.totalCount === 0 ? '' : packHistogram(latencies);
    if (packed !== '') latencies.reset();
    return { counts: { ...counts, reasons: { ...counts.reasons } }, latencies: packed };
  }

  /** Due so far, of this process's clients: exact at the end, a share of the schedule before. */
  #entriesOffered(part: 'measured' | 'warmUp'): number {
    const { plan, clients } = this.#options;
    if (this.#sendingOver) return this.#clients.reduce((sum, client) => sum + client.offered[part], 0);
    return Math.round((this.#schedule.entriesDue(this.#now(), part === 'warmUp') * clients.length) / plan.clients);
  }

  #partOf(slot: number): { readonly counts: Counts; readonly latencies: Histogram } {
    return this.#schedule.isWarmUp(slot) ? this.#warmUp : this.#measured;
  }

  /** @param client -1: what a lookup finds, which became final before */
  #eventsOf(client: number): LoadClientEvents {
    const { commandsPerEntry } = this.#options.plan;
    const final = (): void => {
      if (client >= 0) this.#gaps.final(client, this.#now());
    };
    return {
      connected: (height) => {
        this.#fromHeight = Math.min(this.#fromHeight, height);
        this.#connected.add(client);
        if (this.#connected.size === this.#options.clients.length) this.#onConnected();
      },
      disconnected: (reason) => {
        this.#gaps.lost(client);
        if (this.#now() < 0) return;
        this.#measured.counts.reconnects++;
        if (this.#disconnects.length < 8) this.#disconnects.push(reason);
      },
      sent: (slot, resent) => {
        const { counts } = this.#partOf(slot);
        counts.frames++;
        if (resent) counts.resentFrames++;
        this.#lastSendMs = this.#now();
      },
      accepted: (slot, count) => {
        this.#partOf(slot).counts.accepted += count * commandsPerEntry;
        this.#lastProgressMs = this.#now();
      },
      committed: (slot, firstEntry, count) => {
        const { counts, latencies } = this.#partOf(slot);
        counts.committed += count * commandsPerEntry;
        this.#lastProgressMs = this.#now();
        final();
        recordRange(latencies, {
          firstLatencyMs: this.#lastProgressMs - this.#schedule.intendedMs(firstEntry),
          count,
          msPerEntry: this.#schedule.msPerEntry,
          weight: commandsPerEntry,
        });
      },
      refused: (slot, count, code, accepted) => {
        const { counts } = this.#partOf(slot);
        const commands = count * commandsPerEntry;
        counts.refused += commands;
        if (accepted) {
          counts.refusedAfterAccepted += commands;
          final();
        }
        const reason = reasonOf(code);
        counts.reasons[reason] = (counts.reasons[reason] ?? 0) + commands;
        this.#lastProgressMs = this.#now();
      },
    };
  }
}

function reasonOf(code: number): string {
  if (code === ownCode.notSent) return 'not-sent';
  if (code === ownCode.unanswered) return 'unanswered';
  return errorRowOfCode(code)?.name ?? `code-${code}`;
}
