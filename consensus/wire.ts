// The bytes of consensus: messages between nodes and records in the journal. Everything is a canonical tuple whose
// first element is its kind; batches alone carry raw bytes after their header, so that they are never copied or decoded.

import { type Bytes, concatBytes } from '../lib/bytes.ts';
import { decode, type Encodable, encode } from '../lib/codec.ts';
import { type Hash, sha256Hex } from '../lib/hash.ts';
import { bool, bytes, hash, list, type Misfit, misfit, optional, type Shape, text, tuple, uint } from '../lib/shape.ts';
import { batchDigest } from './certificate/hashing.ts';
import {
  checkpointCertShape,
  checkpointVoteShape,
  entryCertShape,
  headerShape,
  messageLimits,
  quorumCertShape,
  timeoutCertShape,
  timeoutShape,
  voteShape,
} from './certificate/shapes.ts';
import type { LaneHead, Rank } from './certificate/types.ts';
import type {
  Base,
  Batch,
  Forwarded,
  Hello,
  JournalRecord,
  PeerMessage,
  SignedHeader,
  SnapshotHead,
  StopReason,
  TimeoutRecord,
  VoteRecord,
} from './core/index.ts';
import {
  maxAnnouncedPerLane,
  maxAppBytes,
  maxBatchBytes,
  maxBatchEntries,
  maxBatchesAsked,
  maxCounter,
  maxForwardedEntries,
  maxHeadersPerAnswer,
  maxSnapshotPartBytes,
  maxSnapshotParts,
  maxValidators,
  snapshotPartsAsked,
} from './limits.ts';

const counter = uint(maxCounter);
const signature = bytes(4096);
const errorCode = uint(9_999);

type Body<T> = Omit<T, 'type'>;
type ForwardedPlace = NonNullable<Forwarded['place']>;
type MessageOf<K extends PeerMessage['type']> = Extract<PeerMessage, { readonly type: K }>;
type RecordOf<K extends JournalRecord['type']> = Extract<JournalRecord, { readonly type: K }>;

const signedHeaderShape: Shape<SignedHeader> = tuple<SignedHeader>({
  header: headerShape,
  signature,
  entry: optional(timeoutCertShape),
});
const peaks = list(tuple<{ height: number; hash: Hash }>({ height: uint(64), hash }), 64);
export const snapshotHeadShape: Shape<SnapshotHead> = tuple<SnapshotHead>({
  signed: signedHeaderShape,
  past: peaks,
  parts: uint(maxSnapshotParts),
});
const laneHead: Shape<LaneHead> = tuple<LaneHead>({ seq: counter, digest: hash });
const rank: Shape<Rank> = tuple<Rank>({ term: counter, height: counter });
const announced = tuple<{ lane: number; seq: number; digest: Hash }>({
  lane: uint(maxValidators - 1),
  seq: counter,
  digest: hash,
});

const hello: Shape<Body<Hello>> = tuple<Body<Hello>>({
  epoch: counter,
  term: counter,
  commitHeight: counter,
  commitRank: optional(rank),
  vote: optional(voteShape),
  timeout: optional(timeoutShape),
  highQc: optional(quorumCertShape),
  entry: optional(entryCertShape),
  tipHeight: counter,
  executed: counter,
  lanes: list(laneHead, maxValidators),
  yourVote: optional(voteShape),
  yourTimeout: optional(timeoutShape),
  yourBatch: counter,
  checkpoint: counter,
});

interface Form {
  readonly kind: number;
  readonly type: string;
  readonly shape: Shape<object>;
}

function form<T extends { readonly type: string }>(kind: number, type: T['type'], shape: Shape<Body<T>>): Form {
  return { kind, type, shape: shape as unknown as Shape<object> };
}

