// How fast a leader proposes while blocks are in flight (§8): every 25 ms, and on long lines sooner, while blocks are small.
import t from 'tap';
import { commitHeight } from '../../../consensus/core/index.ts';
import { fewEntries, longLinePace, proposalPace } from '../../../consensus/limits.ts';
import { CoreCluster } from './core-cluster.ts';
import { hostOf } from './core-story.ts';

const oneWayMs = 50;
const loadMs = 1_000;

/** A batch at the leader every 4 ms for a second. @returns how many blocks a second were committed */
function blocksPerSecond({ measuredMs, entries }: { measuredMs: number; entries: number }): number {
  const cluster = new CoreCluster({ n: 4, delayMs: () => oneWayMs });
  const leader = cluster.leader(0);
  cluster.run(500);
  for (const { index } of cluster.hosts) cluster.measured(index, measuredMs);
  for (let at = 0; at < loadMs; at += 4) cluster.at(at, () => void cluster.submit(leader, `at ${at}`, entries));
  cluster.run(500 + loadMs);
  return (commitHeight(hostOf(cluster, leader).core) * 1_000) / loadMs;
}

t.test(
  'a block every 25 ms, and every 8 ms where the line takes longer than two blocks, unless they are large',
  async (t) => {
    const atMost = (paceMs: number): number => 1_000 / paceMs;
    const short = blocksPerSecond({ measuredMs: 2 * proposalPace, entries: 1 });
    t.ok(short <= atMost(proposalPace), `${short} a second`);
    const long = blocksPerSecond({ measuredMs: 2 * oneWayMs, entries: 1 });
    t.ok(long <= atMost(longLinePace) && long > 2 * short, `${long} a second`);
    const large = blocksPerSecond({ measuredMs: 2 * oneWayMs, entries: fewEntries });
    t.ok(large <= atMost(proposalPace), `${large} a second`);
    t.equal(blocksPerSecond({ measuredMs: 0, entries: 1 }), short, 'a line that was not measured counts as short');
  },
);
