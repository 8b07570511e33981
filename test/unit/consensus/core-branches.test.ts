// Directed schedules for D2: what a node has voted for, or has not executed, is there when somebody needs it.
import t from 'tap';
import type { Position } from '../../../actors/index.ts';
import type { QuorumCert } from '../../../consensus/certificate/index.ts';
import { makeHeader } from '../../../consensus/certificate/shapes.ts';
import { keepHeader } from '../../../consensus/core/blocks.ts';
import { forgetDeadBranches, isAtRest, oldestOpenHeader } from '../../../consensus/core/branches.ts';
import { type Block, type Core, historyRoot } from '../../../consensus/core/index.ts';
import { releaseJournal } from '../../../consensus/engine-pruning.ts';
import { maxVotedHeaders } from '../../../consensus/limits.ts';
import { CoreCluster, type Host } from './core-cluster.ts';

const entriesOf = (host: Host | undefined): readonly string[] => host?.executed.flatMap((block) => block.entries) ?? [];
const coreOf = (cluster: CoreCluster, index: number): Core => (cluster.hosts[index] as Host).core;

/**
 * The leader of term 0 shows its blocks to two honest validators, takes their votes and says nothing any more. In term 1 the
 * same two vote for another block, which the third does not see. Ends when all three are in term 2.
 *
 * @param midway called in term 1, when both have voted
 */
function hidden(entries: readonly string[], midway: (cluster: CoreCluster, honest: readonly number[]) => void) {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  const [liar, ...honest] = [0, 1, 2, 3].map((term) => cluster.leader(term)) as [number, ...number[]];
  const [first, second, third] = honest as [number, number, number];
  const voters = [first, second];
  cluster.intercept = (from, to, message) => {
    if (to === third && ['proposal', 'vote', 'headers'].includes(message.type)) return undefined;
    if (from !== liar) return message;
    if (to === third) return undefined;
    if (message.type === 'proposal') return message.header.order.term === 0 ? { ...message, chainQc: null } : undefined;
    return message.type === 'batch' ? message : undefined;
  };
  for (const [i, entry] of entries.entries()) cluster.at(i * 30, () => cluster.submit(liar, entry));
  cluster.at(5, () => cluster.submit(first, 'honest'));
  cluster.run(60_000, () => voters.every((index) => coreOf(cluster, index).signedVote?.term === 1));
  midway(cluster, honest);
  cluster.run(cluster.now + 60_000, () => honest.every((index) => coreOf(cluster, index).term >= 2));
  const certificates = [...coreOf(cluster, liar).qcs.values()].filter(({ term }) => term === 0);
  certificates.sort((a, b) => b.height - a.height);
  return { cluster, liar, honest, voters, certificate: certificates[0] as QuorumCert };
}

/** Nothing is executed yet, so nothing behind it may be pruned. */
const oldestBatch = ({ disk }: Host): number => disk.findIndex((record) => record.type === 'batch');

for (const crash of ['nobody crashes', 'all crash', 'all crash, with pruned journals']) {
  t.test(`a certificate that was hidden for terms holds nobody up when it is shown: ${crash}`, async (t) => {
    const { cluster, liar, honest, certificate } = hidden(['one'], (cluster, honest) => {
      if (crash === 'nobody crashes') return;
      if (crash === 'all crash, with pruned journals')
        for (const index of honest) cluster.prune(index, oldestBatch(cluster.hosts[index] as Host));
      for (const index of honest) cluster.crash(index);
      for (const index of honest) cluster.restart(index);
    });
    // term 2 fails, and from then on every TC names the hidden block
    cluster.intercept = (from, _to, message) =>
      from === liar || message.type === 'proposal' || message.type === 'vote' ? undefined : message;
    for (const index of honest) cluster.deliver(liar, index, { type: 'qc', qc: certificate });
    cluster.run(cluster.now + 60_000, () => honest.every((index) => coreOf(cluster, index).term >= 3));
    for (const index of honest) t.equal(coreOf(cluster, index).highQc?.id, certificate.id);
    cluster.intercept = (from, _to, message) => (from === liar ? undefined : message);
    cluster.run(cluster.now + 60_000);
    for (const index of honest) t.same([...entriesOf(cluster.hosts[index])].sort(), ['honest', 'one']);
  });
}

