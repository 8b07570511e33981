// How a benchmark tells what it found: one JSON line per figure on standard output, with its median and spread. The
// runner (bench/run.ts) collects the lines, and compares those of two commits by their names.

import { spreadOf } from '../load/spread.ts';

export interface Figure {
  /** the same in every commit that measures the same thing */
  readonly name: string;
  /** of one operation, e.g. µs/put; what ends in /s is better when it is higher, everything else when it is lower */
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  /** settings and side results */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** @param values one per round, at least one */
export function tell(name: string, unit: string, values: readonly number[], facts?: Figure['facts']): void {
  const spread = spreadOf(values);
  const [median, min, max] = [spread.median, spread.min, spread.max].map(short) as [number, number, number];
  const figure: Figure = { name, unit, median, min, max, rounds: values.length, ...(facts ? { facts } : {}) };
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/** Microseconds of processor time, all threads: what a busy machine does not distort. */
export function cpuSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return user + system;
}

const defaultRounds = 15;

/** Processor time per operation, after two rounds that warm the compiler. */
export function tellCost(
  name: string,
  unit: 'ns' | 'µs',
  options: { readonly times: number; readonly rounds?: number; readonly facts?: Figure['facts'] },
  run: () => unknown,
): void {
  const { times, rounds = defaultRounds } = options;
  const values: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const began = process.cpuUsage();
    for (let i = 0; i < times; i++) run();
    const us = cpuSince(began) / times;
    if (round >= 0) values.push(unit === 'ns' ? us * 1000 : us);
  }
  tell(name, unit, values, options.facts);
}

const short = (value: number): number => Number(value.toPrecision(4));
