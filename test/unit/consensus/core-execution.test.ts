// Directed schedules for what blocks say of execution: who covers which results, and who has executed otherwise (E1 to E3).
import t from 'tap';
import type { CheckpointCert } from '../../../consensus/certificate/index.ts';
import { commitHeight, liveRecords } from '../../../consensus/core/index.ts';
import { CoreCluster } from './core-cluster.ts';
import { abandoned, commitsAfter, entriesOf, evidenceOf, hostOf, signedBy, stopsOf } from './core-story.ts';

t.test(
  'E2, E3: one command takes one block and one empty one that covers it, however slow execution is; then silence',
  async (t) => {
    for (const executeMs of [5, 300, 2_000]) {
      const cluster = new CoreCluster({ n: 4, executeMs: (node) => executeMs * (1 + node / 10) });
      cluster.run(100);
      cluster.submit(1, 'one');
      cluster.run(20_000);
      for (const { core } of cluster.hosts) {
        t.equal(commitHeight(core), 2);
        t.equal(core.committedTip.execHeight, 1);
      }
      t.same(abandoned(cluster), []);
      const { messages } = cluster;
      cluster.run(60_000);
      t.equal(cluster.messages, messages);
      for (const { core } of cluster.hosts) t.equal(core.checkpoint?.height, 2, 'a checkpoint at rest');
    }
  },
);

t.test("E1: a term's first block repeats its parent's pair, so a slow execution holds up no term change", async (t) => {
  const cluster = new CoreCluster({ n: 4, executeMs: () => 4_000 });
  cluster.run(100);
  for (let i = 0; i < 20; i++) cluster.at(i * 5, () => cluster.submit(cluster.leader(1), `entry ${i}`));
  cluster.run(300);
  cluster.crash(cluster.leader(0));
  cluster.submit(cluster.leader(1), 'after');
  const took = commitsAfter(cluster, cluster.leader(1), 10_000);
  t.ok(took < 1_500, `${took} ms`);
});

for (const { when, executeMs } of [
  { when: 'after it has executed', executeMs: 1 },
  { when: 'before it has executed', executeMs: 3_000 },
]) {
  t.test(
    `E1: a node whose root differs from a certified one, which comes ${when}, stops with the evidence`,
    async (t) => {
      const odd = 3;
      const cluster = new CoreCluster({
        n: 4,
        executeMs: (node) => (node === odd ? executeMs : 1),
        wrong: (node) => (node === odd ? 'another' : undefined),
      });
      t.not(cluster.leader(0), odd);
      cluster.run(100);
      cluster.submit(cluster.leader(0), 'one');
      cluster.run(6_000);
      const [reason] = stopsOf(cluster, odd);
      const { core } = hostOf(cluster, odd);
      const covering = hostOf(cluster, cluster.leader(0)).core.committedTip;
      t.same(reason, {
        code: 'diverged',
        height: 1,
        block: covering.id,
        ours: core.roots.get(1)?.stateRoot,
        theirs: covering.stateRoot,
      });
      t.not(covering.stateRoot, core.roots.get(1)?.stateRoot);
      t.equal(stopsOf(cluster, odd).length, 1);

      const signed = signedBy(cluster, odd);
      cluster.submit(cluster.leader(0), 'two');
      cluster.run(cluster.now + 3_000);
      t.equal(signedBy(cluster, odd), signed, 'it signs nothing any more');
      for (const host of cluster.hosts) {
        if (host.index === odd) continue;
        t.same(entriesOf(host), ['one', 'two'], 'the others go on');
        t.same(stopsOf(cluster, host.index), []);
      }
    },
  );
}

t.test('E1: a node that has diverged stays so over restarts, whatever it computes then', async (t) => {
  const odd = 3;
  let wrong = true;
  const cluster = new CoreCluster({ n: 4, wrong: (node) => (wrong && node === odd ? 'another' : undefined) });
  cluster.run(100);
  cluster.submit(cluster.leader(0), 'one');
  cluster.run(3_000);
  const [reason] = stopsOf(cluster, odd);
  const signed = signedBy(cluster, odd);
  const { disk } = hostOf(cluster, odd);
  const recorded = disk.findIndex(({ type }) => type === 'stopped');
  t.ok(recorded >= 0);

  // a crash before the record is durable: it is found out again, and recorded then
  cluster.crash(odd);
  disk.splice(recorded, 1);
  cluster.restart(odd);
  cluster.run(cluster.now + 3_000);
  t.equal(disk.filter(({ type }) => type === 'stopped').length, 1);

  wrong = false;
  for (let start = 0; start < 2; start++) {
    const stops = stopsOf(cluster, odd).length;
    cluster.crash(odd);
    cluster.restart(odd);
    cluster.submit(cluster.leader(0), `later ${start}`);
    cluster.run(cluster.now + 3_000);
    t.same(stopsOf(cluster, odd).slice(stops), [reason], 'it says so again');
    t.match(liveRecords(hostOf(cluster, odd).core).at(-1), { type: 'stopped', reason }, 'and a new segment repeats it');
  }
  t.equal(signedBy(cluster, odd), signed);
  t.same(entriesOf(hostOf(cluster, cluster.leader(0))), ['one', 'later 0', 'later 1']);
});

t.test(
  'E1: a leader that alone claims a wrong root is refused with evidence, and stops nobody but itself',
  async (t) => {
    let liar = -1;
    const cluster = new CoreCluster({ n: 4, wrong: (node) => (node === liar ? 'another' : undefined) });
    liar = cluster.leader(0);
    cluster.run(100);
    cluster.submit(cluster.leader(1), 'one');
    cluster.run(30_000);
    for (const host of cluster.hosts) {
      if (host.index === liar) continue;
      t.same(evidenceOf(cluster, host.index), [`wrong-root ${liar}`]);
      t.same(stopsOf(cluster, host.index), []);
      t.equal(host.core.committedTip.execHeight >= 1, true, 'another leader covers the command');
    }
    t.match(stopsOf(cluster, liar), [{ code: 'diverged', height: 1 }]);
  },
);

t.test('§9: who reports less in its Hello than before is offered a snapshot: a crash undid its blocks', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  for (let i = 0; i < 8; i++) cluster.at(100 + i * 100, () => cluster.submit(0, `entry ${i}`));
  cluster.run(5_000);
  const [holder, undone] = [0, 3];
  const { core } = hostOf(cluster, holder);
  t.ok((core.reportedExecution[undone] as number) > 4);
  const { committedTip } = core;
  const snapshot = { height: committedTip.height, id: committedTip.id, votes: [] } as unknown as CheckpointCert;
  core.kept = { oldest: 4, snapshot };
  const offered: number[] = [];
  const restartWith = (executed: number): void => {
    cluster.intercept = (from, to, message) => {
      if (message.type === 'offer' && from === holder) offered.push(to);
      return from === undone && message.type === 'hello' ? { ...message, executed } : message;
    };
    cluster.crash(undone);
    cluster.restart(undone);
    cluster.run(cluster.now + 1_000);
  };
  restartWith(3);
  t.same(offered, [], 'its next block is held');
  restartWith(2);
  t.same(offered, [undone]);
});
