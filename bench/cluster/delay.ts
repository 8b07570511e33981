// How long a command takes to be final where every link takes 50 ms one way: for a client at the leader at most three message
// delays and 20 ms, for one at a follower four. Each validator holds up what it receives (net/drivers/breakable-transport);
// clients and disks are not held up. `node dist/bench/cluster/delay.js [seconds] [runs] [one-way milliseconds]`

import { breakNode } from '../../test/e2e/break-node.ts';
import type { TestDevnet } from '../../test/e2e/devnet.ts';
import { type LoadFigures, leadershipOf, load, withDevnet } from '../support/devnet.ts';
import { tell } from '../support/figures.ts';

const [seconds = '10', runs = '5', oneWayMs = '50'] = process.argv.slice(2);
const rate = '100';
/** Terms change every 30 s: a run in which its leader changed tells nothing of either place. */
const triesPerRun = 4;
const places = { leader: 3, follower: 4 } as const;

interface Told {
  readonly found: readonly LoadFigures[];
  readonly discarded: number;
}

/** @param ahead how far behind the leader the client's validator stands in the order of terms */
async function runsAt(devnet: TestDevnet, ahead: number): Promise<Told> {
  const found: LoadFigures[] = [];
  let discarded = 0;
  while (found.length < Number(runs)) {
    const before = await leadershipOf(devnet, 'bench');
    const { names } = devnet;
    const at = names[(names.indexOf(before.leader) + ahead) % names.length] as string;
    const words = ['--mode', 'blob', '--rate', rate, '--seconds', seconds, '--warm-up', '1', '--node', at];
    const figures = await load(devnet, ...words);
    const after = await leadershipOf(devnet, 'bench');
    if (after.term === before.term) found.push(figures);
    else if (++discarded > triesPerRun * Number(runs)) throw new Error('the leader changes in every run');
  }
  return { found, discarded };
}

await withDevnet(async (devnet) => {
  for (const { home } of devnet.report?.validators ?? []) await breakNode(home, { linkDelayMs: Number(oneWayMs) });
  for (const [place, delays] of Object.entries(places)) {
    const { found, discarded } = await runsAt(devnet, place === 'leader' ? 0 : 1);
    const bound = delays * Number(oneWayMs) + 20;
    const calibration = found.map((each) => each.calibration);
    for (const key of ['p50', 'p99'] as const) {
      const values = found.map(({ latencyMs }) => latencyMs[key]);
      const facts = { oneWayMs, rate, seconds, discarded, calibration };
      tell(`${key} at the ${place}, ${oneWayMs} ms links`, 'ms', values, key === 'p50' ? { bound, ...facts } : facts);
    }
  }
});
