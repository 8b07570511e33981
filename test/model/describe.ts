// The steps of a walk for people to read.
import { apply } from './apply.ts';
import { blockText } from './fingerprint.ts';
import { type Action, initialState, type State } from './model.ts';
import type { Scope } from './scope.ts';

/** Replays the actions once more to name blocks by their path: `a` and `b` are forks of term 0, `ae` is a block of term 1 on `a`. */
export function describeAll(scope: Scope, steps: readonly Action[]): string[] {
  let state = initialState(scope);
  return steps.map((action) => {
    const before = state;
    state = apply(scope, state, action);
    return describe(before, state, action);
  });
}

function describe(before: State, after: State, action: Action): string {
  const name = (block: number) => blockText(after, block) || 'genesis';
  switch (action.kind) {
    case 'propose':
      return `propose ${name(after.blocks.length - 1)}`;
    case 'vote-fresh':
      return `node ${action.node}: vote n=${name(before.blocks.length)} (new)`;
    case 'vote':
      return `node ${action.node}: vote n=${name(action.block)}`;
    case 'commit-vote':
    case 'late-commit-vote':
      return `node ${action.node}: ${action.kind} c=${name(action.block)}`;
    case 'learn':
      return `node ${action.node}: learn QC ${name(action.qc.block)} of term ${action.qc.term}`;
    case 'enter':
    case 'join':
      return `node ${action.node}: ${action.kind} term ${action.term}`;
    default:
      return `node ${action.node}: ${action.kind}`;
  }
}
