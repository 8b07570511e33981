// Directed schedules for lanes (rule L4), what the core keeps in memory, and what it asks of others (L5).
import t from 'tap';
import { batchDigest } from '../../../consensus/certificate/hashing.ts';
import type { LaneHead } from '../../../consensus/certificate/index.ts';
import { type Batch, neededBatches, type PeerMessage } from '../../../consensus/core/index.ts';
import { askAgainAfter, maxBatchBytes, maxBatchesAsked, maxBatchesInFlight } from '../../../consensus/limits.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { sha256Hex, taggedHash, zeroHash } from '../../../lib/hash.ts';
import { CoreCluster, type Host } from './core-cluster.ts';
import { entriesOf } from './core-story.ts';

/** A batch of another's lane, as a Byzantine leader makes it up. */
const forged = (core: Host['core'], lane: number, entry: string): Batch =>
  forgedAfter(core.lanes[lane]?.head, lane, entry);

function forgedAfter(head: LaneHead | undefined, lane: number, entry: string): Batch {
  const { seq, digest: prev } = head ?? { seq: 0, digest: zeroHash };
  const body = [fromUtf8(entry)];
  const contentHash = sha256Hex(...body);
  const digest = batchDigest(prev, lane, seq + 1, 1, contentHash);
  return { lane, seq: seq + 1, prev, count: 1, size: entry.length, contentHash, body, digest };
}

/** A leader that has got a forged batch of the victim's lane, before the two that the victim accepts. */
function forgery(): { readonly cluster: CoreCluster; readonly victim: number } {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const leader = cluster.leader(0);
  const victim = (leader + 1) % 4;
  const lie = forged((cluster.hosts[leader] as Host).core, victim, 'forged');
  cluster.deliver(victim, leader, { type: 'batch', batch: lie, answer: false });
  cluster.at(0.5, () => cluster.submit(victim, 'mine 1'));
  cluster.at(3, () => cluster.submit(victim, 'mine 2'));
  return { cluster, victim };
}

t.test('memory holds nothing of what was executed', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  for (let i = 0; i < 400; i++) cluster.at(i * 2, () => cluster.submit(i % 4, `entry ${i}`));
  cluster.run(5_000);
  cluster.crash(1);
  cluster.restart(1);
  cluster.run(10_000);
  for (const { core } of cluster.hosts) {
    t.equal(core.batches.size, 0);
    t.equal(core.batchRecords.size, 0);
    for (const lane of core.lanes)
      t.equal(lane.next.size + lane.chain.size + lane.ahead.size + lane.strays.size + lane.heldBytes, 0);
    t.equal(core.wantedBatches.size + core.wantedHeaders.size + core.orphans.size, 0);
  }
});

t.test(
  'L4: a leader forges a batch of another lane: what that one accepted is ordered once, also after a restart',
  async (t) => {
    for (const restart of [false, true]) {
      const { cluster, victim } = forgery();
      if (restart) {
        cluster.at(9, () => cluster.crash(victim));
        cluster.at(400, () => cluster.restart(victim));
      }
      cluster.at(1_500, () => cluster.submit(victim, 'mine 3'));
      cluster.run(6_000);
      for (const host of cluster.hosts) {
        const entries = entriesOf(host);
        t.same([...entries].sort(), ['forged', 'mine 1', 'mine 2', 'mine 3'], `restart ${restart}: ${entries.join()}`);
        t.equal(host.core.batches.size, 0);
        t.equal(host.core.redo.length, 0);
      }
    }
  },
);

t.test('L4: the journal keeps a batch that has to be appended again until it is durable anew', async (t) => {
  const { cluster, victim } = forgery();
  // it learns of the commit, but for a second nobody gives it the forged batch, so it cannot say what was lost
  cluster.intercept = (_from, to, message) =>
    to === victim && message.type === 'batch' && message.answer ? undefined : message;
  cluster.at(1_000, () => {
    t.equal((cluster.hosts[victim] as Host).core.redo.length, 1);
    cluster.intercept = (_from, _to, message) => message;
  });
  cluster.run(6_000);
  t.same([...entriesOf(cluster.hosts[victim])].sort(), ['forged', 'mine 1', 'mine 2']);
  const told = cluster.outputs.filter(({ node }) => node === victim).map(({ output }) => output);
  const moved = told.filter((output) => output.type === 'reappended');
  t.equal(moved.length, 2);
  for (const { lost, batch } of moved) {
    const durable = told.findIndex((output) => output.type === 'accepted' && output.batch.digest === batch.digest);
    const forgotten = told.findIndex((output) => output.type === 'forgotten' && output.digests.includes(lost));
    t.ok(durable >= 0 && forgotten > durable, `durable ${durable}, forgotten ${forgotten}`);
  }
});

