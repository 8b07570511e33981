// Directed schedules for lanes (rule L4), what the core keeps in memory, and what it asks of others (L5).
import t from 'tap';
import { batchDigest } from '../../../consensus/certificate/hashing.ts';
import type { Batch, PeerMessage } from '../../../consensus/core/index.ts';
import { maxBatchesAsked } from '../../../consensus/limits.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { sha256Hex, taggedHash } from '../../../lib/hash.ts';
import { CoreCluster, type Host } from './core-cluster.ts';

const entriesOf = (host: Host | undefined): readonly string[] => host?.executed.flatMap((block) => block.entries) ?? [];

/** A batch of another's lane, as a Byzantine leader makes it up. */
function forged(core: Host['core'], lane: number, entry: string): Batch {
  const { seq, digest: prev } = core.lanes[lane]?.head ?? { seq: 0, digest: '' as Batch['prev'] };
  const body = [fromUtf8(entry)];
  const contentHash = sha256Hex(...body);
  const digest = batchDigest(prev, lane, seq + 1, 1, contentHash);
  return { lane, seq: seq + 1, prev, count: 1, size: entry.length, contentHash, body, digest };
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
      const cluster = new CoreCluster({ n: 4 });
      cluster.run(100);
      const leader = cluster.leader(0);
      const victim = (leader + 1) % 4;
      const lie = forged((cluster.hosts[leader] as Host).core, victim, 'forged');
      cluster.deliver(victim, leader, { type: 'batch', batch: lie, answer: false });
      cluster.at(0.5, () => cluster.submit(victim, 'mine 1'));
      cluster.at(3, () => cluster.submit(victim, 'mine 2'));
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
