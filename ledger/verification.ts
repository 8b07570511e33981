// Signatures, checked in batches behind a port: inline where validators share few cores, in worker threads otherwise.

import type { Bytes } from '../lib/bytes.ts';
import type { Hash } from '../lib/hash.ts';
import type { SignatureSuite } from '../lib/suites/suite.ts';
import { maxVerifiedHashes, workUs } from './limits.ts';
import { type Defer, inSlices, runSliced } from './slices.ts';

export interface VerificationJob {
  readonly suite: number;
  readonly publicKey: Bytes;
  readonly signedText: Bytes;
  readonly signature: Bytes;
}

export interface SignatureVerifier {
  /** answers in the order of the jobs; an unknown suite is invalid */
  verify(jobs: readonly VerificationJob[], done: (valid: readonly boolean[]) => void): void;
}

export function inlineVerifier(suites: readonly SignatureSuite[], defer: Defer): SignatureVerifier {
  const suiteOf = new Map(suites.map((suite) => [suite.suite, suite]));
  const isValid = (job: VerificationJob): boolean =>
    suiteOf.get(job.suite)?.verify(job.publicKey, job.signedText, job.signature) ?? false;
  return {
    verify(jobs, done) {
      const valid: boolean[] = [];
      runSliced(
        defer,
        inSlices(jobs, (job) => {
          valid.push(isValid(job));
          return workUs.verify + job.signedText.length * workUs.perByte;
        }),
        () => done(valid),
      );
    },
  };
}

/** Hashes of commands with good signatures: a hash covers the signature, so it need not be checked again. */
export class VerifiedHashes {
  private young = new Set<Hash>();
  private old = new Set<Hash>();

  has(hash: Hash): boolean {
    return this.young.has(hash) || this.old.has(hash);
  }

  add(hash: Hash): void {
    this.young.add(hash);
    if (this.young.size * 2 < maxVerifiedHashes) return;
    this.old = this.young;
    this.young = new Set();
  }
}
