// What a follower does not believe of a validator, and what a validator does not let a follower do.

import t from 'tap';
import type { Hello, PeerMessage, Proposal } from '../../consensus/core/index.ts';
import { maxForwards } from '../../consensus/limits.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { sha256, sha256Hex } from '../../lib/hash.ts';
import type { NodeId } from '../../net/index.ts';
import { RawPeer } from './raw-peer.ts';
import { WholeNodes } from './whole-nodes.ts';

const f1 = 4;
const stranger = 'ab'.repeat(32) as NodeId;

t.setTimeout(0); // the runner's budget for the file decides

type Said = Exclude<PeerMessage, { type: 'batch' }>;

const network = (seed: number): WholeNodes => {
  const nodes = new WholeNodes(seed, { validators: 4, followers: 1, followerPolicy: 'open' });
  nodes.load(300, { size: 100, everyMs: 20 });
  nodes.run(3_000);
  return nodes;
};

/** What v1 would say at this moment: true words, in the wrong mouth or for the wrong ears. */
function wordsOf(nodes: WholeNodes): Readonly<Record<string, Said>> {
  const core = nodes.cores.get(0);
  const { committedTip, commitCert, checkpoint, signedVote } = core ?? {};
  if (committedTip?.header === undefined || commitCert === undefined || checkpoint === undefined || !signedVote)
    throw new Error('v1 has committed something');
  const proposal: Proposal = {
    ...{ type: 'proposal', header: committedTip.header, signature: committedTip.signature, entry: null, chainQc: null },
  };
  return {
    proposal,
    vote: { type: 'vote', vote: signedVote, executed: 1 },
    qc: { type: 'qc', qc: commitCert },
    entry: { type: 'entry', entry: { qc: commitCert } },
    have: { type: 'have', batches: [] },
    'checkpoint-vote': {
      type: 'checkpoint-vote',
      vote: { voter: 0, ...checkpoint, signature: signedVote.signature },
    },
    app: { type: 'app', topic: 'any', bytes: fromUtf8('thing') },
    commit: { type: 'commit', certificate: commitCert },
    headers: { type: 'headers', id: committedTip.id, headers: [] },
    offer: { type: 'offer', certificate: checkpoint, oldest: 9 },
    forwarded: { type: 'forwarded', number: 1, code: null, refused: [], place: null },
  };
}

t.test('a follower may say Hello, ask and pass commands on: anything else ends its link, and is counted', (t) => {
  const nodes = network(21);
  const [to] = nodes.validators as readonly [NodeId];
  for (const [i, [name, words]] of Object.entries(wordsOf(nodes)).entries()) {
    const self = sha256Hex(fromUtf8(`stranger ${i}`)) as string as NodeId;
    const raw = new RawPeer(nodes, { self, dials: [to], index: 10 + i });
    t.ok(nodes.until(() => raw.up.size === 1, 2_000));
    raw.say(to, words);
    nodes.run(500);
    t.equal(raw.up.size, 0, `${name} is not for followers to say`);
    t.same(nodes.misbehaviour(0, self), { 'not-for-followers': 1 });
    const cut = nodes.nodes
      .get(0)
      ?.node.links.peers()
      .find(({ peer }) => peer === self);
    t.equal(cut?.state, 'banned');
  }
  t.same(nodes.world.violations, []);
  t.end();
});

t.test('a second Hello, a batch in the place of commands, and more commands than it may are misbehaviour', (t) => {
  const attempts: Readonly<Record<string, (raw: RawPeer, to: NodeId, nodes: WholeNodes) => void>> = {
    'bad-hello'(raw, to, nodes) {
      const hello = raw.heard.find(({ message }) => message.type === 'hello')?.message;
      if (hello !== undefined) throw new Error('nobody is told anything before its own Hello');
      const own: Hello = {
        ...{ type: 'hello', epoch: 0, term: 0, commitHeight: 0, commitRank: null, vote: null, timeout: null },
        ...{ highQc: null, entry: null, tipHeight: 0, executed: 0, yourVote: null, yourTimeout: null, yourBatch: 0 },
        ...{ checkpoint: 0, lanes: nodes.cores.get(0)?.genesis.cut ?? [] },
      };
      raw.say(to, own);
      nodes.run(300);
      t.same(
        raw.heard.map(({ message }) => message.type),
        ['hello', 'commit', 'checkpoint'],
        'the first one is answered with what is committed',
      );
      t.match(raw.heard[0]?.message, { vote: null, timeout: null, highQc: null, entry: null });
      raw.say(to, own);
    },
    'too-many-forwards'(raw, to) {
      for (let number = 1; number <= maxForwards + 1; number++)
        raw.forward(to, { number, count: 1, entries: new Uint8Array([1, 0, 0, 0, 7]) });
    },
    misfit(raw, to) {
      const body = [new Uint8Array(10)];
      const batch = { lane: 0, seq: 99, prev: sha256Hex(), count: 1, size: 10, digest: sha256Hex(), body };
      raw.sayBatch(to, { ...batch, contentHash: sha256Hex() }, 'bulk');
    },
  };
  for (const [reason, attempt] of Object.entries(attempts)) {
    const nodes = network(41);
    const to = nodes.validators[0] as NodeId;
    const raw = new RawPeer(nodes, { self: stranger, dials: [to], index: 10 });
    t.ok(nodes.until(() => raw.up.size === 1, 2_000));
    // nothing is accepted before its sync
    const [host] = nodes.hosts;
    if (reason === 'too-many-forwards' && host !== undefined) host.disk.slowSyncMs = [400, 500];
    attempt(raw, to, nodes);
    nodes.run(500);
    t.match(nodes.misbehaviour(0, stranger), { [reason]: 1 });
    t.equal(raw.up.size, 0);
  }
  t.end();
});

