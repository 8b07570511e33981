// Two short runs of what `npm run e2e` generates, the same ones each time, so that the suite is no lottery; a failure prints
// the command that replays it.

import { join } from 'node:path';
import t from 'tap';
import { drawPlan } from './generated/plan.ts';
import { runPlan } from './generated/run-plan.ts';
import { shortFolder } from './psky.ts';

t.setTimeout(0); // the runner's budget for the file decides

/** of each run: all kinds come up over a few runs, and two runs end within a minute */
const faults = 3;
const first = 10;

for (const validators of [1, 4]) {
  const seed = seedOf(validators);
  const replay = `npm run e2e -- --seed ${seed} --faults ${faults}`;
  t.test(`${validators} validators under generated faults: ${replay}`, async (t) => {
    const story: string[] = [];
    const verdict = await runPlan(drawPlan(seed, faults), join(shortFolder(t), 'net'), (line) => story.push(line));
    t.same(verdict.violations, [], 'no violation', { replay, story });
    t.match(verdict, { verdict: 'ok', lost: 0, linearizable: true });
    t.equal(verdict.faults.length, Math.min(faults, drawPlan(seed, faults).faults.length));
    t.ok(verdict.load.promised > 0 && verdict.load.operations > 0, 'something was at stake');
  });
}

/** The next one that draws a network of this size. */
function seedOf(validators: number): number {
  let seed = first;
  while (drawPlan(seed).engines.length !== validators) seed++;
  return seed;
}
