// A validator that was away comes back: from the others' archives, or from a snapshot where they have pruned what it needs.

import t from 'tap';
import { KiB, MiB } from '../../lib/units.ts';
import { smallSegments, WholeNodes } from './whole-nodes.ts';

const away = 3;

const atTheTop = (nodes: WholeNodes): boolean => {
  const [first, last] = [nodes.status(0), nodes.status(away)];
  return last.height >= first.height && last.executed === last.height && last.stateRoot === first.stateRoot;
};

t.setTimeout(0); // the runner's budget for the file decides

t.test('a validator that was away for thousands of blocks fetches and executes them', (t) => {
  const nodes = new WholeNodes(1, { validators: 4, segmentBytes: MiB });
  nodes.load(500, { size: 100, everyMs: 20 });
  nodes.hosts[away]?.crash('killed');
  // more headers than the live records of a segment could hold
  const top = nodes.status(0).height + 1_200;
  while (nodes.status(0).height < top) nodes.load(500, { size: 20, everyMs: 4 });
  nodes.hosts[away]?.start();
  t.ok(
    nodes.until(() => nodes.nodes.has(away) && atTheTop(nodes), 30_000),
    `at ${nodes.status(away).executed} of ${nodes.status(0).height}`,
  );
  nodes.load(300, { size: 100, everyMs: 50 });
  t.ok(
    nodes.until(() => atTheTop(nodes), 5_000),
    'it takes part again',
  );
  t.equal(nodes.status(away).fenced, undefined);
  t.end();
});

t.test('a validator whose blocks its peers have pruned adopts a snapshot, whenever it is cut off on the way', (t) => {
  const seed = 1;
  const nodes = new WholeNodes(seed, { validators: 4, ...smallSegments, retainBytes: 512 * KiB });
  const { random } = nodes.world;
  nodes.load(500, { size: 100, everyMs: 20 });
  for (let round = 0; round < 6; round++) {
    nodes.hosts[away]?.crash('killed');
    const behind = nodes.status(0).height;
    const archive = nodes.nodes.get(0)?.node.served[0]?.archive();
    while ((archive?.oldest ?? 0) <= behind + 1) nodes.load(500, { size: 8_000, everyMs: 15 });
    nodes.hosts[away]?.start();
    // the first time undisturbed
    for (let cut = 0; cut < round; cut++) {
      nodes.run(random.workload.between(3, 25));
      nodes.hosts[away]?.crash('power-cut');
      nodes.hosts[away]?.start();
    }
    t.ok(
      nodes.until(() => nodes.nodes.has(away) && atTheTop(nodes), 30_000),
      `seed ${seed}, round ${round}: at ${nodes.status(away).executed} of ${nodes.status(0).height}`,
    );
    t.ok(nodes.adopted > round, `${nodes.adopted} snapshots adopted, v1 keeps blocks from ${archive?.oldest}`);
    const own = nodes.nodes.get(away)?.node.served[0]?.archive();
    t.ok((own?.oldest ?? 0) > behind + 1, `it serves blocks from ${own?.oldest}: what lies below has a gap`);
    nodes.load(300, { size: 100, everyMs: 50 });
    t.ok(
      nodes.until(() => atTheTop(nodes), 5_000),
      'it takes part again',
    );
    t.equal(nodes.status(away).fenced, undefined);
    t.equal(nodes.damaged, 0);
  }
  t.end();
});