t.test('L4: what waits to be appended again is so after a restart, though the journal was pruned', async (t) => {
  const cluster = new CoreCluster({ n: 4, keepsState: true });
  cluster.run(100);
  const leader = cluster.leader(0);
  const victim = (leader + 1) % 4;
  const host = cluster.hosts[victim] as Host;
  cluster.submit(victim, 'before');
  cluster.run(1_000);
  const lie = forged((cluster.hosts[leader] as Host).core, victim, 'forged');
  cluster.deliver(victim, leader, { type: 'batch', batch: lie, answer: false });
  cluster.at(0.5, () => cluster.submit(victim, 'mine 1'));
  cluster.at(3, () => cluster.submit(victim, 'mine 2'));
  cluster.intercept = (_from, to, message) =>
    to === victim && message.type === 'batch' && message.answer ? undefined : message;
  cluster.run(2_000);
  t.equal(host.core.redo.length, 1);
  cluster.prune(
    victim,
    host.disk.findIndex((record) => record.type === 'batch' && record.batch.seq === 2),
  );
  for (let start = 0; start < 2; start++) {
    cluster.crash(victim);
    cluster.restart(victim);
    cluster.run(cluster.now + 100);
  }
  const mine = host.disk.flatMap((each) =>
    each.type === 'batch' && each.batch.lane === victim && !each.fetched ? [each.batch.digest] : [],
  );
  t.equal(mine.length, 2);
  t.ok(
    mine.every((digest) => neededBatches(host.core).has(digest)),
    'the journal keeps them',
  );
  cluster.intercept = (_from, _to, message) => message;
  cluster.run(6_000);
  for (const each of cluster.hosts)
    t.same([...entriesOf(each)].sort(), ['before', 'forged', 'mine 1', 'mine 2'], entriesOf(each).join());
});

t.test('D2: what is voted for stays, though a commit finds everybody on another chain of the lane', async (t) => {
  for (const restart of ['none', 'later', 'at once, with pruned journals']) {
    const cluster = new CoreCluster({ n: 4, delayMs: () => 20, keepsState: true });
    cluster.run(200);
    const liar = cluster.leader(0);
    const honest = cluster.hosts.filter(({ index }) => index !== liar) as Host[];
    // as owner it sends them one chain of its lane, as leader it orders another, and hands that one out once
    const shown = [forgedAfter(undefined, liar, 'shown 1')];
    shown.push(forgedAfter(shown[0], liar, 'shown 2'));
    const given = new Set<string>();
    cluster.intercept = (from, to, message) => {
      if (from !== liar || message.type !== 'batch') return message;
      const { seq, digest } = message.batch;
      if (!message.answer) return { ...message, batch: shown[seq - 1] as Batch };
      if (given.has(`${to} ${digest}`)) return undefined;
      given.add(`${to} ${digest}`);
      return message;
    };
    cluster.at(0, () => cluster.submit(liar, 'ordered 1'));
    cluster.at(30, () => cluster.submit(liar, 'ordered 2'));
    // the second block is voted for by all of them when the first one is committed
    const firstCommit = (): boolean => honest.some(({ core }) => core.committedTip.height > 0);
    cluster.run(2_000, firstCommit);
    for (const { core } of honest) t.equal(core.signedVote?.tipHeight, 2);
    if (restart === 'later') {
      cluster.run(2_000, () => honest.every(({ core }) => core.committedTip.height === 2));
      cluster.run(cluster.now + 50);
    }
    if (restart === 'at once, with pruned journals') {
      cluster.run(2_000, () => honest.every(({ core }) => core.executed === 1));
      for (const { index, disk, core } of honest) {
        t.equal(core.committedTip.height, 1);
        // the headers came first, and stood in the segment before
        disk.splice(0, disk.length, ...disk.filter((record) => record.type === 'batch'));
        cluster.prune(index, 0);
      }
    }
    if (restart !== 'none') {
      for (const { index } of honest) cluster.crash(index);
      for (const { index } of honest) cluster.restart(index);
    }
    cluster.run(10_000);
    for (const host of honest) t.same(entriesOf(host), ['ordered 1', 'ordered 2'], `restart: ${restart}`);
  }
});

t.test('a forged rival does not turn the head of my own lane', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const [leader, victim] = [cluster.leader(0), cluster.leader(1)];
  const host = cluster.hosts[victim] as Host;
  const lie = forged(host.core, victim, 'forged');
  host.core.wantedBatches.set(lie.digest, {
    sources: [],
    nextAt: host.core.now,
    tries: 0,
    asked: undefined,
    proven: false,
    neededAt: host.core.now,
    height: undefined,
    place: undefined,
  });
  cluster.deliver(leader, victim, { type: 'batch', batch: lie, answer: true });
  cluster.run(110);
  for (let i = 0; i < 12; i++) cluster.at(i, () => cluster.submit(victim, `entry ${i}`));
  cluster.run(5_000);
  for (const each of cluster.hosts) {
    t.equal(entriesOf(each).length, 12);
    t.equal(each.core.term, 0);
  }
});

