// A devnet of real processes for a benchmark, in a folder of its own that is gone afterwards, and `psky load` on it.

import { type TestDevnet, testDevnet } from '../../test/e2e/devnet.ts';
import type { Calibrations } from '../load/index.ts';

/** Runs on a new network of four validators, started with these words; stops it whatever happens. */
export async function withDevnet(
  run: (devnet: TestDevnet) => Promise<void>,
  ...words: readonly string[]
): Promise<void> {
  const actions: (() => void)[] = [];
  const devnet = testDevnet({ teardown: (action) => void actions.push(action) });
  try {
    await devnet.start(...words);
    await run(devnet);
    await devnet.run('dev', 'stop');
  } finally {
    for (const action of actions.reverse()) action();
  }
}

export interface LoadFigures {
  readonly offered: number;
  readonly committed: number;
  readonly lost: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly resources: readonly {
    readonly name: string;
    readonly cores: number | null;
    readonly rssMaxBytes: number | null;
  }[];
  readonly calibration: Calibrations;
}

/** @throws when the run fails, loses a command, or cannot judge one */
export async function load<T extends LoadFigures>(devnet: TestDevnet, ...words: readonly string[]): Promise<T> {
  const { status, json, stderr } = await devnet.ask<T>('load', ...words);
  if (status !== 0) throw new Error(`psky load ${words.join(' ')}: exit ${status}\n${stderr}`);
  return json;
}

export interface Leadership {
  readonly leader: string;
  readonly term: number;
}

/** Who leads a chain, as `psky status` names it: of the highest term that these validators know. */
export async function leadershipOf(
  devnet: TestDevnet,
  chain: string,
  names: readonly string[] = devnet.names,
): Promise<Leadership> {
  const asked = await Promise.all(names.map((name) => devnet.rpc(name).call('status', {})));
  const known = asked.flatMap(({ chains }) => chains.filter(({ name, leader }) => name === chain && leader !== null));
  const [newest] = known.sort((a, b) => b.term - a.term);
  if (newest === undefined) throw new Error(`nobody knows who leads ${chain}`);
  return { leader: newest.leader as string, term: newest.term };
}