t.test('a branch that was voted for is forgotten when the commit has left it, above its height too', async (t) => {
  const { cluster, liar, voters } = hidden(
    Array.from({ length: 20 }, (_, i) => `entry ${i}`),
    () => {},
  );
  const core = coreOf(cluster, voters[0] as number);
  const branch = [...core.blocks.values()].filter((block) => block.term === 0);
  const [foot, tip] = [branch[0] as Block, branch.at(-1) as Block];
  t.ok(branch.length >= 20 && branch.every(({ voted }) => voted), `${branch.length} blocks`);
  t.equal(oldestOpenHeader(core), foot.record);
  cluster.intercept = (from, _to, message) => (from === liar ? undefined : message);
  cluster.run(cluster.now + 60_000, () => core.committedTip.height > 0);
  t.ok(core.committedTip.height < tip.height, `committed up to ${core.committedTip.height}`);
  t.not(core.committedTip.term, 0);
  t.ok(oldestOpenHeader(core) > tip.record, 'the journal need not keep it');
  t.ok(core.blocks.has(tip.id), 'until a term begins');
  core.term += 2;
  forgetDeadBranches(core);
  t.notOk(core.blocks.has(tip.id));
});

t.test(
  'the journal is released up to what was two checkpoints ago, and no further than headers are needed',
  async (t) => {
    const { cluster, liar, honest, voters } = hidden(['one'], () => {});
    const core = coreOf(cluster, voters[0] as number);
    const engine: Parameters<typeof releaseJournal>[1] = { core, checkpointMark: undefined };
    let appended = 100;
    let released = 0;
    const checkpoint = (): void => {
      appended += 100;
      releaseJournal(
        {
          application: { persist: (done) => done(undefined, undefined) },
          archive: { sync: (done) => done(), oldestFresh: (position) => Math.min(position, 350) },
          journal: {
            appended: appended as Position,
            releaseBelow: (position) => {
              released = position;
            },
          },
        },
        engine,
        { request: (begin) => begin(() => {}) },
      );
    };
    checkpoint();
    checkpoint();
    t.equal(released, 0, 'a header above the commit is older than the first of them');
    cluster.intercept = (from, _to, message) => (from === liar ? undefined : message);
    cluster.run(cluster.now + 60_000, () => honest.every((index) => coreOf(cluster, index).executed > 1));
    checkpoint();
    t.equal(released, 300);
    checkpoint();
    t.equal(released, 350, 'a batch that is not executed');
  },
);

t.test('headers kept for votes are bounded: those of the oldest terms go, from the tip down', async (t) => {
  const cluster = new CoreCluster({ n: 4 });
  const { core } = cluster.hosts[0] as Host;
  const { chain, epoch } = cluster.committee;
  const keep = (term: number, parent: Block): Block => {
    const height = parent.height + 1;
    const { timeMs, execHeight, stateRoot, outboxRoot, cut } = parent;
    const claims = { timeMs: timeMs + 1, execHeight, stateRoot, outboxRoot, historyRoot: stateRoot };
    const header = makeHeader(
      { chain, epoch, term, height, cut, control: null },
      { chain, epoch, height, ...claims, parentRef: null, nextSetHash: null },
      parent.id,
    );
    const block = keepHeader(core, { header, signature: new Uint8Array(64), entry: null }, true, undefined) as Block;
    block.voted = true;
    return block;
  };
  const oldest = keep(0, core.genesis);
  const tip = keep(0, oldest);
  const unvoted = keep(1, core.genesis);
  unvoted.voted = false;
  const rest = Array.from({ length: maxVotedHeaders - 1 }, (_, i) => keep(i + 2, core.genesis));
  core.term = rest.length + 10;
  forgetDeadBranches(core);
  t.ok(core.blocks.has(oldest.id) && rest.every(({ id }) => core.blocks.has(id)));
  t.notOk(core.blocks.has(tip.id) || core.blocks.has(unvoted.id));
});

