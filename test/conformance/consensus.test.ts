// Golden bytes of consensus: what is hashed, signed, sent and journalled. A change here splits a network and strands its
// journals: it needs a new version of the protocol, and a commit of its own.

import t from 'tap';
import {
  batchDigest,
  checkpointText,
  proposalText,
  timeoutText,
  voteText,
} from '../../consensus/certificate/hashing.ts';
import {
  certifiedBlock,
  checkpointCertShape,
  committeeOf,
  type Header,
  leaderOf,
  makeHeader,
  quorumCertShape,
} from '../../consensus/certificate/index.ts';
import { appendToHistory, type Batch, historyRoot, type JournalRecord, noPeaks } from '../../consensus/core/index.ts';
import {
  type ControlMessage,
  decodeBatch,
  decodeMessage,
  decodeRecord,
  encodeBatchHeader,
  encodeMessage,
  encodeRecord,
} from '../../consensus/wire.ts';
import { concatBytes, fromUtf8 } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import { type Hash, sha256Hex } from '../../lib/hash.ts';
import { misfit } from '../../lib/shape.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';

const hashOf = (text: string): Hash => sha256Hex(fromUtf8(text));
const short = (...bytes: Uint8Array[]): string => sha256Hex(...bytes).slice(0, 16);
const signature = new Uint8Array(64).fill(7);
const keys = [1, 2, 3, 4].map((seed) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(seed)).publicKey);
const committee = committeeOf({ chain: hashOf('chain'), epoch: 0, keys, window: 64, suite: sodiumSuite });

const heads = [0, 1, 2, 3].map((seq) => ({ seq, digest: hashOf(`batch ${seq}`) }));
const header: Header = makeHeader(
  { chain: committee.chain, epoch: 0, term: 3, height: 258, cut: heads, control: null },
  {
    chain: committee.chain,
    epoch: 0,
    height: 258,
    timeMs: 1_767_225_600_000,
    execHeight: 257,
    stateRoot: hashOf('state'),
    outboxRoot: hashOf('outbox'),
    historyRoot: hashOf('history'),
    parentRef: null,
    nextSetHash: null,
  },
  hashOf('parent'),
);
const vote = { voter: 2, term: 3, tipHeight: 259, tipId: hashOf('tip'), commit: 258, signature };
const { term: _term, ...certificateVote } = vote;
const qc = certifiedBlock({
  term: 3,
  height: 258,
  parent: header.parent,
  body: header.body,
  votes: [certificateVote, { ...certificateVote, voter: 3, commit: null }],
  links: [hashOf('link')],
});
const timeout = { voter: 1, term: 4, highest: { term: 3, height: 258, id: qc.id }, tail: [], signature };
const first = { ...timeout, highest: { term: -1, height: 0, id: committee.genesisId } };
const tc = { term: 4, timeouts: [timeout, first], qc };
const certified = { height: 256, id: hashOf('block'), stateRoot: hashOf('state'), outboxRoot: hashOf('outbox') };
const checkpointVote = { voter: 0, ...certified, signature };
const checkpoint = { ...certified, votes: [{ voter: 0, signature }] };
const body = fromUtf8('entries');
const contentHash = sha256Hex(body);
const batch: Batch = {
  lane: 2,
  seq: 9,
  prev: hashOf('prev'),
  count: 1,
  size: body.length,
  contentHash,
  body: [body],
  digest: batchDigest(hashOf('prev'), 2, 9, 1, contentHash),
};
const signed = { header, signature, entry: tc };
const history = [1, 2, 3].reduce((peaks, id) => appendToHistory(peaks, hashOf(`id ${id}`)), noPeaks);

const GOLDEN_IDS = {
  leader: 2,
  genesis: '4d1b8976f71b3b9b',
  order: '2ec53d8dd5bb1e2c',
  state: 'a5597c5874eed814',
  body: '36d772d4d4a00072',
  id: '267f6e0386a86f31',
  batch: '2f8cd58c18eb3f8d',
  history: '681dd7f5fa94dda5',
  qc: '5a101777ae767663',
  checkpoint: '6b5560f4f13b8505',
};

const GOLDEN_TEXTS = {
  proposal: '8bddbbc2575f528e',
  vote: 'c7835decc5f598ee',
  nil: '2a2d1c1295ef02fe',
  timeout: 'c9790a2bfff79c89',
  genesis: 'a1311e27eac914af',
  checkpoint: '1decaa644557d0f7',
};

const GOLDEN_MESSAGES = {
  proposal: '1314 799f21f70a1438dc',
  vote: '115 1e6c231e8d7ec218',
  timeout: '435 8109cba8d9301dbd',
  hello: '1367 509532076b61b025',
  entry: '328 31821cbcc57c181b',
  qc: '326 74cf053024fca1b0',
  commit: '326 0e79f03fc72415d8',
  have: '41 257b08ea23c3c564',
  'get-headers': '39 143287ded3815fb5',
  headers: '1027 a97833ce832a15d8',
  'get-batches': '38 255d8c2f219f0ccd',
  'checkpoint-vote': '176 8123005fd0beffd5',
  checkpoint: '178 5795b2dc933bd345',
  app: '19 59085ad3bb8790c1',
  offer: '180 d2b80255f707f31b',
  'get-snapshot': '8 6fe7d7bc728fb005',
  'snapshot-head': '1390 d05152590e568074',
  'snapshot-part': '16 f60de03ce8e5e6a3',
  batch: '40 43df076fabf911b5',
};

