// A gate that cannot fail proves nothing: every rule that agreement rests on, taken out, beside the configuration that notices.
import type { Violation } from './properties.ts';
import type { Deletion, Scope } from './scope.ts';

export interface DeletionCase {
  readonly deleted: Deletion;
  readonly scope: Scope;
  /** the first seed that shows it; after a change of the model the test looks on from here and prints the new one */
  readonly seed: number;
  readonly steps: number;
  /** 'fork': two committed blocks on two chains, whatever lesser property broke on the way */
  readonly expected: Violation;
}

const base: Scope = {
  n: 4,
  terms: 2,
  byzantineLeads: [0, 1, 2, 3],
  blocks: 5,
  blocksPerTerm: 3,
  forks: 2,
  journal: 0,
  crashes: false,
  wipes: false,
};
const oneTerm: Scope = { ...base, terms: 1, blocks: 2 };
const crashing = { journal: 3, crashes: true };

export const DELETIONS: readonly DeletionCase[] = [
  // Old blocks are certified in the name of a newer term and so outrank a committed block above them.
  { deleted: 'Q1 term of the block', scope: { ...base, terms: 3 }, seed: 109, steps: 100, expected: 'fork' },
  // The first block stands on any QC of the TC, below a committed block.
  { deleted: 'Q3 highest QC', scope: base, seed: 1, steps: 100, expected: 'fork' },
  // A vote leaves, is forgotten in a crash, and the node votes for the other fork.
  { deleted: 'D1 send before sync', scope: { ...oneTerm, ...crashing }, seed: 86, steps: 60, expected: 'fork' },
  // A node commits with its own c-vote, forgets it and its highQC in a crash, and times out with an older QC.
  { deleted: 'D1 own tally', scope: { ...base, ...crashing, blocks: 3 }, seed: 169, steps: 100, expected: 'fork' },
  { deleted: 'D2 one Timeout', scope: base, seed: 2, steps: 100, expected: 'two Timeouts of a term' },
  {
    deleted: 'D3 boot term',
    scope: { ...base, ...crashing, byzantineLeads: [] },
    seed: 5,
    steps: 60,
    expected: 'leader signed two blocks',
  },
  { deleted: 'D5 amnesia', scope: { ...oneTerm, wipes: true }, seed: 2, steps: 60, expected: 'fork' },
  // Two QCs of equal rank in one term: the committed one loses in the TC.
  { deleted: 'V4 one chain per term', scope: base, seed: 49, steps: 100, expected: 'fork' },
  // Harmless to agreement as long as c stays shut, but it is evidence against an honest node (§11).
  { deleted: 'V3 vote after Timeout', scope: base, seed: 6, steps: 100, expected: 'vote after Timeout' },
  // A commit completes after a TC that knew nothing of it.
  { deleted: 'V3 commit after Timeout', scope: base, seed: 6, steps: 100, expected: 'fork' },
  // The same by a node that left the term on others' Timeouts and has already timed out in the next.
  { deleted: 'V3 vote in an older term', scope: { ...base, terms: 3 }, seed: 8824, steps: 100, expected: 'fork' },
  // A block is committed by votes of a newer term, while a QC of the term between outranks it.
  { deleted: 'V3 c of an older term', scope: { ...base, terms: 4 }, seed: 15640, steps: 120, expected: 'fork' },
  { deleted: 'c without highQC', scope: base, seed: 1, steps: 100, expected: 'fork' },
  // q such votes are q n-votes too, so only the invariant sees it: such a node signs a commit that it cannot prove.
  { deleted: 'c without QC', scope: base, seed: 1, steps: 100, expected: 'c without its QC' },
  { deleted: 'quorum too small', scope: oneTerm, seed: 13, steps: 60, expected: 'fork' },
];
