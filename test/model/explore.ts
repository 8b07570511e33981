// Two ways through the model: every state of a small scope, and seeded walks through a large one.
import { present } from '../../lib/assert.ts';
import { type Random, seededRandom } from '../../lib/random.ts';
import { actions } from './actions.ts';
import { apply } from './apply.ts';
import { describeAll } from './describe.ts';
import { fingerprint } from './fingerprint.ts';
import { type Action, initialState, type State } from './model.ts';
import { type Violation, violationOf } from './properties.ts';
import type { Scope } from './scope.ts';

export interface Finding {
  readonly violation: Violation;
  /** the actions from the initial state to the violation, for people to read */
  readonly trace: readonly string[];
}

export interface Exhausted {
  readonly states: number;
  /** false when `maxStates` stopped the search */
  readonly complete: boolean;
  readonly found: Finding | null;
}

/** Judges which broken property ends an exploration; `violationOf` for all of them. */
export type Judge = (scope: Scope, before: State, after: State) => Violation | null;

/** Only forks count: shows that a deleted rule costs agreement and not merely one of the invariants that lead to it. */
export const agreementOnly: Judge = (scope, before, after) =>
  violationOf(scope, before, after) === 'fork' ? 'fork' : null;

/**
 * Visits every state that the scope can reach, depth first.
 *
 * States are remembered by a 53-bit hash of their canonical text: among 2 million states a collision, which would hide one of them,
 * has a chance of 1 in 4,000.
 */
export function exhaust(scope: Scope, maxStates: number, judge: Judge = violationOf): Exhausted {
  const seen = new Set<number>();
  const start = initialState(scope);
  seen.add(fingerprint(scope, start));
  const path: { state: State; todo: Action[]; action: Action | null }[] = [
    { state: start, todo: actions(scope, start), action: null },
  ];
  while (path.length > 0) {
    const here = present(path.at(-1), 'a path that is not empty');
    const action = here.todo.pop();
    if (action === undefined) {
      path.pop();
      continue;
    }
    const next = apply(scope, here.state, action);
    const violation = judge(scope, here.state, next);
    if (violation !== null) {
      const steps = [...path.flatMap((step) => step.action ?? []), action];
      return { states: seen.size, complete: false, found: { violation, trace: describeAll(scope, steps) } };
    }
    const print = fingerprint(scope, next);
    if (seen.has(print)) continue;
    if (seen.size >= maxStates) return { states: seen.size, complete: false, found: null };
    seen.add(print);
    path.push({ state: next, todo: actions(scope, next), action });
  }
  return { states: seen.size, complete: true, found: null };
}

export interface Walked {
  readonly steps: number;
  /** blocks committed, and whether in more than one term: a walk that commits nothing shows nothing */
  readonly commits: number;
  readonly commitTerms: number;
  readonly found: Finding | null;
}

/** One walk. Each draws its own taste for the kinds of action, so that some walks time out a lot and others hardly ever. */
export function walk(scope: Scope, seed: number, maxSteps: number, judge: Judge = violationOf): Walked {
  const random = seededRandom(seed);
  const taste = drawTaste(random);
  const taken: Action[] = [];
  let state = initialState(scope);
  while (taken.length < maxSteps) {
    const choices = actions(scope, state);
    if (choices.length === 0) break;
    const action = pickByTaste(random, taste, choices);
    const next = apply(scope, state, action);
    taken.push(action);
    const violation = judge(scope, state, next);
    state = next;
    if (violation !== null)
      return { ...summary(state, taken.length), found: { violation, trace: describeAll(scope, taken) } };
  }
  return { ...summary(state, taken.length), found: null };
}

export interface Walks {
  readonly walks: number;
  readonly steps: number;
  readonly commits: number;
  /** walks with commits in at least two terms */
  readonly acrossTerms: number;
  readonly seed: number | null;
  readonly found: Finding | null;
}

/** Walks seeds from `firstSeed` until one finds a violation, or `count` found none. */
export function walkMany(
  scope: Scope,
  firstSeed: number,
  count: number,
  maxSteps: number,
  judge: Judge = violationOf,
): Walks {
  const total = { walks: 0, steps: 0, commits: 0, acrossTerms: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const walked = walk(scope, seed, maxSteps, judge);
    total.walks++;
    total.steps += walked.steps;
    total.commits += walked.commits;
    if (walked.commitTerms > 1) total.acrossTerms++;
    if (walked.found !== null) return { ...total, seed, found: walked.found };
  }
  return { ...total, seed: null, found: null };
}

function summary(state: State, steps: number): Omit<Walked, 'found'> {
  const terms = new Set<number>();
  let commits = 0;
  state.blocks.forEach((block, at) => {
    if (((state.committed >> at) & 1) === 0) return;
    commits++;
    terms.add(block.term);
  });
  return { steps, commits, commitTerms: terms.size };
}

type Taste = { readonly [kind in Action['kind']]: number };

function drawTaste(random: Random): Taste {
  const impatience = random.between(0.1, 1.5);
  return {
    propose: 3,
    vote: random.between(1, 5),
    'vote-fresh': random.between(0.3, 2),
    'commit-vote': random.between(1, 5),
    'late-commit-vote': 2,
    learn: random.between(0.1, 1.5),
    timeout: impatience,
    enter: random.between(0.5, 2),
    join: impatience / 4,
    sync: random.between(1, 6),
    crash: random.chance(0.5) ? random.between(0, 0.6) : 0,
    wipe: random.chance(0.3) ? 0.05 : 0,
  };
}

/** A kind is drawn by its weight first, so that many choices of one kind do not crowd out the others. */
function pickByTaste(random: Random, taste: Taste, choices: readonly Action[]): Action {
  const kinds = [...new Set(choices.map((choice) => choice.kind))];
  let draw = random.next() * kinds.reduce((sum, kind) => sum + taste[kind], 0);
  const kind = kinds.find((candidate) => (draw -= taste[candidate]) <= 0) ?? random.pick(kinds);
  return random.pick(choices.filter((choice) => choice.kind === kind));
}
