// A verifier of commits beside the one of consensus, so that a mistake there does not hide itself (Q1).

import type { Committee } from '../../consensus/certificate/committee.ts';
import { blockId, voteText } from '../../consensus/certificate/hashing.ts';
import { decodeAs, type Header, type QuorumCert, quorumCertShape } from '../../consensus/certificate/index.ts';
import { encode } from '../../lib/codec.ts';
import type { Hash } from '../../lib/hash.ts';

/** Whether the certificate, read back from its bytes, commits the header or something above it. */
export function provesCommit(committee: Committee, header: Header, certificate: QuorumCert): boolean {
  const read = decodeAs(quorumCertShape, encode(quorumCertShape.write(certificate)));
  if (typeof read === 'string' || 'code' in read) return false;
  const { term, height, parent, body, links, votes } = read;
  const chain = new Map<number, Hash>();
  let top = blockId(term, height, parent, body);
  chain.set(height, top);
  links.forEach((link, index) => {
    top = blockId(term, height + 1 + index, top, link);
    chain.set(height + 1 + index, top);
  });
  const signers = new Set<number>();
  for (const vote of votes) {
    const key = committee.keys[vote.voter];
    const reaches = vote.commit !== null && vote.commit >= height && vote.commit <= vote.tipHeight;
    if (key === undefined || !reaches || chain.get(vote.tipHeight) !== vote.tipId) continue;
    if (committee.suite.verify(key, voteText(committee, { ...vote, term }), vote.signature)) signers.add(vote.voter);
  }
  const enough = 2 * signers.size >= committee.n + committee.f + 1;
  return enough && (height > header.order.height || chain.get(height) === header.id);
}