const messageForms: readonly Form[] = [
  form<MessageOf<'proposal'>>(
    1,
    'proposal',
    tuple<Body<MessageOf<'proposal'>>>({
      header: headerShape,
      signature,
      entry: optional(timeoutCertShape),
      chainQc: optional(quorumCertShape),
    }),
  ),
  form<MessageOf<'vote'>>(2, 'vote', tuple<Body<MessageOf<'vote'>>>({ vote: voteShape, executed: counter })),
  form<MessageOf<'timeout'>>(
    3,
    'timeout',
    tuple<Body<MessageOf<'timeout'>>>({ timeout: timeoutShape, qc: optional(quorumCertShape) }),
  ),
  form<MessageOf<'hello'>>(4, 'hello', hello),
  form<MessageOf<'entry'>>(5, 'entry', tuple<Body<MessageOf<'entry'>>>({ entry: entryCertShape })),
  form<MessageOf<'qc'>>(6, 'qc', tuple<Body<MessageOf<'qc'>>>({ qc: quorumCertShape })),
  form<MessageOf<'commit'>>(7, 'commit', tuple<Body<MessageOf<'commit'>>>({ certificate: quorumCertShape })),
  form<MessageOf<'have'>>(
    8,
    'have',
    tuple<Body<MessageOf<'have'>>>({ batches: list(announced, maxAnnouncedPerLane * maxValidators) }),
  ),
  form<MessageOf<'get-headers'>>(
    9,
    'get-headers',
    tuple<Body<MessageOf<'get-headers'>>>({ id: hash, above: counter, count: uint(maxHeadersPerAnswer) }),
  ),
  form<MessageOf<'headers'>>(
    10,
    'headers',
    tuple<Body<MessageOf<'headers'>>>({ id: hash, headers: list(signedHeaderShape, maxHeadersPerAnswer) }),
  ),
  form<MessageOf<'get-batches'>>(
    11,
    'get-batches',
    tuple<Body<MessageOf<'get-batches'>>>({ digests: list(hash, maxBatchesAsked) }),
  ),
  form<MessageOf<'checkpoint-vote'>>(
    12,
    'checkpoint-vote',
    tuple<Body<MessageOf<'checkpoint-vote'>>>({ vote: checkpointVoteShape }),
  ),
  form<MessageOf<'checkpoint'>>(
    13,
    'checkpoint',
    tuple<Body<MessageOf<'checkpoint'>>>({ certificate: checkpointCertShape }),
  ),
  form<MessageOf<'app'>>(14, 'app', tuple<Body<MessageOf<'app'>>>({ topic: text(64), bytes: bytes(maxAppBytes) })),
  form<MessageOf<'offer'>>(
    15,
    'offer',
    tuple<Body<MessageOf<'offer'>>>({ certificate: checkpointCertShape, oldest: counter }),
  ),
  form<MessageOf<'get-snapshot'>>(
    16,
    'get-snapshot',
    tuple<Body<MessageOf<'get-snapshot'>>>({
      height: counter,
      from: uint(maxSnapshotParts),
      count: uint(snapshotPartsAsked),
    }),
  ),
  form<MessageOf<'snapshot-head'>>(
    17,
    'snapshot-head',
    tuple<Body<MessageOf<'snapshot-head'>>>({ head: snapshotHeadShape, commitCert: optional(quorumCertShape) }),
  ),
  form<MessageOf<'snapshot-part'>>(
    18,
    'snapshot-part',
    tuple<Body<MessageOf<'snapshot-part'>>>({
      height: counter,
      index: uint(maxSnapshotParts),
      bytes: bytes(maxSnapshotPartBytes),
    }),
  ),
  form<MessageOf<'forwarded'>>(
    19,
    'forwarded',
    tuple<Body<MessageOf<'forwarded'>>>({
      number: counter,
      code: optional(errorCode),
      refused: list(
        tuple<{ index: number; code: number }>({ index: uint(maxForwardedEntries), code: errorCode }),
        maxForwardedEntries,
      ),
      place: optional(
        tuple<ForwardedPlace>({
          lane: uint(maxValidators - 1),
          seq: counter,
          digest: hash,
          offset: uint(maxBatchEntries),
        }),
      ),
    }),
  ),
];

/** Every message but `batch`, which has a header and a body of its own. */
export type ControlMessage = Exclude<PeerMessage, { readonly type: 'batch' }>;

export const encodeMessage = (message: ControlMessage): Bytes => encodeAs(messageForms, message);

/** @returns the message, or why its sender misbehaves */
export function decodeMessage(encoded: Bytes): ControlMessage | string {
  const message = decodeAs(messageForms, encoded);
  return typeof message === 'string' ? message : (message as ControlMessage);
}

