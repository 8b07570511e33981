// Golden bytes of consensus: what is hashed, signed, sent and journalled. A change here splits a network and strands its
// journals: it needs a new version of the protocol, and a commit of its own.

import t from 'tap';
import { checkpointText, proposalText, timeoutText, voteText } from '../../consensus/certificate/hashing.ts';
import { checkpointCertShape, leaderOf, quorumCertShape } from '../../consensus/certificate/index.ts';
import { historyRoot } from '../../consensus/core/index.ts';
import {
  decodeBatch,
  decodeMessage,
  decodeRecord,
  encodeBatchHeader,
  encodeMessage,
  encodeRecord,
} from '../../consensus/wire.ts';
import { concatBytes } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { misfit } from '../../lib/shape.ts';
import {
  batch,
  body,
  checkpoint,
  checkpointVote,
  committee,
  first,
  header,
  history,
  messages,
  qc,
  records,
  timeout,
  vote,
} from '../support/consensus-samples.ts';

const short = (...bytes: Uint8Array[]): string => sha256Hex(...bytes).slice(0, 16);

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
