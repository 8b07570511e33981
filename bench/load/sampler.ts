// CPU and memory of the validators over time, read from the kernel once a second: what the processes took, whatever they
// say themselves. Only Linux tells it; elsewhere there are no samples.

import { readFileSync } from 'node:fs';
import { KiB } from '../../lib/units.ts';
import { maxSamples, sampleEveryMs } from './limits.ts';

export interface ProcessSample {
  /** milliseconds since 1970 */
  readonly atMs: number;
  /** of user and kernel since the process began, all threads */
  readonly cpuSeconds: number;
  /** the same of the main thread alone, which runs the JavaScript */
  readonly mainCpuSeconds: number;
  /** resident, shared pages included */
  readonly rssBytes: number;
}

export interface ProcessSamples {
  readonly name: string;
  readonly samples: readonly ProcessSample[];
}

/** The kernel counts in ticks of 1/100 s (USER_HZ) on every platform that Node runs on. */
const ticksPerSecond = 100;

export class Sampler {
  readonly #processes: readonly { readonly name: string; readonly pid: number; samples: ProcessSample[] }[];
  readonly #timer: NodeJS.Timeout;
  #everyNth = 1;
  #turn = 0;

  constructor(processes: readonly { readonly name: string; readonly pid: number }[]) {
    this.#processes = processes.map(({ name, pid }) => ({ name, pid, samples: [] }));
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs);
    this.#sample();
  }

  /** Ends with one more sample. */
  stop(): readonly ProcessSamples[] {
    clearInterval(this.#timer);
    this.#turn = 0;
    this.#sample();
    return this.#processes.map(({ name, samples }) => ({ name, samples }));
  }

  #sample(): void {
    if (this.#turn++ % this.#everyNth !== 0) return;
    for (const each of this.#processes) {
      const sample = sampleOf(each.pid);
      if (sample !== undefined) each.samples.push(sample);
    }
    if (this.#processes.some(({ samples }) => samples.length >= maxSamples)) this.#thin();
  }

  #thin(): void {
    this.#everyNth *= 2;
    for (const each of this.#processes) each.samples = each.samples.filter((_, i) => i % 2 === 0);
  }
}

/** @returns undefined for a process that is gone, or where the system does not tell */
function sampleOf(pid: number): ProcessSample | undefined {
  try {
    const mainCpuSeconds = cpuSecondsOf(`/proc/${pid}/task/${pid}/stat`);
    const cpuSeconds = cpuSecondsOf(`/proc/${pid}/stat`);
    const [, resident] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    if (resident === undefined) return undefined; // a process that ended and waits for its parent
    return { atMs: Date.now(), cpuSeconds, mainCpuSeconds, rssBytes: Number(resident) * KiB };
  } catch {
    return undefined;
  }
}

function cpuSecondsOf(path: string): number {
  const stat = readFileSync(path, 'utf8');
  // the name in parentheses may hold spaces; user and system time are the 12th and 13th field after it
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export interface ProcessUse {
  /** mean over the window; 1 is one core */
  readonly cores: number;
  /** of the main thread */
  readonly mainCores: number;
  readonly rssMaxBytes: number;
}

/**
 * @param window milliseconds since 1970
 * @returns undefined where there are not two samples in it
 */
export function useWithin(
  samples: readonly ProcessSample[],
  window: { readonly fromMs: number; readonly toMs: number },
): ProcessUse | undefined {
  const inside = samples.filter(({ atMs }) => atMs >= window.fromMs && atMs <= window.toMs);
  const first = inside[0];
  const last = inside.at(-1);
  if (first === undefined || last === undefined || last.atMs === first.atMs) return undefined;
  const lastedSeconds = (last.atMs - first.atMs) / 1000;
  const cores = (last.cpuSeconds - first.cpuSeconds) / lastedSeconds;
  return {
    cores,
    // two counts in whole ticks: the thread's may seem a tick larger than that of its process
    mainCores: Math.min((last.mainCpuSeconds - first.mainCpuSeconds) / lastedSeconds, cores),
    rssMaxBytes: Math.max(...inside.map(({ rssBytes }) => rssBytes)),
  };
}
