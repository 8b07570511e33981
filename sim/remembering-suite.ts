// A signature suite that verifies each signature once for all simulated nodes: verification is a pure function, and a
// vote is verified by everyone who gets it.

import type { Bytes } from '../lib/bytes.ts';
import type { SignatureSuite } from '../lib/suites/suite.ts';

/** A few blocks of certificates; then everything is forgotten. */
const remembered = 20_000;

export function rememberingSuite(suite: SignatureSuite): SignatureSuite {
  const verdicts = new Map<string, boolean>();
  return {
    ...suite,
    verify(publicKey, message, signature) {
      const key = keyOf(publicKey, message, signature);
      const known = verdicts.get(key);
      if (known !== undefined) return known;
      if (verdicts.size >= remembered) verdicts.clear();
      const verdict = suite.verify(publicKey, message, signature);
      verdicts.set(key, verdict);
      return verdict;
    },
  };
}

function keyOf(publicKey: Bytes, message: Bytes, signature: Bytes): string {
  return `${latin1(publicKey)}${latin1(signature)}${latin1(message)}`;
}

function latin1(bytes: Bytes): string {
  return String.fromCharCode(...bytes);
}
