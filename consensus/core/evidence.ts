// What proves that a validator broke the protocol (§11): objects with its signature that contradict each other, encoded as
// they were signed, so that anybody who knows the committee can check them without this node.

import type { Bytes } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import type { Hash } from '../../lib/hash.ts';
import { leaderOf } from '../certificate/committee.ts';
import { headerShape, timeoutShape, voteShape } from '../certificate/shapes.ts';
import { outranks, type Timeout, type Vote } from '../certificate/types.ts';
import { verifyProposal, verifyVote } from '../certificate/verify.ts';
import { emit } from './core.ts';
import type { Block, Core } from './core-types.ts';
import type { SignedHeader } from './messages.ts';

type Signed = Pick<SignedHeader, 'header' | 'signature'>;

/** `[header, signature]` of the leader of its term. */
const signedBlock = ({ header, signature }: Signed): Bytes => encode([headerShape.write(header), signature]);
const signedVote = (vote: Vote): Bytes => encode(voteShape.write(vote));
const signedTimeout = (timeout: Timeout): Bytes => encode(timeoutShape.write(timeout));

/** What a certificate led to was taken whatever stood as its signature: such a copy proves nothing to others. */
function isSigned(core: Core, { header, signature }: Pick<Block, 'header' | 'signature'>): Signed | undefined {
  return header !== undefined && verifyProposal(core.committee, header, signature) ? { header, signature } : undefined;
}

/** Two blocks at one (term, height). @param other its signature has been checked */
export function accuseOfTwoBlocks(core: Core, block: Block, other: Signed): void {
  const one = isSigned(core, block);
  if (one === undefined) return;
  const { term, height } = block;
  const detail = `${other.header.id} and ${block.id} at term ${term} height ${height}`;
  const proof = [signedBlock(one), signedBlock(other)];
  emit(core, { type: 'evidence', kind: 'two-blocks', validator: leaderOf(core.committee, term), detail, proof });
}

/** E1: a header whose root is not what executing the chain gives. @param ours the root that it gives */
export function accuseOfWrongRoot(core: Core, block: Block, ours: Hash): void {
  const signed = isSigned(core, block);
  if (signed === undefined) return;
  const { id, term, stateRoot, execHeight } = block;
  const detail = `block ${id} claims state ${stateRoot} at height ${execHeight}, executed ${ours}`;
  const proof = [signedBlock(signed)];
  emit(core, { type: 'evidence', kind: 'wrong-root', validator: leaderOf(core.committee, term), detail, proof });
}

/** V4: two tips of a term that lie on no one chain. Both signatures have been checked. */
export function accuseOfTwoTips(core: Core, one: Vote, other: Vote): void {
  const detail = `voted for ${one.tipId} and ${other.tipId} in term ${one.term}`;
  const proof = [signedVote(one), signedVote(other)];
  emit(core, { type: 'evidence', kind: 'two-tips', validator: one.voter, detail, proof });
}

/** Two different Timeouts for one term. Both signatures have been checked. */
export function accuseOfTwoTimeouts(core: Core, one: Timeout, other: Timeout): void {
  const detail = `term ${one.term}: ${one.highest.id} and ${other.highest.id}`;
  const proof = [signedTimeout(one), signedTimeout(other)];
  emit(core, { type: 'evidence', kind: 'two-timeouts', validator: one.voter, detail, proof });
}

/**
 * A Vote(τ, n, c) beside its signer's Timeout(τ, hq) with c above hq, whichever came first here. An honest validator votes
 * nothing in τ after its Timeout (V3), and held QC(c) when it voted, so its hq is no lower. Its n may well be: tips run ahead of
 * certificates, and a vote that was sent before the Timeout may arrive after it.
 */
export function compareWithTimeout(core: Core, vote: Vote, timeout: Timeout | undefined): void {
  if (timeout === undefined || vote.voter !== timeout.voter || vote.term !== timeout.term) return;
  if (vote.commit === null || !outranks({ term: vote.term, height: vote.commit }, timeout.highest)) return;
  if (!verifyVote(core.committee, vote)) {
    emit(core, { type: 'misbehaved', peer: vote.voter, reason: 'bad-vote-signature' });
    return;
  }
  const { term, height } = timeout.highest;
  const detail = `term ${vote.term}: committed up to ${vote.commit}, and left the term with a certificate of term ${term} height ${height}`;
  const proof = [signedVote(vote), signedTimeout(timeout)];
  emit(core, { type: 'evidence', kind: 'vote-beyond-timeout', validator: vote.voter, detail, proof });
}