function encodeAs(forms: readonly Form[], value: { readonly type: string }): Bytes {
  const found = forms.find(({ type }) => type === value.type) as Form;
  return encode([found.kind, found.shape.write(value)]);
}

function decodeAs(forms: readonly Form[], encoded: Bytes, limits = messageLimits): { readonly type: string } | string {
  const decoded = decode(encoded, limits);
  if (!decoded.ok) return decoded.error;
  if (!Array.isArray(decoded.value) || decoded.value.length !== 2) return 'misfit';
  const [kind, content] = decoded.value as [Encodable, Encodable];
  const found = forms.find((each) => each.kind === kind);
  if (found === undefined) return 'unknown-kind';
  const value = found.shape.read(content);
  return value === misfit ? 'misfit' : { ...value, type: found.type };
}

interface BatchHeader {
  readonly lane: number;
  readonly seq: number;
  readonly prev: Hash;
  readonly count: number;
  readonly size: number;
  /** sent in answer to a Get */
  readonly answer: boolean;
}

const batchHeader: Shape<BatchHeader> = tuple<BatchHeader>({
  lane: uint(maxValidators - 1),
  seq: counter,
  prev: hash,
  count: uint(maxBatchEntries),
  size: uint(maxBatchBytes),
  answer: bool,
});
const batchHeaderLimits = { maxBytes: 256, maxDepth: 2, maxItems: 16 };

export function encodeBatchHeader(batch: Batch, answer: boolean): Bytes {
  return encode(batchHeader.write({ ...batch, answer }));
}

/** Recomputes the digest from what arrived. @returns the batch, or why its sender misbehaves */
export function decodeBatch(
  header: Bytes,
  body: readonly Bytes[],
): { readonly batch: Batch; readonly answer: boolean } | string {
  const decoded = decode(header, batchHeaderLimits);
  if (!decoded.ok) return decoded.error;
  const fields = batchHeader.read(decoded.value);
  if (fields === misfit) return 'misfit';
  let size = 0;
  for (const piece of body) size += piece.length;
  if (size !== fields.size || fields.count === 0) return 'batch-size';
  return { batch: batchOf(fields, sha256Hex(...body), body), answer: fields.answer };
}

function batchOf({ lane, seq, prev, count, size }: BatchHeader, contentHash: Hash, body: readonly Bytes[]): Batch {
  return { lane, seq, prev, count, size, contentHash, body, digest: batchDigest(prev, lane, seq, count, contentHash) };
}

/** Commands that a follower passes on; what stands behind their length, side by side, is for the validator's admission to judge. */
export interface Forward {
  /** the follower's own; its answer bears it */
  readonly number: number;
  readonly count: number;
  readonly entries: Bytes;
}

const forwardHeader = tuple<Omit<Forward, 'entries'>>({ number: counter, count: uint(maxForwardedEntries) });

export function encodeForwardHeader({ number, count }: Omit<Forward, 'entries'>): Bytes {
  return encode(forwardHeader.write({ number, count }));
}

/** @returns the commands, or why their sender misbehaves */
export function decodeForward(header: Bytes, body: readonly Bytes[]): Forward | string {
  const decoded = decode(header, batchHeaderLimits);
  if (!decoded.ok) return decoded.error;
  const fields = forwardHeader.read(decoded.value);
  if (fields === misfit || fields.count === 0) return 'misfit';
  return { ...fields, entries: body.length === 1 ? (body[0] as Bytes) : concatBytes(body) };
}

const voteRecord: Shape<VoteRecord> = tuple<VoteRecord>({
  term: counter,
  tipHeight: counter,
  tipId: hash,
  commit: optional(counter),
});
const timeoutRecord: Shape<TimeoutRecord> = tuple<TimeoutRecord>({ term: counter, qc: optional(quorumCertShape) });
const base: Shape<Base> = tuple<Base>({
  signed: signedHeaderShape,
  past: peaks,
  lastOrdered: counter,
  commitCert: optional(quorumCertShape),
});

const empty: Shape<object> = {
  read: (value) => (Array.isArray(value) && value.length === 0 ? {} : misfit),
  write: () => [],
};

