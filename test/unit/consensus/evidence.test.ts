// What proves that a validator broke the protocol (§11), what proves nothing, and what a chain keeps of it.
import t from 'tap';
import { timeoutText } from '../../../consensus/certificate/hashing.ts';
import { decodeAs, timeoutShape, voteShape } from '../../../consensus/certificate/shapes.ts';
import type { HighestQc, Timeout, Vote } from '../../../consensus/certificate/types.ts';
import { verifyTimeout, verifyVote } from '../../../consensus/certificate/verify.ts';
import type { Evidence } from '../../../consensus/chain-messages.ts';
import type { Output } from '../../../consensus/core/index.ts';
import { EvidenceBook } from '../../../consensus/evidence-book.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import type { KeyPair } from '../../../lib/suites/suite.ts';
import { testStore } from '../ledger/support.ts';
import { CoreCluster } from './core-cluster.ts';

type Found = Extract<Output, { type: 'evidence' }>;
const found = (cluster: CoreCluster): readonly Found[] =>
  cluster.outputs.flatMap(({ output }) => (output.type === 'evidence' ? [output] : []));
const reasons = (cluster: CoreCluster): readonly string[] =>
  cluster.outputs.flatMap(({ output }) => (output.type === 'misbehaved' ? [output.reason] : []));

function timeoutOf({ committee, keys }: CoreCluster, voter: number, term: number, highest: HighestQc): Timeout {
  const fields = { term, highest, tail: [] };
  return { voter, ...fields, signature: committee.suite.sign(keys[voter] as KeyPair, timeoutText(committee, fields)) };
}

/** A cluster at rest, and the newest vote of one of its validators: it commits something. */
function withVote() {
  const cluster = new CoreCluster({ n: 4 });
  cluster.run(100);
  for (let i = 0; i < 5; i++) cluster.at(i * 20, () => cluster.submit(0, `entry ${i}`));
  cluster.run(3_000);
  const [voter, judge] = [cluster.leader(1), cluster.leader(2)];
  const vote = cluster.hosts[voter]?.core.signedVote as Vote & { commit: number };
  const genesis: HighestQc = { term: -1, height: 0, id: cluster.committee.genesisId };
  return { cluster, voter, judge, vote, genesis };
}

t.test('a vote that commits beyond what its signer left the term with proves guilt, in either order', async (t) => {
  for (const order of ['vote first', 'Timeout first'] as const) {
    const { cluster, voter, judge, vote, genesis } = withVote();
    t.ok(vote.commit !== null && vote.commit > 1);
    const timeout = timeoutOf(cluster, voter, vote.term, genesis);
    const messages = [
      { type: 'vote', vote, executed: 0 },
      { type: 'timeout', timeout, qc: null },
    ] as const;
    if (order === 'Timeout first') {
      // the judge comes back from its journal, and so knows no vote of its peers
      cluster.intercept = (_from, to, message) => (to === judge ? undefined : message);
      cluster.crash(judge);
      cluster.restart(judge);
      cluster.run(3_100);
    }
    for (const message of order === 'vote first' ? messages : messages.toReversed())
      cluster.deliver(voter, judge, message);
    cluster.run(3_200);
    const [piece] = found(cluster);
    t.match(piece, { kind: 'vote-beyond-timeout', validator: voter });
    const [first, second] = (piece as Found).proof;
    const provenVote = decodeAs(voteShape, first as Uint8Array) as Vote;
    const provenTimeout = decodeAs(timeoutShape, second as Uint8Array) as Timeout;
    t.ok(verifyVote(cluster.committee, provenVote) && verifyTimeout(cluster.committee, provenTimeout), order);
    t.ok(provenVote.term === provenTimeout.term && (provenVote.commit as number) > provenTimeout.highest.height);
  }
});

t.test('a forged vote proves nothing but that its sender lies', async (t) => {
  const { cluster, voter, judge, vote, genesis } = withVote();
  cluster.deliver(voter, judge, {
    type: 'timeout',
    timeout: timeoutOf(cluster, voter, vote.term + 1, genesis),
    qc: null,
  });
  cluster.deliver(voter, judge, { type: 'vote', vote: { ...vote, term: vote.term + 1 }, executed: 0 });
  cluster.run(3_200);
  t.same(found(cluster), []);
  t.ok(reasons(cluster).includes('bad-vote-signature'));
});

t.test('c at the certificate that the Timeout names, or in another term, proves nothing', async (t) => {
  const { cluster, voter, judge, vote, genesis } = withVote();
  const named = { term: vote.term, height: vote.commit, id: vote.tipId };
  cluster.deliver(voter, judge, {
    type: 'timeout',
    timeout: timeoutOf(cluster, voter, vote.term, named),
    qc: null,
  });
  cluster.deliver(voter, judge, {
    type: 'timeout',
    timeout: timeoutOf(cluster, voter, vote.term + 1, genesis),
    qc: null,
  });
  cluster.deliver(voter, judge, { type: 'vote', vote, executed: 0 });
  cluster.run(3_200);
  t.same(found(cluster), []);
});

t.test(
  'votes of an honest validator that arrive after its Timeout accuse nobody, however far their tips reach',
  async (t) => {
    const cluster = new CoreCluster({ n: 4 });
    const [voter, judge] = [cluster.leader(1), cluster.leader(2)];
    const late: Vote[] = [];
    let timeout: Timeout | undefined;
    cluster.run(100);
    for (let i = 0; i < 40; i++) cluster.at(i * 10, () => cluster.submit(i % 4, `entry ${i}`));
    cluster.run(250);
    // nobody hears a vote any more: tips go on without certificates until the term is given up
    cluster.intercept = (from, to, message) => {
      if (from === voter && to === judge && message.type === 'timeout') timeout ??= message.timeout;
      if (message.type !== 'vote') return message;
      if (from === voter && to === judge) late.push(message.vote);
      return undefined;
    };
    cluster.run(10_000, () => timeout !== undefined);
    cluster.run(cluster.now + 5);
    const { term, highest } = timeout as unknown as Timeout;
    const ofTerm = late.filter((vote) => vote.term === term);
    t.ok(
      ofTerm.some((vote) => vote.tipHeight > highest.height && vote.commit !== null),
      'tips beyond the Timeout',
    );
    for (const vote of ofTerm) cluster.deliver(voter, judge, { type: 'vote', vote, executed: 0 });
    cluster.run(cluster.now + 100);
    t.same(found(cluster), []);
  },
);

t.test('one piece per validator, kind and epoch is kept, also over a restart', async (t) => {
  const store = testStore();
  const piece = (over: Partial<Evidence> = {}): Evidence => ({
    ...{ kind: 'two-tips', validator: 2, epoch: 0, detail: 'first', wallMs: 1_700_000_000_000 },
    proof: [fromUtf8('one'), fromUtf8('other')],
    ...over,
  });
  const opened = (): Promise<EvidenceBook> =>
    new Promise((done, fail) => {
      const book = new EvidenceBook(store);
      book.open((fault) => (fault === undefined ? done(book) : fail(new Error(fault))));
    });
  const book = await opened();
  const kept = [piece(), piece({ kind: 'two-timeouts' }), piece({ validator: 3 }), piece({ epoch: 1 })];
  for (const each of kept) {
    t.ok(book.add(each));
    book.write(each);
  }
  t.notOk(book.add(piece({ detail: 'second' })));
  const again = await opened();
  t.same(new Set(again.all()), new Set(kept));
  t.notOk(again.add(piece({ detail: 'second' })));
});
