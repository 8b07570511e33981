// Directed schedules for the rules of CONSENSUS that random walks do not catch when they are taken out.
import t from 'tap';
import { timeoutText } from '../../../consensus/certificate/hashing.ts';
import type { QuorumCert, Timeout } from '../../../consensus/certificate/index.ts';
import { commitHeight } from '../../../consensus/core/index.ts';
import type { KeyPair } from '../../../lib/suites/suite.ts';
import { CoreCluster } from './core-cluster.ts';
import { abandoned, commitsAfter, entriesOf, hostOf } from './core-story.ts';

const terms = (cluster: CoreCluster): readonly number[] => cluster.hosts.map(({ core }) => core.term);

for (const { at, delays, syncs } of [
  { at: 'the leader', delays: 3, syncs: 3 },
  { at: 'a follower', delays: 4, syncs: 3 },
]) {
  t.test(`a command of a client at ${at} is committed there after ${delays} δ and ${syncs} syncs`, async (t) => {
    for (const [delay, sync] of [
      [100, 0.001],
      [0.001, 100],
    ] as const) {
      const cluster = new CoreCluster({ n: 4, delayMs: () => delay, syncMs: () => sync });
      cluster.run(1_000);
      const node = at === 'the leader' ? cluster.leader(0) : cluster.leader(1);
      cluster.submit(node, 'one');
      const took = commitsAfter(cluster, node, 3_000);
      const expected = delays * delay + syncs * sync;
      t.ok(took >= expected && took < expected + 2, `${took} ms with δ ${delay} and sync ${sync}`);
    }
  });
}

t.test(
  'with one validator a command costs two syncs: its batch, and the vote that is its own certificate (D6)',
  async (t) => {
    const cluster = new CoreCluster({ n: 1, syncMs: () => 100 });
    cluster.run(1_000);
    cluster.submit(0, 'one');
    const took = commitsAfter(cluster, 0, 3_000);
    t.ok(took >= 200 && took < 205, `${took} ms`);
  },
);

t.test('V5: a slow link from the leader to one validator costs that one a bounded lag and nobody a term', async (t) => {
  let slow = [-1, -1];
  const cluster = new CoreCluster({
    n: 4,
    delayMs: (a, b) => (a === slow[0] && b === slow[1] ? 60 : 3),
    executeMs: () => 5,
  });
  slow = [cluster.leader(0), cluster.leader(3)];
  cluster.run(300);
  for (let i = 0; i < 150; i++) cluster.at(i * 5, () => cluster.submit(cluster.leader(i % 3), `entry ${i}`));
  let lag = 0;
  for (let i = 0; i < 15; i++) {
    cluster.run(cluster.now + 50);
    lag = Math.max(
      lag,
      (cluster.heights()[cluster.leader(1)] as number) - (cluster.heights()[cluster.leader(3)] as number),
    );
  }
  cluster.run(cluster.now + 10_000);
  t.ok(lag < 40, `${lag} blocks behind`);
  t.same(abandoned(cluster), []);
  for (const host of cluster.hosts) t.equal(entriesOf(host).length, 150);
});

t.test('D5: a validator with an older copy of its journal, or a new one, is fenced and signs nothing', async (t) => {
  for (const kept of [0.5, 0]) {
    const cluster = new CoreCluster({ n: 4 });
    cluster.run(100);
    for (let i = 0; i < 40; i++) cluster.at(i * 5, () => cluster.submit(i % 4, `entry ${i}`));
    cluster.run(2_000);
    const old = hostOf(cluster, cluster.leader(1));
    cluster.crash(old.index);
    old.disk.length = Math.max(1, Math.floor(old.disk.length * kept));
    const since = cluster.outputs.length;
    cluster.restart(old.index);
    for (let i = 0; i < 20; i++) cluster.at(i * 20, () => cluster.submit(cluster.leader(0), `later ${i}`));
    cluster.run(8_000);
    t.match(old.core.fenced, /later (vote|Timeout|batches)/);
    const signed = cluster.outputs
      .slice(since)
      .filter(({ node, output }) => node === old.index && output.type === 'signed');
    t.equal(
      signed.filter(({ output }) => output.type === 'signed' && output.vote !== undefined && output.vote.tipHeight > 40)
        .length,
      0,
    );
    t.equal(entriesOf(hostOf(cluster, cluster.leader(0))).length, 60, 'the others go on');
    t.equal(commitHeight(old.core), commitHeight(hostOf(cluster, cluster.leader(0)).core), 'and it follows');
  }
});

t.test('R2: a certificate of a later term brings a node into that term', async (t) => {
  const cluster = new CoreCluster({ n: 4, plannedTermMs: 60 });
  cluster.run(100);
  const away = cluster.leader(3);
  for (let peer = 0; peer < 4; peer++) cluster.disconnect(away, peer);
  for (let i = 0; i < 60; i++) cluster.at(i * 5, () => cluster.submit(cluster.leader(i % 3), `entry ${i}`));
  cluster.run(3_000);
  const informed = hostOf(cluster, cluster.leader(0)).core;
  const highQc = informed.highQc as QuorumCert;
  t.ok(highQc.term > hostOf(cluster, away).core.term);
  cluster.intercept = (_from, to, message) => (to === away ? undefined : message);
  cluster.connect(away, cluster.leader(0));
  cluster.deliver(cluster.leader(0), away, { type: 'qc', qc: highQc });
  cluster.run(cluster.now + 1);
  t.equal(hostOf(cluster, away).core.term, highQc.term);
});