t.test('no message asks for or announces more than its receiver takes', async (t) => {
  const cluster = new CoreCluster({ n: 7 });
  cluster.run(100);
  const leader = cluster.leader(0);
  const poor = (leader + 1) % 7;
  let asked = 0;
  cluster.intercept = (from, to, message) => {
    if (message.type === 'get-batches') asked = Math.max(asked, message.digests.length);
    return to === poor && message.type === 'batch' && !message.answer && from !== leader ? undefined : message;
  };
  for (let i = 0; i < 200; i++) cluster.at(Math.floor(i / 7), () => cluster.submit(i % 7, `entry ${i}`));
  cluster.run(10_000);
  t.ok(asked > 0 && asked <= maxBatchesAsked, `${asked} asked at once`);
  t.equal(entriesOf(cluster.hosts[poor]).length, 200);
});

t.test(
  'what one peer owes a node that is behind stays within 8 MiB, and a peer that owes is not asked for more',
  async (t) => {
    t.ok(maxBatchesInFlight * maxBatchBytes <= 8 * 1_048_576);
    for (const silent of [false, true]) {
      const cluster = new CoreCluster({ n: 4, delayMs: () => 10 });
      cluster.run(100);
      const poor = cluster.leader(3);
      const mute = cluster.leader(1);
      for (let peer = 0; peer < 4; peer++) cluster.disconnect(poor, peer);
      for (let i = 0; i < 300; i++) cluster.at(i * 2, () => cluster.submit(cluster.leader(i % 3), `entry ${i}`));
      cluster.run(2_000);
      // digests that a peer was asked for, until they come or their 200 ms are over
      const owed = Array.from({ length: 4 }, () => new Map<string, number>());
      const most = [0, 0, 0, 0];
      let asked = 0;
      cluster.intercept = (from, to, message) => {
        if (from === poor && message.type === 'get-batches') {
          const debts = owed[to] as Map<string, number>;
          for (const [digest, until] of debts) if (until <= cluster.now) debts.delete(digest);
          for (const digest of message.digests) debts.set(digest, cluster.now + askAgainAfter);
          most[to] = Math.max(most[to] as number, debts.size);
          asked += message.digests.length;
        }
        if (to !== poor || message.type !== 'batch') return message;
        if (silent && from === mute && message.answer) return undefined;
        cluster.at(10, () => owed[from]?.delete(message.batch.digest));
        return message;
      };
      for (let peer = 0; peer < 4; peer++) cluster.connect(poor, peer);
      cluster.run(20_000);
      t.ok(asked > 100, `${asked} batches asked for`);
      t.ok(Math.max(...most) <= maxBatchesInFlight, `at most ${most.join(', ')} in flight`);
      t.ok(most.filter((each) => each > 0).length >= 3, 'all peers take part');
      t.equal(entriesOf(cluster.hosts[poor]).length, 300, `silent peer: ${silent}`);
      t.equal((cluster.hosts[poor] as Host).core.wantedBatches.size, 0);
    }
  },
);

t.test('what a peer announces is bounded, and fetched for its place only', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const leader = cluster.leader(0);
  const liar = (leader + 1) % 4;
  for (let round = 0; round < 100; round++) {
    const batches = Array.from({ length: 32 }, (_, i) => ({
      lane: i % 4,
      seq: 1 + (i >> 2),
      digest: taggedHash('nothing', fromUtf8(`${round} ${i}`)),
    }));
    cluster.deliver(liar, leader, { type: 'have', batches } satisfies PeerMessage);
  }
  cluster.run(150);
  t.ok((cluster.hosts[leader] as Host).core.wantedBatches.size <= 32);
  cluster.run(20_000);
  t.equal((cluster.hosts[leader] as Host).core.wantedBatches.size, 0, 'and given up');
});

t.test('a batch that stands before the base in the oldest segment is on its lane after a restart', async (t) => {
  const cluster = new CoreCluster({ n: 4, keepsState: true });
  cluster.run(100);
  const owner = cluster.leader(1);
  const host = cluster.hosts[owner] as Host;
  cluster.submit(owner, 'committed');
  cluster.run(2_000);
  cluster.intercept = (from, _to, message) =>
    from === owner && (message.type === 'batch' || message.type === 'have') ? undefined : message;
  for (const entry of ['one', 'two']) cluster.at(10, () => cluster.submit(owner, entry));
  cluster.run(2_500);
  t.same(host.accepted, ['committed', 'one', 'two']);
  const first = host.disk.findIndex((record) => record.type === 'batch' && record.batch.seq === 2);
  cluster.prune(owner, first);
  t.equal(host.disk[0]?.type, 'batch');
  cluster.crash(owner);
  cluster.intercept = (_from, _to, message) => message;
  cluster.restart(owner);
  cluster.run(20_000);
  for (const each of cluster.hosts) t.same(entriesOf(each), ['committed', 'one', 'two']);
});
