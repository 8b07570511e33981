// Directed schedules for "an honest validator never votes for two chains in one term": with a leader that signs two, with
// journals that were pruned, and where a node could not sign for long.
import t from 'tap';
import { proposalText } from '../../../consensus/certificate/hashing.ts';
import type { Vote } from '../../../consensus/certificate/index.ts';
import { makeHeader } from '../../../consensus/certificate/shapes.ts';
import {
  ancestorAt,
  appendToHistory,
  commitHeight,
  historyRoot,
  isAncestor,
  liveRecords,
  noPeaks,
  type Proposal,
} from '../../../consensus/core/index.ts';
import { forgetEvery, keptCommittedBlocks } from '../../../consensus/limits.ts';
import type { KeyPair } from '../../../lib/suites/suite.ts';
import { CoreCluster } from './core-cluster.ts';
import { entriesOf, evidenceOf, hostOf } from './core-story.ts';

const window = 4;
/** enough commits for a sweep of the blocks that have lost */
const commits = forgetEvery + 2 * window;

const votesOf = (cluster: CoreCluster, index: number): readonly Vote[] =>
  cluster.outputs.flatMap(({ node, output }) =>
    node === index && output.type === 'signed' && output.vote !== undefined ? [output.vote] : [],
  );

/** What its leader may sign beside its own chain: empty blocks on the genesis, the first at `fromMs`. */
function rivalChain(cluster: CoreCluster, length: number, fromMs: number): readonly Proposal[] {
  const leader = cluster.leader(0);
  const { genesis } = hostOf(cluster, leader).core;
  const { cut, execHeight, stateRoot, outboxRoot } = genesis;
  const { chain, epoch } = cluster.committee;
  const proposals: Proposal[] = [];
  let history = appendToHistory(noPeaks, genesis.id);
  let parent = genesis.id;
  for (let height = 1; height <= length; height++) {
    const claims = { timeMs: fromMs + height, execHeight, stateRoot, outboxRoot, historyRoot: historyRoot(history) };
    const header = makeHeader(
      { chain, epoch, term: 0, height, cut, control: null },
      { chain, epoch, height, ...claims, parentRef: null, nextSetHash: null },
      parent,
    );
    const signature = cluster.committee.suite.sign(
      cluster.keys[leader] as KeyPair,
      proposalText(cluster.committee, header.id),
    );
    proposals.push({ type: 'proposal', header, signature, entry: null, chainQc: null });
    history = appendToHistory(history, header.id);
    parent = header.id;
  }
  return proposals;
}

/** The leader of term 0 shows one validator a chain that nobody else sees; it votes W blocks of it once they are not ahead of its clock. */
function misleading(rivalsFromMs = 0) {
  const cluster = new CoreCluster({ n: 4, window, keepsState: true });
  cluster.run(100);
  const [leader, misled] = [cluster.leader(0), cluster.leader(1)];
  const rivals = rivalChain(cluster, 2 * window, rivalsFromMs);
  for (const proposal of rivals) cluster.deliver(leader, misled, proposal);
  cluster.run(200);
  return { cluster, leader, misled, rivals: rivals.map(({ header }) => header.id) };
}

/** Commands at the leader of term 0, the last ones after the end, until `misled` has committed so many blocks of the chain that the others see. */
function commitMore(cluster: CoreCluster, misled: number, more: number): void {
  const { core } = hostOf(cluster, misled);
  const target = commitHeight(core) + more;
  for (let i = 0; i < more + 10; i++) cluster.at(i * 30, () => cluster.submit(cluster.leader(0), `entry ${i}`));
  cluster.run(cluster.now + 60_000, () => commitHeight(core) >= target);
}

