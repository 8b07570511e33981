// One of each thing that consensus hashes, signs, sends and journals, always the same: for golden bytes and as seeds.

import { batchDigest } from '../../consensus/certificate/hashing.ts';
import { certifiedBlock, committeeOf, type Header, makeHeader } from '../../consensus/certificate/index.ts';
import { appendToHistory, type Batch, type JournalRecord, noPeaks } from '../../consensus/core/index.ts';
import type { ControlMessage } from '../../consensus/wire.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { type Hash, sha256Hex } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';

const hashOf = (text: string): Hash => sha256Hex(fromUtf8(text));
const signature = new Uint8Array(64).fill(7);
const keys = [1, 2, 3, 4].map((seed) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(seed)).publicKey);
export const committee = committeeOf({ chain: hashOf('chain'), epoch: 0, keys, window: 64, suite: sodiumSuite });

const heads = [0, 1, 2, 3].map((seq) => ({ seq, digest: hashOf(`batch ${seq}`) }));
export const header: Header = makeHeader(
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
export const vote = { voter: 2, term: 3, tipHeight: 259, tipId: hashOf('tip'), commit: 258, signature };
const { term: _term, ...certificateVote } = vote;
export const qc = certifiedBlock({
  term: 3,
  height: 258,
  parent: header.parent,
  body: header.body,
  votes: [certificateVote, { ...certificateVote, voter: 3, commit: null }],
  links: [hashOf('link')],
});
export const timeout = { voter: 1, term: 4, highest: { term: 3, height: 258, id: qc.id }, tail: [], signature };
export const first = { ...timeout, highest: { term: -1, height: 0, id: committee.genesisId } };
const tc = { term: 4, timeouts: [timeout, first], qc };
const certified = { height: 256, id: hashOf('block'), stateRoot: hashOf('state'), outboxRoot: hashOf('outbox') };
export const checkpointVote = { voter: 0, ...certified, signature };
export const checkpoint = { ...certified, votes: [{ voter: 0, signature }] };
export const body = fromUtf8('entries');
const contentHash = sha256Hex(body);
export const batch: Batch = {
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
export const history = [1, 2, 3].reduce((peaks, id) => appendToHistory(peaks, hashOf(`id ${id}`)), noPeaks);

export const messages: readonly ControlMessage[] = [
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

export const records: readonly JournalRecord[] = [
  { type: 'init' },
  { type: 'enter', term: 5, certificate: { tc } },
  { type: 'batch', batch, fetched: false },
  { type: 'header', signed },
  { type: 'qc', qc },
  { type: 'vote', vote: { term: 3, tipHeight: 259, tipId: hashOf('tip'), commit: null } },
  { type: 'timeout', timeout: { term: 4, qc: null } },
  { type: 'commit', certificate: qc },
  { type: 'checkpoint', certificate: checkpoint },
  { type: 'base', base: { signed, past: history, lastOrdered: 200, commitCert: qc } },
  { type: 'fenced', reason: 'an older copy' },
  {
    type: 'stopped',
    reason: { code: 'diverged', height: 7, block: header.id, ours: hashOf('a'), theirs: hashOf('b') },
  },
];
