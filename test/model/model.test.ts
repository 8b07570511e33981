// The model gate (CONSENSUS.md §12): no violation with all rules in place, and one for every rule taken out.
import t from 'tap';
import { DELETIONS } from './deletions.ts';
import { agreementOnly, exhaust, type Finding, walkMany } from './explore.ts';
import { violationOf } from './properties.ts';
import { SMALL_SCOPES, WALKS } from './scopes.ts';

t.setTimeout(120_000); // it takes 15 s alone on a core

const MAX_STATES = 1_000_000;
const MAX_DELETION_WALKS = 30_000;

const replay = (mode: string, name: string, seed: number | null) =>
  `npx tsc -p . && node dist/test/model/run.js ${mode} '${name}' ${seed ?? ''}`;
const story = (found: Finding | null, command: string) =>
  found === null ? 'no violation' : `${found.violation}: ${found.trace.join(' / ')}; ${command}`;
const perSecond = (count: number, since: number) => `${Math.round(count / (Date.now() - since))} k/s`;

t.test('every state of the small scopes keeps all properties', async (t) => {
  for (const { name, scope } of SMALL_SCOPES) {
    const since = Date.now();
    const { states, complete, found } = exhaust(scope, MAX_STATES);
    t.equal(found, null, `${name}: ${story(found, replay('exhaust', name, null))}`);
    t.ok(complete, `${name}: all ${states} states visited`);
    t.comment(`${name}: ${states} states, ${perSecond(states, since)}`);
  }
});

t.test('walks through large scopes keep all properties', async (t) => {
  for (const { name, scope, seed, walks, steps } of WALKS) {
    const since = Date.now();
    const walked = walkMany(scope, seed, walks, steps);
    t.equal(walked.found, null, `${name}: ${story(walked.found, replay('walk', name, walked.seed))}`);
    t.ok(
      walked.acrossTerms > walks / 4,
      `${name}: ${walked.acrossTerms} of ${walks} walks commit in two terms or more`,
    );
    t.comment(
      `${name}: ${walks} walks, ${walked.steps} steps, ${walked.commits} commits, ${perSecond(walked.steps, since)}`,
    );
  }
});

t.test('every deleted rule is noticed', async (t) => {
  for (const { deleted, scope, seed, steps, expected } of DELETIONS) {
    const judge = expected === 'fork' ? agreementOnly : violationOf;
    const walked = walkMany({ ...scope, deleted }, seed, MAX_DELETION_WALKS, steps, judge);
    t.equal(walked.found?.violation, expected, `without "${deleted}": ${expected}`);
    t.comment(
      `seed ${walked.seed} after ${walked.walks} walks, ${walked.found?.trace.length} steps: ${replay('deletion', deleted, walked.seed)}`,
    );
    if (walked.seed !== null && walked.seed !== seed)
      t.comment(`write seed ${walked.seed} beside "${deleted}" in deletions.ts`);
  }
});