t.test('a node that executes slowly goes on where it was after a crash, though its journal was pruned', async (t) => {
  let slow = -1;
  const executeMs = (node: number): number => (node === slow ? 500 : 1);
  const cluster = new CoreCluster({ n: 4, keepsState: true, oneAtATime: true, executeMs });
  slow = cluster.leader(3);
  cluster.run(100);
  for (let i = 0; i < 20; i++) cluster.at(i * 30, () => cluster.submit(cluster.leader(i % 3), `entry ${i}`));
  cluster.run(2_000);
  const host = cluster.hosts[slow] as Host;
  const { executed, committedTip } = host.core;
  t.ok(executed > 0 && executed + 10 < committedTip.height, `${executed} of ${committedTip.height} executed`);
  cluster.prune(slow, host.disk.length);
  cluster.crash(slow);
  cluster.restart(slow);
  t.equal(host.core.committedTip.height, committedTip.height);
  cluster.run(60_000);
  t.same(entriesOf(host), entriesOf(cluster.hosts[cluster.leader(0)]));
  t.equal(entriesOf(host).length, 20);
});

t.test('a chain that rests on the base of a pruned journal knows its past, which a snapshot of it holds', async (t) => {
  const cluster = new CoreCluster({ n: 4, keepsState: true });
  cluster.run(100);
  for (let i = 0; i < 5; i++) cluster.at(i * 30, () => cluster.submit(cluster.leader(0), `entry ${i}`));
  cluster.run(5_000);
  const rests = cluster.hosts[cluster.leader(1)] as Host;
  t.ok(isAtRest(rests.core));
  for (const life of [1, 2]) {
    cluster.prune(rests.index, rests.disk.length);
    cluster.crash(rests.index);
    cluster.restart(rests.index);
    cluster.run(cluster.now + 1_000);
    const { past, header, parent } = rests.core.committedTip;
    t.equal(parent, undefined);
    t.equal(historyRoot(past ?? []), header?.state.historyRoot, `life ${life}`);
    t.ok(isAtRest(rests.core));
  }
});

t.test('a new segment repeats the headers of a vote that is W beyond a certificate, W beyond the commit', async (t) => {
  const window = 4;
  const cluster = new CoreCluster({ n: 4, window });
  cluster.run(100);
  const index = cluster.leader(1);
  const host = cluster.hosts[index] as Host;
  // it learns certificates from proposals, and no commit from votes
  cluster.intercept = (_from, to, message) => (to === index && message.type === 'vote' ? undefined : message);
  for (let i = 0; i < 100; i++) cluster.at(i * 10, () => cluster.submit(cluster.leader(0), `entry ${i}`));
  cluster.run(2_000, () => (host.core.vote?.tipHeight ?? 0) >= 2 * window);
  const { vote, committedTip, blocks } = host.core;
  t.equal(committedTip.height, 0);
  const chain: Block[] = [];
  for (let at = vote && blocks.get(vote.tipId); at !== undefined && at.height > 0; at = at.parent) chain.push(at);
  t.equal(chain.length, 2 * window);
  cluster.prune(index, host.disk.length);
  cluster.crash(index);
  cluster.restart(index);
  t.ok(chain.every(({ id }) => host.core.blocks.get(id)?.connected));
});

t.test('D5: a validator whose own batches went with what was pruned is not taken for an older copy', async (t) => {
  const cluster = new CoreCluster({ n: 4, keepsState: true });
  cluster.run(100);
  const host = cluster.hosts[cluster.leader(1)] as Host;
  for (let i = 0; i < 5; i++) cluster.at(i * 30, () => cluster.submit(host.index, `entry ${i}`));
  cluster.run(5_000);
  t.equal(entriesOf(host).length, 5);
  cluster.prune(host.index, host.disk.length);
  t.notOk(host.disk.some(({ type }) => type === 'batch'));
  cluster.crash(host.index);
  cluster.restart(host.index);
  cluster.run(10_000);
  t.equal(host.core.fenced, undefined);
  cluster.submit(host.index, 'the next one');
  cluster.run(15_000);
  for (const each of cluster.hosts) t.equal(entriesOf(each).at(-1), 'the next one');
});
