// How checkers report, and what they know about the world they watch.

import type { Committee, Header, QuorumCert } from '../../consensus/certificate/index.ts';

export interface Verdict {
  /** The first violation ends the run. `invariant` is a phrase of CONSENSUS §12. */
  violated(invariant: string, detail: string): void;
}

export interface ChainUnderTest {
  readonly name: string;
  readonly committee: Committee;
  /** re-verifies from the encoded bytes, with a verifier of its own */
  readonly certificateProves: (header: Header, certificate: QuorumCert) => boolean;
  /** validators that this run may lose for good: what they say proves nothing */
  readonly sacrificed: ReadonlySet<number>;
  /** in a run without faults terms end only as planned (T3) */
  readonly faultFree: boolean;
}

export const short = (id: string): string => id.slice(0, 8);
