// Believes nothing but the genesis: it checks that a quorum of its validators committed the header, and that the header's
// state root leaves no other answer than the one given.

import {
  type Committee,
  committeeOf,
  decodeAs,
  type Header,
  headerShape,
  type QuorumCert,
  quorumCertShape,
  verifyQuorumCert,
} from '../consensus/certificate/index.ts';
import { chainGenesis, type NetworkGenesis } from '../consensus/genesis/index.ts';
import { accountKey, unwrapValue, valueKey, verifyStateProof } from '../ledger/proof/index.ts';
import { type Bytes, fromHex } from '../lib/bytes.ts';
import type { Hash } from '../lib/hash.ts';
import { ok, type Result, refused } from '../lib/result.ts';
import type { SignatureSuite } from '../lib/suites/suite.ts';
import type { RpcResult } from '../net/gateway/protocol.ts';

export interface LightClient {
  readonly chain: Hash;
  /** Whether a quorum of the genesis validators committed this header. */
  verifyHeader(header: Bytes, certificate: Bytes): Result<CommittedHeader, LightFault>;
  /** Whether the state at the header's execHeight holds exactly this at a name. */
  verifyState(answer: QueryResult, stateKey: Bytes, minHeight?: number): Result<VerifiedState, LightFault>;
  /** the value that an account put under a key; undefined: there is none */
  verifyValue(answer: QueryResult, account: Hash, key: Bytes, minHeight?: number): Result<VerifiedState, LightFault>;
  /** an account's record, to be read with `decodeAccount` */
  verifyAccount(answer: QueryResult, account: Hash, minHeight?: number): Result<VerifiedState, LightFault>;
}

export type QueryResult = RpcResult<'query'>;

export interface CommittedHeader {
  readonly header: Header;
  /** names of the validators whose votes committed it */
  readonly signers: readonly string[];
}

export interface VerifiedState {
  readonly value: Bytes | undefined;
  /** height of the state that the proof is about */
  readonly height: number;
  readonly signers: readonly string[];
}

/** What is wrong with an answer, in the order of the checks. */
export type LightFault =
  | 'no-proof'
  | 'malformed'
  | 'wrong-chain'
  | 'other-block'
  | 'no-quorum'
  | 'too-old'
  | 'height-mismatch'
  | 'bad-proof'
  | 'unknown-format';

export interface LightClientOptions {
  readonly network: NetworkGenesis;
  readonly chainName: string;
  readonly suite: SignatureSuite;
}

export function lightClient(options: LightClientOptions): LightClient {
  const { network, suite } = options;
  const { chain, entry } = chainGenesis(network, options.chainName);
  const committee: Committee = committeeOf({
    chain,
    epoch: entry.epoch,
    keys: network.validators.map((each) => each.signingKey),
    window: entry.window,
    suite,
  });

  function verifyHeader(headerBytes: Bytes, certificateBytes: Bytes): Result<CommittedHeader, LightFault> {
    const header = decodeAs<Header>(headerShape, headerBytes);
    const certificate = decodeAs<QuorumCert>(quorumCertShape, certificateBytes);
    if (typeof header === 'string' || typeof certificate === 'string') return refused('malformed');
    if (header.state.chain !== chain || header.state.epoch !== entry.epoch) return refused('wrong-chain');
    if (certificate.id !== header.id) return refused('other-block');
    if (!verifyQuorumCert(committee, certificate, 'commit')) return refused('no-quorum');
    const signers = certificate.votes.map(({ voter }) => network.validators[voter]?.name ?? String(voter));
    return ok({ header, signers });
  }

  function verifyState(answer: QueryResult, stateKey: Bytes, minHeight = 0): Result<VerifiedState, LightFault> {
    const { header, certificate, proof } = answer;
    if (header === null || certificate === null || proof === null) return refused('no-proof');
    const [headerBytes, certificateBytes, proofBytes] = [fromHex(header), fromHex(certificate), fromHex(proof)];
    const value = answer.value === null ? undefined : fromHex(answer.value);
    if (headerBytes === undefined || certificateBytes === undefined || proofBytes === undefined)
      return refused('malformed');
    if (answer.value !== null && value === undefined) return refused('malformed');
    const committed = verifyHeader(headerBytes, certificateBytes);
    if (!committed.ok) return committed;
    const { execHeight, stateRoot } = committed.value.header.state;
    if (execHeight !== answer.height) return refused('height-mismatch');
    if (execHeight < minHeight) return refused('too-old');
    if (!verifyStateProof(stateRoot, stateKey, value, proofBytes)) return refused('bad-proof');
    return ok({ value, height: execHeight, signers: committed.value.signers });
  }

  return {
    chain,
    verifyHeader,
    verifyState,
    verifyAccount: (answer, account, minHeight) => verifyState(answer, accountKey(account), minHeight),
    verifyValue(answer, account, key, minHeight) {
      const verified = verifyState(answer, valueKey(account, key), minHeight);
      if (!verified.ok || verified.value.value === undefined) return verified;
      const value = unwrapValue(verified.value.value);
      return value === undefined ? refused('unknown-format') : ok({ ...verified.value, value });
    },
  };
}