t.test('join: f+1 Timeouts of a later term are followed, f are not', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const target = hostOf(cluster, 3);
  const timeoutOf = (voter: number, term: number): Timeout => {
    const fields = { term, highest: { term: -1, height: 0, id: cluster.committee.genesisId }, tail: [] };
    const signature = cluster.committee.suite.sign(
      cluster.keys[voter] as KeyPair,
      timeoutText(cluster.committee, fields),
    );
    return { voter, ...fields, signature };
  };
  cluster.deliver(0, 3, { type: 'timeout', timeout: timeoutOf(0, 9), qc: null });
  cluster.run(101);
  t.equal(target.core.term, 0);
  cluster.deliver(1, 3, { type: 'timeout', timeout: timeoutOf(1, 7), qc: null });
  cluster.run(102);
  t.equal(target.core.term, 7, 'the (f+1)-th highest');
  t.ok(target.core.timedOut);
});

t.test('T2: the leader of an idle chain is dead: the first command does not wait for a timer', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  cluster.submit(0, 'first');
  cluster.run(5_000);
  cluster.crash(cluster.leader(0));
  cluster.run(10_000);
  t.same(new Set(terms(cluster)), new Set([0]), 'an idle chain does not change its term');
  cluster.submit(cluster.leader(1), 'second');
  const took = commitsAfter(cluster, cluster.leader(1), 20_000);
  t.ok(took < 60, `${took} ms`);
});

t.test('T3: planned terms end by resignation, in time with work, and cost no timeout', async (t) => {
  const cluster = new CoreCluster({ n: 4, plannedTermMs: 300 });
  cluster.run(100);
  for (let i = 0; i < 200; i++) cluster.at(i * 5, () => cluster.submit(i % 4, `entry ${i}`));
  cluster.run(4_000);
  const reasons = new Set(abandoned(cluster));
  t.ok(Math.max(...terms(cluster)) >= 2, `term ${terms(cluster)}`);
  t.ok(
    reasons.has('planned-end') && reasons.has('leader-resigned') && !reasons.has('no-progress'),
    [...reasons].join(),
  );
  t.equal(entriesOf(cluster.hosts[0]).length, 200);
  const before = terms(cluster);
  cluster.run(60_000);
  t.same(terms(cluster), before, 'idle time is no part of a term');
});

t.test('T4: a batch that never reaches the leader is announced to it, within the term', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const [leader, owner] = [cluster.leader(0), cluster.leader(1)];
  cluster.intercept = (from, to, message) =>
    from === owner && to === leader && message.type === 'batch' && !message.answer ? undefined : message;
  cluster.submit(owner, 'hidden');
  const took = commitsAfter(cluster, owner, 10_000);
  t.ok(took > 200 && took < 400, `${took} ms`);
  t.same(terms(cluster), [0, 0, 0, 0]);
});

t.test('L1: a node that missed far more than W blocks of the term comes back without a term change', async (t) => {
  const cluster = new CoreCluster({ n: 4, window: 8 });
  cluster.run(100);
  const away = cluster.leader(3);
  for (let peer = 0; peer < 4; peer++) cluster.disconnect(away, peer);
  for (let i = 0; i < 100; i++) cluster.at(i * 4, () => cluster.submit(cluster.leader(i % 3), `entry ${i}`));
  cluster.run(500);
  for (let i = 0; i < 40; i++) cluster.at(i * 5, () => cluster.submit(cluster.leader(i % 3), `later ${i}`));
  for (let peer = 0; peer < 4; peer++) cluster.connect(away, peer);
  const target = commitHeight(hostOf(cluster, cluster.leader(0)).core);
  t.ok(target > 30, `${target} blocks missed`);
  const since = cluster.now;
  cluster.run(5_000, () => hostOf(cluster, away).core.executed >= target);
  t.ok(cluster.now - since < 400, `executed ${target} blocks after ${cluster.now - since} ms`);
  cluster.run(6_000);
  t.same(terms(cluster), [0, 0, 0, 0]);
  for (const host of cluster.hosts) t.equal(entriesOf(host).length, 140);
});

t.test('an owner that a peer has missed is heard again: later batches are not fetched one by one', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const [away, owner] = [cluster.leader(3), cluster.leader(1)];
  for (let peer = 0; peer < 4; peer++) cluster.disconnect(away, peer);
  for (let i = 0; i < 300; i++) cluster.at(i * 3, () => cluster.submit(owner, `entry ${i}`));
  cluster.run(400);
  for (let peer = 0; peer < 4; peer++) cluster.connect(away, peer);
  let asked = 0;
  cluster.at(200, () => {
    cluster.intercept = (from, _to, message) => {
      if (from === away && message.type === 'get-batches') asked += message.digests.length;
      return message;
    };
  });
  cluster.run(5_000);
  t.ok(asked < 10, `${asked} batches asked for after the first 200 ms`);
  t.equal(entriesOf(hostOf(cluster, away)).length, 300);
});

t.test('T1: one Byzantine Timeout per term on an idle chain changes terms ever more slowly', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  const liar = 3;
  cluster.intercept = (from, to, message) => (from === liar || to === liar ? undefined : message);
  cluster.run(100);
  cluster.submit(0, 'one');
  const lie = () => {
    const { term } = hostOf(cluster, 0).core;
    const fields = { term, highest: { term: -1, height: 0, id: cluster.committee.genesisId }, tail: [] };
    const signature = cluster.committee.suite.sign(
      cluster.keys[liar] as KeyPair,
      timeoutText(cluster.committee, fields),
    );
    for (let to = 0; to < 3; to++)
      cluster.deliver(liar, to, { type: 'timeout', timeout: { voter: liar, ...fields, signature }, qc: null });
    cluster.at(50, lie);
  };
  cluster.at(500, lie);
  cluster.run(60_000);
  const before = hostOf(cluster, 0).core.term;
  cluster.run(120_000);
  const gone = hostOf(cluster, 0).core.term - before;
  t.ok(gone <= 20, `${gone} terms in a minute`);
});
