// How long clients wait for the next finality when a validator is killed (SIGKILL) at half of what the network bears: the
// one that leads, then one that follows. What counts as a gap stands in support/crash.ts.
// `node dist/bench/cluster/failover.js [rate] [seconds] [runs]`; without a rate it is half of what a search finds first.

import type { TestDevnet } from '../../test/e2e/devnet.ts';
import { type Crash, crash, type Role } from '../support/crash.ts';
import { load, withDevnet } from '../support/devnet.ts';
import { tell } from '../support/figures.ts';
import type { MaxFigures } from '../support/highest-rate.ts';

const [givenRate, seconds = '20', runs = '5'] = process.argv.slice(2);

async function halfOfHighest(devnet: TestDevnet): Promise<number> {
  const { max } = await load<MaxFigures>(devnet, '--find-max', '--mode', 'blob');
  return Math.round(max / 2);
}

await withDevnet(async (devnet) => {
  const rate = givenRate === undefined ? await halfOfHighest(devnet) : Number(givenRate);
  for (const role of ['leader', 'follower'] as const satisfies readonly Role[]) {
    const crashes: Crash[] = [];
    for (let i = 0; i < Number(runs); i++) crashes.push(await crash(devnet, { role, rate, seconds: Number(seconds) }));
    const of = (key: 'gap' | 'countGap' | 'gapBefore'): number[] => crashes.map((each) => each[key]);
    tell(`gap at a client, ${role} killed`, 'ms', of('gap'), { rate, seconds, runs: crashes });
    tell(`gap of the count of committed commands, ${role} killed`, 'ms', of('countGap'));
    tell(`gap at a client before, ${role} killed later`, 'ms', of('gapBefore'));
  }
});
