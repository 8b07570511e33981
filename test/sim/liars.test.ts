// The simulator itself: every behaviour of a Byzantine validator and every kind of fault really happens, and what peers
// answer to frames that no honest node sends.

import t from 'tap';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { leaderBehaviours } from '../../sim/byzantine/leader.ts';
import { behaviourNames } from '../../sim/byzantine/misbehaviour.ts';
import { type ClusterOptions, runCluster } from '../../sim/cluster.ts';
import { faultKinds } from '../../sim/faults.ts';
import { simulatedNodes } from '../../sim/nodes.ts';

t.setTimeout(0); // the runner's budget for the file decides

function run(options: Partial<ClusterOptions> & Pick<ClusterOptions, 'seed' | 'virtualSeconds' | 'faults'>) {
  return runCluster({
    ...simulatedNodes({ validators: 4, suite: sodiumSuite, plannedTermMs: 400 }),
    ...options,
  });
}

t.test('every behaviour does something, and none of them breaks an invariant', async (t) => {
  const leaders = Object.keys(leaderBehaviours);
  const others = behaviourNames.filter((name) => !leaders.includes(name));
  // a leader's turn comes every fourth term, so each of its behaviours has a run of its own; the others are dealt in turn
  for (const behaviours of [...leaders.map((name) => [name]), others]) {
    const virtualSeconds = behaviours.length === 1 ? 15 : 60;
    const report = run({ seed: 2, virtualSeconds, faults: ['byzantine'], behaviours });
    t.strictSame(report.violations, []);
    const idle = behaviours.filter((name) => (report.behaviours[name] ?? 0) === 0);
    t.strictSame(idle, [], 'none was idle');
  }
});

t.test('every kind of fault strikes by itself', async (t) => {
  for (const kind of faultKinds) {
    const report = run({ seed: 1, virtualSeconds: 8, faults: [kind] });
    t.strictSame(report.violations, [], kind);
    t.ok((report.faults[kind] ?? 0) > 0, `${kind}: ${report.faults[kind]}`);
  }
});

t.test('frames that no honest node sends end the link, each for its reason', async (t) => {
  const reasons = new Set<string>();
  run({
    seed: 1,
    virtualSeconds: 60,
    faults: ['byzantine'],
    behaviours: ['oversized-messages', 'oversized-bodies', 'gibberish'],
    log: (line) => {
      const reason = /"reason":"(?:control: |bulk: )?(?:misbehaved: )?([a-z -]+)"/.exec(line)?.[1];
      if (reason !== undefined) reasons.add(reason);
    },
  });
  for (const reason of [
    'message too long',
    'too-large',
    'body-overrun',
    'slice-without-head',
    'head-inside-body',
    'bad-header',
    'bad-frames',
  ])
    t.ok(reasons.has(reason), reason);
});
