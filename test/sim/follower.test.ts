// Nodes that only follow: whole ones, beside four validators, in the simulator.

import t from 'tap';
import type { Address } from '../../actors/index.ts';
import { errorRow } from '../../lib/errors.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { KiB, MiB } from '../../lib/units.ts';
import type { NodeId } from '../../net/index.ts';
import type { Node } from '../../node.ts';
import { type FaultKind, FaultPlan, faultKinds } from '../../sim/faults.ts';
import { RawPeer } from './raw-peer.ts';
import { smallSegments, WholeNodes } from './whole-nodes.ts';

const [f1, f2] = [4, 5] as const;

t.setTimeout(0); // the runner's budget for the file decides

const follows = (nodes: WholeNodes, index: number = f1): boolean => {
  if (!nodes.nodes.has(index)) return false;
  const [validator, follower] = [nodes.status(0), nodes.status(index)];
  return (
    follower.life === 'following' &&
    follower.height >= validator.height &&
    follower.executed === follower.height &&
    follower.stateRoot === validator.stateRoot
  );
};

const entry = (fill: number): Uint8Array => new Uint8Array(50).fill(fill);

t.test('a follower comes along with the chain, forwards what it is given, and rests with it', (t) => {
  const nodes = new WholeNodes(1, { validators: 4, followers: 1, followerPolicy: 'open' });
  t.match(nodes.status(f1), { me: undefined, life: 'following' });
  const lives = new Set<string>();
  for (let i = 0; i < 50; i++) {
    nodes.load(20, { size: 100, everyMs: 5 });
    lives.add(nodes.status(f1).life);
  }
  t.same([...lives], ['following'], 'also while each commit is on its way to it');
  t.ok(
    nodes.until(() => follows(nodes), 5_000),
    `at ${nodes.status(f1).executed} of ${nodes.status(0).height}`,
  );
  t.ok(nodes.status(f1).height > 10);
  t.equal(nodes.submit(f1, entry(7)), 'accepted');
  t.ok(nodes.until(() => follows(nodes), 5_000));
  t.equal(nodes.ordered(f1), nodes.accepted + 1, 'it holds every entry of the chain, its own among them');

  // signs nothing, seals nothing: its core has no place in the committee, and no validator has heard a word of it
  t.equal(nodes.cores.get(f1)?.me, undefined);
  nodes.run(5_000);
  const heard = nodes.nodes.get(f1)?.node.system.inspect().actors;
  const turns = (): number => (heard ?? []).reduce((sum, actor) => sum + actor.turns, 0);
  const before = turns();
  nodes.run(20_000);
  t.equal(turns(), before);
  t.equal(nodes.status(f1).checkpoint, nodes.status(0).checkpoint, 'it has the newest checkpoint');
  t.ok(nodes.status(f1).checkpoint > 0);
  t.same(nodes.world.violations, []);
  t.end();
});

t.test('followers come back from crashes at any instant', (t) => {
  const seed = 3;
  const nodes = new WholeNodes(seed, { validators: 4, followers: 1, followerPolicy: 'open', ...smallSegments });
  const { random } = nodes.world;
  for (let round = 0; round < 5; round++) {
    nodes.load(300, { size: 1_000, everyMs: 20 });
    nodes.hosts[f1]?.crash(round % 2 === 0 ? 'power-cut' : 'killed');
    nodes.load(random.workload.between(10, 300), { size: 1_000, everyMs: 20 });
    nodes.hosts[f1]?.start();
    nodes.run(random.workload.between(1, 60));
    nodes.hosts[f1]?.crash('power-cut');
    nodes.hosts[f1]?.start();
    t.ok(
      nodes.until(() => follows(nodes), 15_000),
      `seed ${seed}, round ${round}`,
    );
  }
  t.equal(nodes.damaged, 0);
  t.equal(nodes.ordered(f1), nodes.ordered(0), 'its archive holds what the validators hold');
  t.same(nodes.world.violations, []);
  t.end();
});

const survivable = faultKinds.filter((kind: FaultKind) => kind !== 'byzantine' && kind !== 'bit-rot');

for (const seed of [11, 12])
  t.test(
    `under faults of all kinds two followers follow, and what they say is accepted is ordered: seed ${seed}`,
    (t) => {
      const nodes = new WholeNodes(seed, { validators: 4, followers: 2, followerPolicy: 'open', segmentBytes: MiB });
      const { world, hosts, network } = nodes;
      const plan = new FaultPlan(
        { world, hosts, network, sacrificed: [], mayRot: () => false },
        { kinds: survivable, everyMs: [100, 1_500], rotFromMs: 0 },
      );
      plan.start();
      for (let second = 0; second < 20; second++) nodes.load(1_000, { size: 200, everyMs: 100 });
      plan.heal();
      const settled = (): boolean =>
        [0, 1, 2, 3].every((index) => nodes.nodes.has(index)) && follows(nodes, f1) && follows(nodes, f2);
      t.ok(nodes.until(settled, 60_000), `seed ${seed}: ${JSON.stringify(plan.counts)}`);
      t.equal(nodes.submit(f2, entry(9)), 'accepted');
      nodes.run(5_000); // what was accepted before the last restart is announced, and ordered
      t.ok(nodes.until(settled, 60_000));
      t.ok(nodes.accepted > 200, `${nodes.accepted} accepted`);
      // a blob that went to a second validator may be there twice, never less than once
      const [validator, follower] = [nodes.ordered(0), nodes.ordered(f1)];
      t.ok(validator > nodes.accepted, `${validator} ordered`);
      t.equal(follower, validator);
      t.equal(nodes.damaged, 0);
      t.same(world.violations, []);
      t.end();
    },
  );