const GOLDEN_RECORDS = {
  init: '1 1 9e076ceaf246b600',
  enter: '2 546 5c1c7c91ae8f7b08',
  batch: '3 48 f5e9d936a4742db0',
  header: '4 990 a1013e4d1fd3df30',
  qc: '5 324 f510d0dbe60b2ec2',
  vote: '6 41 df19d1490b0f4493',
  timeout: '7 4 5b53306331928cb6',
  commit: '8 324 f510d0dbe60b2ec2',
  checkpoint: '9 176 5269d9347b6854aa',
  base: '10 1389 8db78805fd0073e2',
  fenced: '11 15 e9b4cce37179e5c9',
  stopped: '12 106 6d4ec7cf8ad6e2f1',
};

t.test('identities', async (t) => {
  t.same(
    {
      leader: leaderOf(committee, 0),
      genesis: committee.genesisId.slice(0, 16),
      order: short(header.orderBytes),
      state: short(header.stateBytes),
      body: header.body.slice(0, 16),
      id: header.id.slice(0, 16),
      batch: batch.digest.slice(0, 16),
      history: historyRoot(history).slice(0, 16),
      qc: short(encode(quorumCertShape.write(qc))),
      checkpoint: short(encode(checkpointCertShape.write(checkpoint))),
    },
    GOLDEN_IDS,
  );
  t.equal(qc.id, header.id, 'a certificate says which block it certifies');
});

t.test('signed texts', async (t) => {
  t.same(
    {
      proposal: short(proposalText(committee, header.id)),
      vote: short(voteText(committee, vote)),
      nil: short(voteText(committee, { ...vote, commit: null })),
      timeout: short(timeoutText(committee, timeout)),
      genesis: short(timeoutText(committee, first)),
      checkpoint: short(checkpointText(committee, checkpointVote)),
    },
    GOLDEN_TEXTS,
  );
});

const messages: readonly ControlMessage[] = [
  { type: 'proposal', ...signed, chainQc: qc },
  { type: 'vote', vote, executed: 300 },
  { type: 'timeout', timeout, qc },
  {
    type: 'hello',
    epoch: 0,
    term: 4,
    commitHeight: 258,
    commitRank: { term: 3, height: 258 },
    vote,
    timeout,
    highQc: qc,
    entry: { tc },
    tipHeight: 259,
    executed: 257,
    lanes: heads,
    yourVote: vote,
    yourTimeout: null,
    yourBatch: 70_000,
    checkpoint: 256,
  },
  { type: 'entry', entry: { qc } },
  { type: 'qc', qc },
  { type: 'commit', certificate: qc },
  { type: 'have', batches: [{ lane: 2, seq: 9, digest: batch.digest }] },
  { type: 'get-headers', id: header.id, above: 12, count: 64 },
  { type: 'headers', id: header.id, headers: [signed] },
  { type: 'get-batches', digests: [batch.digest] },
  { type: 'checkpoint-vote', vote: checkpointVote },
  { type: 'checkpoint', certificate: checkpoint },
  { type: 'app', topic: 'rumour', bytes: body },
  { type: 'offer', certificate: checkpoint, oldest: 200 },
  { type: 'get-snapshot', height: 256, from: 16, count: 16 },
  { type: 'snapshot-head', head: { signed, past: history, parts: 3 }, commitCert: qc },
  { type: 'snapshot-part', height: 256, index: 2, bytes: body },
];

t.test('messages', async (t) => {
  const golden: Record<string, string> = {};
  for (const message of messages) {
    const bytes = encodeMessage(message);
    golden[message.type] = `${bytes.length} ${short(bytes)}`;
    const read = decodeMessage(bytes);
    t.same(typeof read === 'string' ? read : encodeMessage(read), bytes, message.type);
  }
  const batchHeader = encodeBatchHeader(batch, true);
  golden['batch'] = `${batchHeader.length} ${short(batchHeader)}`;
  t.same(decodeBatch(batchHeader, [body]), { batch, answer: true });
  t.same(golden, GOLDEN_MESSAGES);
});

const records: readonly JournalRecord[] = [
  { type: 'init' },
  { type: 'enter', term: 5, certificate: { tc } },
  { type: 'batch', batch, fetched: false },
  { type: 'header', signed },
  { type: 'qc', qc },
  { type: 'vote', vote: { term: 3, tipHeight: 259, tipId: hashOf('tip'), commit: null } },
  { type: 'timeout', timeout: { term: 4, qc: null } },
  { type: 'commit', certificate: qc },
  { type: 'checkpoint', certificate: checkpoint },
  { type: 'base', base: { signed, history, lastOrdered: 200, commitCert: qc } },
  { type: 'fenced', reason: 'an older copy' },
  {
    type: 'stopped',
    reason: { code: 'diverged', height: 7, block: header.id, ours: hashOf('a'), theirs: hashOf('b') },
  },
];

t.test('journal records', async (t) => {
  const golden: Record<string, string> = {};
  for (const record of records) {
    const { kind, parts } = encodeRecord(record);
    const bytes = concatBytes([...parts]);
    golden[record.type] = `${kind} ${bytes.length} ${short(bytes)}`;
    const read = decodeRecord(kind, bytes);
    t.same(read === misfit ? read : concatBytes([...encodeRecord(read).parts]), bytes, record.type);
  }
  t.same(golden, GOLDEN_RECORDS);
});