/** A fork has no roots. */
const stopFields = tuple<{ height: number; block: Hash; roots: { ours: Hash; theirs: Hash } | null }>({
  height: counter,
  block: hash,
  roots: optional(tuple<{ ours: Hash; theirs: Hash }>({ ours: hash, theirs: hash })),
});
const stopReason: Shape<StopReason> = {
  read(value) {
    const fields = stopFields.read(value);
    if (fields === misfit) return misfit;
    const { height, block, roots } = fields;
    return roots === null ? { code: 'forked', height, block } : { code: 'diverged', height, block, ...roots };
  },
  write: (reason) => stopFields.write({ ...reason, roots: reason.code === 'diverged' ? reason : null }),
};

const recordForms: readonly Form[] = [
  { kind: 1, type: 'init', shape: empty },
  form<RecordOf<'enter'>>(
    2,
    'enter',
    tuple<Body<RecordOf<'enter'>>>({ term: counter, certificate: optional(entryCertShape) }),
  ),
  form<RecordOf<'header'>>(4, 'header', tuple<Body<RecordOf<'header'>>>({ signed: signedHeaderShape })),
  form<RecordOf<'qc'>>(5, 'qc', tuple<Body<RecordOf<'qc'>>>({ qc: quorumCertShape })),
  form<RecordOf<'vote'>>(6, 'vote', tuple<Body<RecordOf<'vote'>>>({ vote: voteRecord })),
  form<RecordOf<'timeout'>>(7, 'timeout', tuple<Body<RecordOf<'timeout'>>>({ timeout: timeoutRecord })),
  form<RecordOf<'commit'>>(8, 'commit', tuple<Body<RecordOf<'commit'>>>({ certificate: quorumCertShape })),
  form<RecordOf<'checkpoint'>>(
    9,
    'checkpoint',
    tuple<Body<RecordOf<'checkpoint'>>>({ certificate: checkpointCertShape }),
  ),
  form<RecordOf<'base'>>(10, 'base', tuple<Body<RecordOf<'base'>>>({ base })),
  form<RecordOf<'fenced'>>(11, 'fenced', tuple<Body<RecordOf<'fenced'>>>({ reason: text(1024) })),
  form<RecordOf<'stopped'>>(12, 'stopped', tuple<Body<RecordOf<'stopped'>>>({ reason: stopReason })),
];

/** The journal's number for batches: their records are raw, a header length before the header and the body. */
export const batchRecordKind = 3;

export interface EncodedRecord {
  readonly kind: number;
  readonly parts: readonly Bytes[];
}

export function encodeRecord(record: JournalRecord): EncodedRecord {
  if (record.type === 'batch') {
    const header = encodeBatchHeader(record.batch, record.fetched);
    return { kind: batchRecordKind, parts: [Uint8Array.of(header.length), header, ...record.batch.body] };
  }
  const found = recordForms.find(({ type }) => type === record.type) as Form;
  return { kind: found.kind, parts: [encode(found.shape.write(record))] };
}

/** @param body a view that the record keeps: copy it first where it does not last */
export function decodeRecord(kind: number, body: Bytes): JournalRecord | Misfit {
  if (kind === batchRecordKind) return decodeBatchRecord(body);
  const found = recordForms.find((each) => each.kind === kind);
  const decoded = decode(body, messageLimits);
  if (found === undefined || !decoded.ok) return misfit;
  const value = found.shape.read(decoded.value);
  return value === misfit ? misfit : ({ ...value, type: found.type } as JournalRecord);
}

function decodeBatchRecord(body: Bytes): JournalRecord | Misfit {
  const headerEnd = 1 + (body[0] ?? 0);
  const decoded = decodeBatch(body.subarray(1, headerEnd), [body.subarray(headerEnd)]);
  return typeof decoded === 'string' ? misfit : { type: 'batch', batch: decoded.batch, fetched: decoded.answer };
}

export const encodeSignedHeader = (signed: SignedHeader): Bytes => encode(signedHeaderShape.write(signed));

export function decodeSignedHeader(encoded: Bytes): SignedHeader | Misfit {
  const decoded = decode(encoded, messageLimits);
  return decoded.ok ? signedHeaderShape.read(decoded.value) : misfit;
}
