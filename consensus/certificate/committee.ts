// The validators of one (chain, epoch): who they are, how many may fail, who leads a term (CONSENSUS §2).

import { assert } from '../../lib/assert.ts';
import { type Bytes, bigEndian } from '../../lib/bytes.ts';
import { type Hash, hashToBytes, taggedHash } from '../../lib/hash.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import { maxValidators } from '../limits.ts';

export interface Committee {
  readonly chain: Hash;
  readonly epoch: number;
  readonly keys: readonly Bytes[];
  /** validators */
  readonly n: number;
  /** how many may be Byzantine: ⌊(n−1)/3⌋ */
  readonly f: number;
  /** votes of a quorum: ⌈(n+f+1)/2⌉, so that two quorums share an honest validator */
  readonly q: number;
  /** W: blocks beyond the highest certified one */
  readonly window: number;
  /** id of the epoch's genesis block */
  readonly genesisId: Hash;
  readonly suite: SignatureSuite;
  readonly firstLeader: number;
}

export interface CommitteeOptions {
  readonly chain: Hash;
  readonly epoch: number;
  readonly keys: readonly Bytes[];
  readonly window: number;
  readonly suite: SignatureSuite;
}

export function committeeOf(options: CommitteeOptions): Committee {
  const n = options.keys.length;
  assert(n >= 1 && n <= maxValidators, 'a committee has between 1 and 100 validators');
  const { f, q } = quorumOf(n);
  const place = taggedHash('leader', hashToBytes(options.chain), bigEndian(options.epoch, 8));
  return {
    ...options,
    n,
    f,
    q,
    genesisId: taggedHash('genesis-block', hashToBytes(options.chain), bigEndian(options.epoch, 8)),
    firstLeader: Number.parseInt(place.slice(0, 8), 16),
  };
}

export function quorumOf(n: number): { readonly f: number; readonly q: number } {
  const f = Math.floor((n - 1) / 3);
  return { f, q: Math.ceil((n + f + 1) / 2) };
}

export function leaderOf(committee: Committee, term: number): number {
  return (term + committee.firstLeader) % committee.n;
}

/** What a validator signs: a domain (kind ‖ chain ‖ epoch ‖ suite) and the canonical fields. */
export function signingDomain(committee: Committee, kind: string): readonly [string, Bytes, number, number] {
  return [`psky/${kind}`, chainBytes(committee), committee.epoch, committee.suite.suite];
}

const chainBytesOf = new WeakMap<Committee, Bytes>();
function chainBytes(committee: Committee): Bytes {
  let bytes = chainBytesOf.get(committee);
  if (bytes === undefined) {
    bytes = hashToBytes(committee.chain);
    chainBytesOf.set(committee, bytes);
  }
  return bytes;
}
