// Identities and signed texts (CONSENSUS §2). Term and height stand inside a block's id, so a certificate can prove them.

import { type Bytes, bigEndian } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import { type Hash, hashToBytes, sha256Hex, taggedHash } from '../../lib/hash.ts';
import { type Committee, signingDomain } from './committee.ts';
import type { CheckpointVote, Timeout, Vote } from './types.ts';

/** H(H(order) ‖ H(state)): anchors and light clients carry 32 bytes instead of the order half. */
export function bodyHash(orderBytes: Bytes, stateBytes: Bytes): Hash {
  return taggedHash('body', hashToBytes(sha256Hex(orderBytes)), hashToBytes(sha256Hex(stateBytes)));
}

export function bodyHashFromOrderHash(orderHash: Hash, stateBytes: Bytes): Hash {
  return taggedHash('body', hashToBytes(orderHash), hashToBytes(sha256Hex(stateBytes)));
}

export function blockId(term: number, height: number, parent: Hash, body: Hash): Hash {
  return taggedHash('blk', bigEndian(term, 8), bigEndian(height, 8), hashToBytes(parent), hashToBytes(body));
}

/** @param contentHash SHA-256 of the batch's bytes */
export function batchDigest(prev: Hash, lane: number, seq: number, count: number, contentHash: Hash): Hash {
  return taggedHash(
    'batch',
    hashToBytes(prev),
    bigEndian(lane, 4),
    bigEndian(seq, 8),
    bigEndian(count, 4),
    hashToBytes(contentHash),
  );
}

export function proposalText(committee: Committee, id: Hash): Bytes {
  return encode([...signingDomain(committee, 'proposal'), hashToBytes(id)]);
}

export function voteText(committee: Committee, vote: Omit<Vote, 'voter' | 'signature'>): Bytes {
  return encode([...signingDomain(committee, 'vote'), vote.term, vote.tipHeight, hashToBytes(vote.tipId), vote.commit]);
}

export function timeoutText(committee: Committee, timeout: Omit<Timeout, 'voter' | 'signature'>): Bytes {
  const { highest } = timeout;
  return encode([
    ...signingDomain(committee, 'timeout'),
    timeout.term,
    // the genesis certificate has term −1; terms are sent and signed one higher
    highest.term + 1,
    highest.height,
    hashToBytes(highest.id),
    timeout.tail.map(hashToBytes),
  ]);
}

export function checkpointText(committee: Committee, checkpoint: Omit<CheckpointVote, 'voter' | 'signature'>): Bytes {
  return encode([
    ...signingDomain(committee, 'checkpoint'),
    checkpoint.height,
    hashToBytes(checkpoint.id),
    hashToBytes(checkpoint.stateRoot),
    hashToBytes(checkpoint.outboxRoot),
  ]);
}
