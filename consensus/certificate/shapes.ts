// The wire form of headers and certificates: canonical tuples, every count bounded. Reading recomputes ids from the bytes
// received, so an id in memory is always true.

import type { Bytes } from '../../lib/bytes.ts';
import { type DecodeFault, decode, type Encodable, encode } from '../../lib/codec.ts';
import { type Hash, hashFromBytes } from '../../lib/hash.ts';
import { bytes, hash, list, type Misfit, misfit, optional, type Shape, tuple, uint } from '../../lib/shape.ts';
import { maxAppBytes, maxControlBytes, maxCounter, maxLinks, maxValidators } from '../limits.ts';
import { blockId, bodyHash } from './hashing.ts';
import type {
  CertificateVote,
  CheckpointCert,
  CheckpointVote,
  EntryCert,
  Header,
  HighestQc,
  LaneHead,
  Order,
  QuorumCert,
  StateClaim,
  Timeout,
  TimeoutCert,
  Vote,
} from './types.ts';

const counter = uint(maxCounter);
const validator = uint(maxValidators - 1);
/** room for the signatures of later suites */
const signature = bytes(4096);
const headerLimits = { maxBytes: 64 * 1024, maxDepth: 4, maxItems: 1024 };

const laneHead: Shape<LaneHead> = tuple<LaneHead>({ seq: counter, digest: hash });

export const orderShape: Shape<Order> = tuple<Order>({
  chain: hash,
  epoch: counter,
  term: counter,
  height: counter,
  cut: list(laneHead, maxValidators),
  control: optional(bytes(maxAppBytes)),
});

export const stateShape: Shape<StateClaim> = tuple<StateClaim>({
  chain: hash,
  epoch: counter,
  height: counter,
  timeMs: counter,
  execHeight: counter,
  stateRoot: hash,
  outboxRoot: hash,
  historyRoot: hash,
  parentRef: optional(bytes(256)),
  nextSetHash: optional(hash),
});

/** Builds a header from its halves as they were received, or misfit when they do not fit each other. */
export function headerOf(orderBytes: Bytes, stateBytes: Bytes, parent: Hash): Header | Misfit {
  const order = readAs(orderShape, orderBytes);
  const state = readAs(stateShape, stateBytes);
  if (order === misfit || state === misfit) return misfit;
  if (order.chain !== state.chain || order.epoch !== state.epoch || order.height !== state.height) return misfit;
  const body = bodyHash(orderBytes, stateBytes);
  return { id: blockId(order.term, order.height, parent, body), body, parent, order, state, orderBytes, stateBytes };
}

export function makeHeader(order: Order, state: StateClaim, parent: Hash): Header {
  const header = headerOf(encode(orderShape.write(order)), encode(stateShape.write(state)), parent);
  if (header === misfit) throw new Error('a header that we make fits its own shape');
  return header;
}

function readAs<T>(shape: Shape<T>, encoded: Bytes): T | Misfit {
  const decoded = decode(encoded, headerLimits);
  return decoded.ok ? shape.read(decoded.value) : misfit;
}

export const headerShape: Shape<Header> = {
  read(value) {
    if (!Array.isArray(value) || value.length !== 3) return misfit;
    const [orderBytes, stateBytes, parent] = value as readonly Encodable[];
    if (!(orderBytes instanceof Uint8Array) || !(stateBytes instanceof Uint8Array)) return misfit;
    if (!(parent instanceof Uint8Array) || parent.length !== 32) return misfit;
    return headerOf(orderBytes, stateBytes, hashFromBytes(parent));
  },
  write: (header) => [header.orderBytes, header.stateBytes, hash.write(header.parent)],
};

export const voteShape: Shape<Vote> = tuple<Vote>({
  voter: validator,
  term: counter,
  tipHeight: counter,
  tipId: hash,
  commit: optional(counter),
  signature,
});

const certificateVote: Shape<CertificateVote> = tuple<CertificateVote>({
  voter: validator,
  tipHeight: counter,
  tipId: hash,
  commit: optional(counter),
  signature,
});

type QuorumCertFields = Omit<QuorumCert, 'id'>;
const quorumCertFields: Shape<QuorumCertFields> = tuple<QuorumCertFields>({
  term: counter,
  height: counter,
  parent: hash,
  body: hash,
  votes: list(certificateVote, maxValidators),
  links: list(hash, maxLinks),
});

/** Q1: the id is recomputed from what the certificate says of its block. */
export function certifiedBlock(fields: QuorumCertFields): QuorumCert {
  return { ...fields, id: blockId(fields.term, fields.height, fields.parent, fields.body) };
}

export const quorumCertShape: Shape<QuorumCert> = {
  read(value) {
    const fields = quorumCertFields.read(value);
    return fields === misfit ? misfit : certifiedBlock(fields);
  },
  write: (qc) => quorumCertFields.write(qc),
};

/** The genesis certificate has term −1: on the wire terms of highest certificates are one higher. */
const highestQc: Shape<HighestQc> = {
  read(value) {
    const fields = highestFields.read(value);
    return fields === misfit ? misfit : { ...fields, term: fields.term - 1 };
  },
  write: (highest) => highestFields.write({ ...highest, term: highest.term + 1 }),
};
const highestFields = tuple<HighestQc>({ term: counter, height: counter, id: hash });

export const timeoutShape: Shape<Timeout> = tuple<Timeout>({
  voter: validator,
  term: counter,
  highest: highestQc,
  tail: list(hash, 0),
  signature,
});

export const timeoutCertShape: Shape<TimeoutCert> = tuple<TimeoutCert>({
  term: counter,
  timeouts: list(timeoutShape, maxValidators),
  qc: optional(quorumCertShape),
});

/** [1, TC] or [2, QC] */
export const entryCertShape: Shape<EntryCert> = {
  read(value) {
    if (!Array.isArray(value) || value.length !== 2) return misfit;
    const [kind, content] = value as [Encodable, Encodable];
    if (kind === 1) {
      const tc = timeoutCertShape.read(content);
      return tc === misfit ? misfit : { tc };
    }
    const qc = kind === 2 ? quorumCertShape.read(content) : misfit;
    return qc === misfit ? misfit : { qc };
  },
  write: (entry) => ('tc' in entry ? [1, timeoutCertShape.write(entry.tc)] : [2, quorumCertShape.write(entry.qc)]),
};

export const checkpointVoteShape: Shape<CheckpointVote> = tuple<CheckpointVote>({
  voter: validator,
  height: counter,
  id: hash,
  stateRoot: hash,
  outboxRoot: hash,
  signature,
});

export const checkpointCertShape: Shape<CheckpointCert> = tuple<CheckpointCert>({
  height: counter,
  id: hash,
  stateRoot: hash,
  outboxRoot: hash,
  votes: list(tuple<{ voter: number; signature: Bytes }>({ voter: validator, signature }), maxValidators),
});

export const messageLimits = { maxBytes: maxControlBytes, maxDepth: 12, maxItems: 65_536 };

/** For clients: one encoded object of a known shape. */
export function decodeAs<T>(shape: Shape<T>, encoded: Bytes): T | DecodeFault | 'misfit' {
  const decoded = decode(encoded, messageLimits);
  if (!decoded.ok) return decoded.error;
  const value = shape.read(decoded.value);
  return value === misfit ? 'misfit' : value;
}