t.test('W: commits on one chain of an equivocating leader take nobody further along the other', async (t) => {
  const { cluster, leader, misled, rivals } = misleading();
  t.match(votesOf(cluster, misled).at(-1), { term: 0, tipId: rivals[window - 1], commit: null });
  for (const more of [1, 2 * window - 1, forgetEvery]) {
    commitMore(cluster, misled, more);
    t.equal(hostOf(cluster, misled).core.term, 0);
    t.equal(votesOf(cluster, misled).length, 1, `a vote beyond W at commit ${cluster.heights()[misled]}`);
  }
  t.ok((cluster.heights()[misled] as number) >= commits);
  t.same(new Set(evidenceOf(cluster, misled)), new Set([`two-blocks ${leader}`]));

  cluster.crash(leader);
  cluster.submit(misled, 'after');
  cluster.run(cluster.now + 20_000);
  t.ok((votesOf(cluster, misled).at(-1)?.term ?? 0) > 0, 'it votes in the next term, which needs its vote');
  for (const host of cluster.hosts) if (host.alive) t.equal(entriesOf(host).at(-1), 'after');
});

for (const { when, before, pruned } of [
  { when: 'when it had lost', before: 2 * window, pruned: 'late' },
  { when: 'when it had lost, and was older than what a sweep leaves', before: commits, pruned: 'late' },
  { when: 'between its header and the vote', before: 2 * window, pruned: 'early' },
]) {
  t.test(`a chain that has lost is not left for the other one after a crash: journal pruned ${when}`, async (t) => {
    const { cluster, leader, misled, rivals } = misleading(pruned === 'early' ? 800 : 0);
    const host = hostOf(cluster, misled);
    t.equal(votesOf(cluster, misled).length, pruned === 'early' ? 0 : 1);
    if (pruned === 'early') {
      cluster.prune(misled, host.disk.length);
      cluster.run(310);
    }
    t.match(votesOf(cluster, misled).at(-1), { term: 0, tipId: rivals[window - 1] });
    commitMore(cluster, misled, before);
    if (pruned === 'late') cluster.prune(misled, host.disk.length);
    cluster.crash(misled);
    cluster.restart(misled);
    commitMore(cluster, misled, 10);
    t.equal(host.core.term, 0);
    t.ok(
      votesOf(cluster, misled).every((vote) => rivals.includes(vote.tipId)),
      'the others would accuse it',
    );

    cluster.crash(leader);
    cluster.submit(misled, 'after');
    cluster.run(cluster.now + 20_000);
    t.ok((votesOf(cluster, misled).at(-1)?.term ?? 0) > 0, 'and it votes in the next term');
    t.equal(entriesOf(host).at(-1), 'after');
  });
}

for (const restarts of [false, true]) {
  t.test(
    `a node that could not sign for long votes again in its term${restarts ? ', and after a crash' : ''}`,
    async (t) => {
      const cluster = new CoreCluster({ n: 4, window, keepsState: true, plannedTermMs: 3_600_000 });
      cluster.run(100);
      const mute = cluster.leader(3);
      commitMore(cluster, mute, 3);
      const [voted] = votesOf(cluster, mute).slice(-1);
      // D5: the Hellos of q−1 peers do not come
      cluster.intercept = (_from, to, message) => (to === mute && message.type === 'hello' ? undefined : message);
      cluster.crash(mute);
      cluster.restart(mute);
      commitMore(cluster, mute, keptCommittedBlocks + forgetEvery);
      const { core } = hostOf(cluster, mute);
      t.equal(votesOf(cluster, mute).at(-1), voted);
      t.equal(
        ancestorAt(core.committedTip, voted?.tipHeight as number),
        undefined,
        'no link leads to its vote any more',
      );
      if (restarts) {
        cluster.prune(mute, hostOf(cluster, mute).disk.length);
        t.notOk(
          liveRecords(core).some((record) => record.type === 'header' && record.signed.header.id === voted?.tipId),
        );
        cluster.crash(mute);
      }
      cluster.intercept = (_from, _to, message) => message;
      for (let peer = 0; peer < 4; peer++) cluster.disconnect(mute, peer);
      if (restarts) cluster.restart(mute);
      else for (let peer = 0; peer < 4; peer++) if (peer !== mute) cluster.connect(mute, peer);
      commitMore(cluster, mute, 3);
      cluster.run(cluster.now + 5_000);
      const again = hostOf(cluster, mute).core;
      const vote = votesOf(cluster, mute).at(-1) as Vote;
      t.equal(vote.term, voted?.term, 'in the same term');
      const tip = again.blocks.get(vote.tipId);
      t.ok(tip !== undefined && isAncestor(again.committedTip, tip), 'on top of what is committed');
    },
  );
}
