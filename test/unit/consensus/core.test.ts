import t from 'tap';
import { leaderOf } from '../../../consensus/certificate/committee.ts';
import { coverAfter, maxUnexecuted } from '../../../consensus/limits.ts';
import { CoreCluster, type Host } from './core-cluster.ts';

for (const n of [1, 4, 7]) {
  t.test(`${n} validators commit, execute and cover what is submitted, then fall silent`, async (t) => {
    const cluster = new CoreCluster({ n });
    cluster.run(100);
    for (let i = 0; i < 50; i++) cluster.at(i * 3, () => cluster.submit(i % n, `entry ${i}`));
    cluster.run(5_000);
    const executed = cluster.hosts.map((host) => host.executed.flatMap((block) => block.entries));
    for (const entries of executed) t.same(entries, executed[0]);
    t.equal(new Set(executed[0]).size, 50);
    t.equal(executed[0]?.length, 50);
    t.ok(
      cluster.hosts.every((host) => host.core.committedTip.execHeight >= host.core.lastOrdered),
      'covered',
    );
    t.ok(
      cluster.hosts.every((host) => host.core.term === cluster.hosts[0]?.core.term && host.core.term === 0),
      'one term',
    );
    const { messages } = cluster;
    cluster.run(60_000);
    t.equal(cluster.messages, messages, 'silent');
    t.ok(cluster.hosts.every((host) => host.core.timers.size === 0));
  });
}

t.test('the leader dies: the others go on in the next term and lose nothing', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const leader = leaderOf(cluster.committee, 0);
  const others = [0, 1, 2, 3].filter((index) => index !== leader);
  let sent = 0;
  for (let i = 0; i < 200; i++)
    cluster.at(i * 5, () => cluster.submit(others[i % 3] as number, `entry ${i}`) && sent++);
  cluster.at(300, () => cluster.crash(leader));
  cluster.run(10_000);
  for (const index of others)
    t.equal(new Set(cluster.hosts[index]?.executed.flatMap((block) => block.entries)).size, sent);
  cluster.restart(leader);
  cluster.run(20_000);
  t.equal(
    new Set(cluster.hosts.map((host) => host.executed.flatMap((block) => block.entries).join())).size,
    1,
    'the restarted one caught up',
  );
  t.ok(cluster.submit(leader, 'after the restart'));
  cluster.run(25_000);
  for (const host of cluster.hosts) t.ok(host.executed.some((block) => block.entries.includes('after the restart')));
});

t.test('all die at once and come back: everything accepted is there', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  for (let i = 0; i < 100; i++) cluster.at(i * 4, () => cluster.submit(i % 4, `entry ${i}`));
  cluster.run(350);
  for (let i = 0; i < 4; i++) cluster.crash(i);
  const accepted = cluster.hosts.flatMap((host) => host.accepted);
  cluster.run(400);
  for (let i = 0; i < 4; i++) cluster.restart(i);
  cluster.run(15_000);
  for (const host of cluster.hosts) {
    const entries = new Set(host.executed.flatMap((block) => block.entries));
    t.same(
      accepted.filter((entry) => !entries.has(entry)),
      [],
    );
    t.notOk(host.core.fenced);
  }
  const { messages } = cluster;
  cluster.run(60_000);
  t.equal(cluster.messages, messages, 'silent');
});

t.test('two of four dead: nothing commits; one back: the chain goes on', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  cluster.crash(2);
  cluster.crash(3);
  const [height] = cluster.heights();
  cluster.submit(0, 'waiting');
  cluster.run(20_000);
  t.equal(cluster.heights()[0], height);
  cluster.restart(2);
  cluster.run(30_000);
  t.ok(cluster.hosts[0]?.executed.some((block) => block.entries.includes('waiting')));
});

t.test('a leader does not order far ahead of what it can execute, and nobody blames it', async (t) => {
  const cluster = new CoreCluster({ n: 4, executeMs: () => 1_500, oneAtATime: true, plannedTermMs: 1e9 });
  cluster.run(100);
  for (let i = 0; i < 400; i++) cluster.at(i * 5, () => cluster.submit(i % 4, `entry ${i}`));
  const leader = cluster.hosts[leaderOf(cluster.committee, 0)] as Host;
  let most = 0;
  for (let ms = 200; ms < 120_000; ms += 50) {
    cluster.run(ms);
    most = Math.max(most, leader.core.committedTip.height - leader.core.executed);
  }
  t.equal(most, maxUnexecuted, 'as many committed blocks wait, and no more');
  for (const { core, executed } of cluster.hosts) {
    t.equal(core.term, 0, 'in the term in which it began');
    t.equal(new Set(executed.flatMap(({ entries }) => entries)).size, 400);
  }
});

t.test('results are covered by the next block where one follows soon, else by a block of their own', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(1_000);
  for (let i = 0; i < 100; i++) cluster.at(i * (coverAfter - 5), () => cluster.submit(0, `entry ${i}`));
  cluster.run(1_000 + 100 * (coverAfter - 5) + 1_000);
  t.equal(cluster.heights()[0], 101, 'a block for each command, and one at the end');
  for (let i = 0; i < 10; i++) cluster.at(i * 10 * coverAfter, () => cluster.submit(0, `alone ${i}`));
  cluster.run(cluster.now + 100 * coverAfter + 1_000);
  t.equal(cluster.heights()[0], 121);
});

t.test('a COMMIT stands in front of what follows it, or by itself when nothing follows', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(1_000);
  cluster.submit(0, 'one');
  cluster.run(1_500);
  for (const { disk, core } of cluster.hosts) {
    const commits = disk.filter(({ type }) => type === 'commit').length;
    t.equal(commits, core.committedTip.height, 'each is on disk');
    t.equal(core.unrecordedCommit, undefined);
  }
});
