import fc from 'fast-check';
import t from 'tap';
import { AssertionFailed } from '../../../lib/assert.ts';
import { check, type Rounds } from '../../../swarms/check/index.ts';
import type { Description } from '../../../swarms/description.ts';
import { type Run, walkOnce } from './interpreter.ts';
import { judging, planted } from './planted.ts';
import { randomDescription } from './random-description.ts';
import { Tape } from './tape.ts';
import { leftWaiting } from './waiting.ts';

// What the checker lets through never deadlocks, always ends, shows nobody what it may not see, and leaves nobody waiting.
// PSKY_SEED replays a run; fast-check prints it with the smallest description that fails.

const seed = Number(process.env['PSKY_SEED'] ?? Date.now() % 2 ** 31);
const walksEach = 9;
const shape = fc.array(fc.nat({ max: 5039 }), { minLength: 120, maxLength: 120 });
const tally = { passed: 0, refused: 0, ended: new Set<string>() };

/** @returns what goes wrong in a description, or undefined */
function faultOf(description: Description, walks: Tape): string | undefined {
  for (let walk = 0; walk < walksEach; walk++) {
    const run = walkOnce(description, walks, walk % 3 === 0);
    tally.ended.add(run.ended.split(' ')[0] ?? '');
    const violation = run.violation ?? waitingFault(description, run);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

/** Machines can be made of what is right; where they cannot, it is not. */
function waitingFault(description: Description, run: Run): string | undefined {
  try {
    return leftWaiting(description, run);
  } catch (error) {
    if (!(error instanceof AssertionFailed)) throw error;
    return `no machine can be made of it: ${error.message}`;
  }
}

function refuseFaults(description: Description, walks: number): void {
  const fault = faultOf(description, Tape.ofSeed(walks));
  if (fault !== undefined) throw new Error(`${fault}\n${JSON.stringify(description)}`);
}

const isRight = (description: Description, by: Rounds): boolean => check(description, by).length === 0;

t.test(`nothing that passes the check goes wrong, seed ${seed}`, { timeout: 120_000 }, async (t) => {
  const passing = fc.property(shape, fc.nat({ max: 2 }), fc.nat(), (numbers, changes, walks) => {
    const description = randomDescription(Tape.ofNumbers(numbers), changes);
    const passes = isRight(description, judging);
    tally[passes ? 'passed' : 'refused']++;
    if (passes) refuseFaults(description, walks);
  });
  fc.assert(passing, { seed, numRuns: 2_000 });
  t.comment(JSON.stringify({ ...tally, ended: [...tally.ended] }));
  t.ok(tally.passed > 700, 'many pass');
  t.ok(tally.refused > 300, 'and many do not');
  t.ok(
    ['ok', 'no', 'failed:'].every((each) => tally.ended.has(each)),
    'all ways to end were seen',
  );
});

t.test(`bugs that are planted in the checker are found, seed ${seed}`, { timeout: 300_000 }, async (t) => {
  const hidden = new Map(Object.entries(planted));
  t.ok(hidden.size >= 10);
  const foundAfter: string[] = [];
  let tried = 0;
  // only what a bug lets through is walked; the search is over when every bug has done harm
  const harmless = fc.property(shape, fc.integer({ min: 1, max: 2 }), fc.nat(), (numbers, changes, walks) => {
    tried++;
    const description = randomDescription(Tape.ofNumbers(numbers), changes);
    if (isRight(description, judging)) return true;
    for (const [bug, by] of hidden) {
      if (!isRight(description, by) || faultOf(description, Tape.ofSeed(walks)) === undefined) continue;
      hidden.delete(bug);
      foundAfter.push(`${bug}: after ${tried} descriptions`);
    }
    return hidden.size > 0;
  });
  const { errorInstance } = fc.check(harmless, { seed, numRuns: 60_000, endOnFailure: true });
  if (hidden.size > 0 && errorInstance instanceof Error) throw errorInstance;
  for (const each of foundAfter) t.comment(each);
  t.strictSame([...hidden.keys()], [], 'none stays hidden');
});
