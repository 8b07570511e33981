// A devnet of real processes for a benchmark, in a folder of its own that is gone afterwards, and `psky load` on it.

import { type TestDevnet, testDevnet } from '../../test/e2e/devnet.ts';
import { tell } from './figures.ts';

/** Runs on a new network of four validators; stops it whatever happens. */
export async function withDevnet(run: (devnet: TestDevnet) => Promise<void>): Promise<void> {
  const actions: (() => void)[] = [];
  const devnet = testDevnet({ teardown: (action) => void actions.push(action) });
  try {
    await devnet.start();
    await run(devnet);
    await devnet.run('dev', 'stop');
  } finally {
    for (const action of actions.reverse()) action();
  }
}

export interface LoadFigures {
  readonly committed: number;
  readonly lost: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly resources: readonly {
    readonly name: string;
    readonly cores: number | null;
    readonly rssMaxBytes: number | null;
  }[];
  readonly calibration: unknown;
}

export interface MaxFigures extends LoadFigures {
  readonly max: number;
  readonly confirmed: boolean;
  readonly limit?: number;
  readonly tries: readonly unknown[];
}

/** @throws when the run fails, loses a command, or cannot judge one */
export async function load<T extends LoadFigures>(devnet: TestDevnet, ...words: readonly string[]): Promise<T> {
  const { status, json, stderr } = await devnet.ask<T>('load', ...words);
  if (status !== 0) throw new Error(`psky load ${words.join(' ')}: exit ${status}\n${stderr}`);
  return json;
}

/** One figure per search: the highest rate, with what it was found by. */
export async function tellMax(
  devnet: TestDevnet,
  name: string,
  unit: string,
  ...words: readonly string[]
): Promise<void> {
  const found = await load<MaxFigures>(devnet, '--find-max', ...words);
  const { confirmed, limit, latencyMs, tries, resources, calibration } = found;
  tell(name, unit, [found.max], { confirmed, limit, latencyMs, tries, resources, calibration });
}
