// The bounds of one exploration, and the arithmetic of quorums that the model uses (CONSENSUS.md §2).

/** Rules that can be taken out, to prove that the gate would notice. */
export type Deletion =
  | 'Q1 term of the block'
  | 'Q3 highest QC'
  | 'D1 send before sync'
  | 'D1 own tally'
  | 'D2 one Timeout'
  | 'D3 boot term'
  | 'D5 amnesia'
  | 'V4 one chain per term'
  | 'V3 vote after Timeout'
  | 'V3 commit after Timeout'
  | 'V3 vote in an older term'
  | 'V3 c of an older term'
  | 'c without highQC'
  | 'c without QC'
  | 'quorum too small';

export interface Scope {
  /** validators, f = ⌊(n − 1) / 3⌋ of them Byzantine */
  readonly n: number;
  readonly terms: number;
  /** terms with a Byzantine leader; the others are led by honest nodes in turn */
  readonly byzantineLeads: readonly number[];
  /** bounds of the block tree, the genesis not counted: in all, of one term, and on one parent in one term */
  readonly blocks: number;
  readonly blocksPerTerm: number;
  readonly forks: number;
  /** journal entries that a node may have undurable; 0 syncs every entry at once */
  readonly journal: number;
  readonly crashes: boolean;
  readonly wipes: boolean;
  readonly deleted?: Deletion;
}

export const byzantineNodes = (scope: Scope): number => Math.floor((scope.n - 1) / 3);
export const honestNodes = (scope: Scope): number => scope.n - byzantineNodes(scope);

export function quorum(scope: Scope): number {
  const enough = Math.ceil((scope.n + byzantineNodes(scope) + 1) / 2);
  return scope.deleted === 'quorum too small' ? enough - 1 : enough;
}

export const leaderOf = (scope: Scope, term: number): number | 'byzantine' =>
  scope.byzantineLeads.includes(term) ? 'byzantine' : term % honestNodes(scope);