t.test('what a follower asks for beyond its share is not answered, and the validator is none the worse', (t) => {
  const nodes = network(51);
  const to = nodes.validators[0] as NodeId;
  const raw = new RawPeer(nodes, { self: stranger, dials: [to], index: 10 });
  t.ok(nodes.until(() => raw.up.size === 1, 2_000));
  const { committedTip } = nodes.cores.get(0) ?? {};
  const digest = committedTip?.cut[0]?.digest ?? sha256Hex();
  for (let i = 0; i < 500; i++) raw.say(to, { type: 'get-batches', digests: [digest, digest, digest, digest] });
  nodes.run(1_000);
  const dropped = nodes.nodes.get(0)?.node.metrics;
  const reading = { chain: 'main', reason: 'reading' };
  t.ok((dropped?.value('psky_consensus_follower_gets_dropped_total', reading) ?? 0) > 400);
  t.equal(raw.up.size, 1, 'an impatient follower is no liar');
  t.equal(nodes.submit(0, new Uint8Array(9)), 'accepted');
  t.ok(
    nodes.until(() => nodes.status(f1).height === nodes.status(0).height, 2_000),
    'others are served',
  );
  t.end();
});

t.test('a lying validator makes a follower believe nothing', (t) => {
  const nodes = network(61);
  const before = nodes.status(f1);
  const truth = wordsOf(nodes);
  const liar = nodes.validators[0] as NodeId;
  const follower = nodes.nodeIds[f1] as NodeId;
  const { commitCert, committedTip, checkpoint } = nodes.cores.get(0) ?? {};
  if (commitCert === undefined || committedTip?.header === undefined || checkpoint === undefined)
    throw new Error('v1 has committed something');
  nodes.hosts[0]?.crash('killed');
  const signature = commitCert.votes[0]?.signature ?? new Uint8Array(64);
  const higher = { ...commitCert, height: commitCert.height + 100, id: sha256Hex(fromUtf8('none')) };
  const signatures = checkpoint.votes.map((vote) => ({ ...vote, signature }));
  const lies: readonly (readonly [string, Said])[] = [
    ['bad-certificate', { type: 'commit', certificate: higher }],
    ['bad-certificate', { type: 'checkpoint', certificate: { ...checkpoint, height: checkpoint.height + 256 } }],
    ['bad-certificate', { type: 'offer', certificate: { ...checkpoint, height: 1e6, votes: signatures }, oldest: 1e6 }],
    ...['proposal', 'vote', 'qc', 'entry', 'have', 'checkpoint-vote', 'app'].map(
      (name) => ['not-for-a-follower', truth[name] as Said] as const,
    ),
  ];
  const raw = new RawPeer(nodes, { self: liar, dials: [], index: 10 });
  for (const [i, [reason, lie]] of lies.entries()) {
    t.ok(
      nodes.until(() => raw.up.has(follower), 30_000),
      'a validator is linked again after each lie',
    );
    raw.say(follower, lie);
    nodes.run(200);
    t.ok((nodes.misbehaviour(f1, liar)[reason] ?? 0) > 0, `${i}: ${lie.type} is ${reason}`);
  }
  t.ok(nodes.until(() => raw.up.has(follower), 30_000));
  // unasked headers and batches, and answers to commands that it was never given
  raw.say(follower, truth['headers'] as Said);
  raw.say(follower, { type: 'forwarded', number: 1, code: null, refused: [], place: null });
  const body = [sha256(fromUtf8('a batch that no block orders'))];
  const batch = { lane: 0, seq: 1_000, prev: sha256Hex(), count: 1, size: 32, digest: sha256Hex(), body };
  raw.sayBatch(follower, { ...batch, contentHash: sha256Hex() }, 'reply');
  nodes.run(500);
  t.ok(raw.up.has(follower), 'answers may come late');
  t.match(nodes.status(f1), { height: before.height, stateRoot: before.stateRoot, life: 'following' });
  t.equal(nodes.cores.get(f1)?.batches.size, 0);
  raw.sayBatch(follower, { ...batch, contentHash: sha256Hex() }, 'bulk');
  nodes.run(200);
  t.ok((nodes.misbehaviour(f1, liar)['not-for-a-follower'] ?? 0) > 7, 'a batch that it did not ask for');
  // the liar is the first that is asked for everything, and gives nothing
  t.equal(nodes.submit(1, new Uint8Array(99)), 'accepted');
  t.ok(
    nodes.until(() => nodes.status(f1).height > before.height, 10_000),
    'it follows the honest ones',
  );
  t.ok(nodes.until(() => nodes.status(f1).stateRoot === nodes.status(1).stateRoot, 5_000));
  t.same(nodes.world.violations, []);
  t.end();
});

t.test('a follower whose own state is not what the validators certified stops the chain, and says so', (t) => {
  let errs = false;
  const nodes = new WholeNodes(71, {
    ...{ validators: 4, followers: 1, followerPolicy: 'open' },
    hooks: (index) => ({
      stepped: (_core, outputs) =>
        index === f1 && errs
          ? outputs.map((output) => (output.type === 'execute' ? { ...output, batches: [] } : output))
          : outputs,
    }),
  });
  nodes.load(300, { size: 100, everyMs: 20 });
  nodes.run(2_000);
  errs = true;
  t.equal(nodes.submit(0, new Uint8Array(33)), 'accepted');
  nodes.run(3_000);
  t.match(nodes.status(f1), { life: 'stopped', stopped: { code: 'diverged' } });
  t.match(nodes.status(0), { stopped: undefined });
  t.end();
});
