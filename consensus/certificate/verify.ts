// When a certificate proves what it says (rules Q1 and Q3). Shapes have already bounded every count and recomputed ids.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { maxLinksWindows } from '../limits.ts';
import { type Committee, leaderOf } from './committee.ts';
import { blockId, checkpointText, proposalText, timeoutText, voteText } from './hashing.ts';
import {
  type CheckpointCert,
  type CheckpointVote,
  type Header,
  outranks,
  type QuorumCert,
  type Timeout,
  type TimeoutCert,
  type Vote,
} from './types.ts';

export function verifyVote(committee: Committee, vote: Vote): boolean {
  const key = committee.keys[vote.voter];
  return key !== undefined && committee.suite.verify(key, voteText(committee, vote), vote.signature);
}

export function verifyTimeout(committee: Committee, timeout: Timeout): boolean {
  const key = committee.keys[timeout.voter];
  return key !== undefined && committee.suite.verify(key, timeoutText(committee, timeout), timeout.signature);
}

export function verifyProposal(committee: Committee, header: Header, signature: Bytes): boolean {
  const key = committee.keys[leaderOf(committee, header.order.term)] as Bytes;
  return committee.suite.verify(key, proposalText(committee, header.id), signature);
}

export function verifyCheckpointVote(committee: Committee, vote: CheckpointVote): boolean {
  const key = committee.keys[vote.voter];
  return key !== undefined && committee.suite.verify(key, checkpointText(committee, vote), vote.signature);
}

/**
 * Q1: q distinct signers whose tips lie on the one chain of the certificate's links, all of the certificate's term and at
 * consecutive heights.
 *
 * @param purpose `commit` asks for q votes whose c reaches the block
 */
export function verifyQuorumCert(committee: Committee, qc: QuorumCert, purpose: 'accept' | 'commit'): boolean {
  if (qc.links.length > maxLinksWindows * committee.window || qc.votes.length > committee.n) return false;
  const ids = linkedIds(qc);
  const signers = new Set<number>();
  for (const vote of qc.votes) {
    if (signers.has(vote.voter)) return false;
    signers.add(vote.voter);
    if (ids[vote.tipHeight - qc.height] !== vote.tipId) return false;
    if (vote.commit !== null && vote.commit > vote.tipHeight) return false;
    if (purpose === 'commit' && (vote.commit === null || vote.commit < qc.height)) return false;
    if (!verifyVote(committee, { ...vote, term: qc.term })) return false;
  }
  return signers.size >= committee.q;
}

function linkedIds(qc: QuorumCert): readonly Hash[] {
  const ids: Hash[] = [qc.id];
  let height = qc.height;
  for (const body of qc.links) {
    height += 1;
    ids.push(blockId(qc.term, height, ids[ids.length - 1] as Hash, body));
  }
  return ids;
}

/**
 * Q3: q distinct signers, all for this term; the certificate inside is the highest that any of them names, every Timeout
 * of that rank names the same block, and only that certificate is verified.
 */
export function verifyTimeoutCert(committee: Committee, tc: TimeoutCert): boolean {
  if (tc.timeouts.length > committee.n) return false;
  const signers = new Set<number>();
  const highest = tc.qc ?? { term: -1, height: 0, id: committee.genesisId };
  let named = false;
  for (const timeout of tc.timeouts) {
    if (timeout.term !== tc.term || signers.has(timeout.voter)) return false;
    signers.add(timeout.voter);
    if (outranks(timeout.highest, highest)) return false;
    if (!outranks(highest, timeout.highest)) {
      if (timeout.highest.id !== highest.id) return false;
      named = true;
    }
    if (!verifyTimeout(committee, timeout)) return false;
  }
  if (signers.size < committee.q || !named || highest.term > tc.term) return false;
  return tc.qc === null || verifyQuorumCert(committee, tc.qc, 'accept');
}

export function verifyCheckpointCert(committee: Committee, certificate: CheckpointCert): boolean {
  const signers = new Set<number>();
  for (const { voter, signature } of certificate.votes) {
    if (signers.has(voter)) return false;
    signers.add(voter);
    if (!verifyCheckpointVote(committee, { ...certificate, voter, signature })) return false;
  }
  return signers.size >= committee.q;
}
