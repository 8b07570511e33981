// What a simulated run tells when it ends.

import type { Hash } from '../lib/hash.ts';
import type { FaultKind } from './faults.ts';
import type { Violation } from './world.ts';

export interface SimReport {
  readonly verdict: 'ok' | 'violated';
  readonly traceHash: Hash;
  readonly events: number;
  /** heights committed, each counted once; for the counter, increments answered */
  readonly commits: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** how often each Byzantine behaviour did something */
  readonly behaviours: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}
