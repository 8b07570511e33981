// The simulator itself: determinism, fault-free runs, and a rule whose deletion the seeds notice.

import t from 'tap';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { runCluster } from '../../sim/cluster.ts';
import { type FaultKind, faultKinds } from '../../sim/faults.ts';
import { simulatedNodes } from '../../sim/nodes.ts';
import { simulate } from '../../sim/run.ts';

t.setTimeout(0); // the runner's budget for the file decides

t.test('a seed gives the same bytes twice, and another seed others', async (t) => {
  const report = (seed: number) =>
    JSON.stringify(
      simulate({
        seed,
        program: 'validators',
        validators: 4,
        virtualSeconds: 5,
        faults: faultKinds,
        suite: sodiumSuite,
      }),
    );
  const first = report(1001);
  t.equal(report(1001), first);
  t.not(report(1002), first);
});

t.test('without faults terms end only as planned', async (t) => {
  for (const seed of [1, 2, 3]) {
    const report = simulate({
      seed,
      program: 'validators',
      validators: 4,
      virtualSeconds: 20,
      faults: [],
      suite: sodiumSuite,
    });
    t.strictSame(report.violations, []);
  }
});

t.test('without the session’s duplicate check the seeds fail', async (t) => {
  const faults: readonly FaultKind[] = ['duplicate'];
  const nodes = simulatedNodes({
    validators: 4,
    suite: sodiumSuite,
    plannedTermMs: 30_000,
    frameCheck: () => ({ judge: () => 'next' }),
  });
  const broken = [1, 2, 3].filter(
    (seed) => runCluster({ ...nodes, seed, virtualSeconds: 5, faults }).verdict === 'violated',
  );
  t.strictSame(broken, [1, 2, 3]);
});