t.test('a follower whose blocks all validators have pruned adopts a snapshot, and prunes as they do', (t) => {
  const nodes = new WholeNodes(5, {
    ...{ validators: 4, followers: 2, followerPolicy: 'open' },
    ...smallSegments,
    retainBytes: 512 * KiB,
  });
  nodes.load(500, { size: 100, everyMs: 20 });
  nodes.hosts[f1]?.crash('killed');
  const behind = nodes.status(0).height;
  const oldest = (index: number): number => nodes.nodes.get(index)?.node.served[0]?.archive()?.oldest ?? 0;
  while (oldest(0) <= behind + 1) nodes.load(500, { size: 8_000, everyMs: 15 });
  nodes.hosts[f1]?.start();
  t.ok(
    nodes.until(() => follows(nodes), 30_000),
    `at ${nodes.status(f1).executed} of ${nodes.status(0).height}`,
  );
  t.ok(nodes.adopted > 0, `${nodes.adopted} snapshots adopted`);
  nodes.load(500, { size: 100, everyMs: 50 });
  t.ok(
    nodes.until(() => follows(nodes), 5_000),
    'it goes on from there',
  );
  t.ok(nodes.until(() => follows(nodes, f2), 5_000));
  t.ok(oldest(f2) > 1, `the one that stayed keeps blocks from ${oldest(f2)} on`);

  // one that falls behind the archive while it is linked learns it from what is not answered
  const [to] = nodes.validators as readonly [NodeId];
  const raw = new RawPeer(nodes, { self: 'ab'.repeat(32) as NodeId, dials: [to], index: 10 });
  t.ok(nodes.until(() => raw.up.size === 1, 2_000));
  raw.say(to, { type: 'get-batches', digests: [sha256Hex()] });
  nodes.run(100);
  t.match(raw.heard, [{ message: { type: 'offer', oldest: oldest(0) } }]);
  t.same(nodes.world.violations, []);
  t.end();
});

t.test(
  'a command goes to the next validator when one is lost or takes nothing, and without any is refused as such',
  (t) => {
    const nodes = new WholeNodes(6, { validators: 4, followers: 1, followerPolicy: 'open' });
    const preferred = (): number => {
      const { system, served } = nodes.nodes.get(f1)?.node as Node;
      return system.describe(served[0]?.addresses.admission as Address)?.context?.['preferred'] as number;
    };
    t.equal(nodes.submit(f1, entry(1)), 'accepted');
    // a pause is not noticed for five seconds: what is on its way goes to another then
    const first = preferred();
    nodes.hosts[first]?.machine.process?.pause();
    t.equal(nodes.submit(f1, entry(2), 1_000), undefined);
    t.equal(nodes.submit(f1, entry(3), 10_000), 'accepted');
    const second = preferred();
    t.not(second, first);
    nodes.hosts[first]?.machine.process?.resume();
    nodes.run(10_000);
    t.ok(nodes.ordered(first) >= 3, 'each at least once: what hung at the first one went to the second one, too');

    // one that is fenced says so: it is asked first, and takes nothing
    nodes.hosts[second]?.crash('killed');
    nodes.hosts[second]?.replace(undefined);
    nodes.hosts[second]?.start();
    nodes.run(10_000);
    t.ok(nodes.status(second).fenced);
    t.equal(nodes.submit(second, entry(4)), errorRow('fenced').code);
    t.equal(preferred(), second);
    t.equal(nodes.submit(f1, entry(4)), 'accepted');
    t.not(preferred(), second);
    nodes.run(1_000);
    for (const index of [0, 1, 2, 3]) nodes.hosts[index]?.crash('killed');
    nodes.run(100);
    t.equal(nodes.submit(f1, entry(4)), errorRow('no-validator').code);
    t.match(nodes.status(f1), { life: 'following', connected: [false, false, false, false] });
    t.ok(nodes.status(f1).quorumLostMs !== undefined);
    for (const index of [0, 1, 2, 3]) nodes.hosts[index]?.start();
    t.ok(nodes.until(() => nodes.nodes.size === 5 && nodes.submit(f1, entry(5)) === 'accepted', 20_000));
    t.ok(nodes.until(() => follows(nodes), 10_000));
    t.ok(nodes.ordered(0) >= 5);
    t.end();
  },
);

t.test('with `none`, or unlisted, a node gets no further than the handshake', (t) => {
  const none = new WholeNodes(7, { validators: 4, followers: 1, followerPolicy: 'none' });
  const listed = new WholeNodes(7, { validators: 4, followers: 2, followerPolicy: { listed: [f2] } });
  for (const nodes of [none, listed]) {
    nodes.load(500, { size: 100, everyMs: 50 });
    nodes.run(5_000);
    t.match(nodes.status(f1), { height: 0, life: 'syncing', connected: [false, false, false, false] });
    const known = [0, 1, 2, 3].flatMap((index) => nodes.nodes.get(index)?.node.links.peers() ?? []);
    t.notOk(known.some(({ peer }) => peer === (nodes.nodeIds[f1] as NodeId)));
    const refused = nodes.nodes.get(0)?.node.metrics;
    t.ok((refused?.value('psky_p2p_refused_connections_total', { reason: 'not-a-peer' }) ?? 0) > 0);
    t.equal(nodes.submit(f1, entry(1)), errorRow('no-validator').code);
  }
  t.ok(follows(listed, f2), 'who is listed follows');
  t.end();
});
