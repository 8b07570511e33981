// What a party of an instance knows beside the chain of records: its phases under way, what its agent has signed, who has
// how many records, and what was refused.

import { type Bytes, noBytes } from '../../lib/bytes.ts';

/** What an agent has signed: a turn or an undo. */
export interface Signed {
  readonly body: Bytes;
  readonly signature: Bytes;
}

/** A hop that was refused. */
export interface Refusal {
  readonly name: string;
  readonly detail: string;
  readonly from: string;
  readonly atMs: number;
}

/** A phase of this party that the chain does not know as done. */
export interface Mine {
  /** `late`: done, and the chain has gone another way */
  status: 'running' | 'offered' | 'late';
  signed: Signed | null;
}

/** What a party knows beside the chain; stored whole, so it stays small. */
export interface Own {
  readonly mine: Map<number, Mine>;
  /** undos that are through and not in the chain */
  readonly undone: Map<number, Signed>;
  /** keeper: how many records each agent has */
  readonly have: Map<string, number>;
  readonly refusals: Refusal[];
  refusedCount: number;
  /** of the keeper: for the newest chain that it sent here, or for its own chain when that is over */
  headSignature: Bytes;
}

export const nothingOwn = (): Own => ({
  mine: new Map(),
  undone: new Map(),
  have: new Map(),
  refusals: [],
  refusedCount: 0,
  headSignature: noBytes,
});
