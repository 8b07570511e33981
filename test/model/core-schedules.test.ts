// The model's schedules, driving the real core (CONSENSUS §12).
import t from 'tap';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { runSchedule } from './core-schedule.ts';
import { CORE_DELETIONS, CORE_SCHEDULES } from './core-schedules.ts';
import { restoreOldCopy } from './old-copy.ts';

t.setTimeout(120_000);
accelerateSha256(nativeSha256);

for (const { schedule, firstSeed, seeds } of CORE_SCHEDULES) {
  t.test(`real cores keep every invariant: ${schedule.name}`, async (t) => {
    const since = Date.now();
    const total = { steps: 0, messages: 0, commits: 0, terms: 0 };
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const outcome = runSchedule(schedule, seed);
      total.steps += outcome.steps;
      total.messages += outcome.messages;
      total.commits += outcome.commits;
      total.terms += outcome.terms;
      if (outcome.violation !== null)
        t.fail(`${outcome.violation}: npx tsc -p . && node dist/test/model/run.js core '${schedule.name}' ${seed}`);
    }
    t.ok(total.commits > 3 * seeds, `${total.commits} blocks committed, ${total.terms} terms ended`);
    t.comment(`${seeds} schedules, ${total.steps} steps, ${total.messages} messages, ${Date.now() - since} ms`);
  });
}

t.test('the schedules notice what is taken out', async (t) => {
  for (const { schedule, firstSeed, seeds } of CORE_DELETIONS) {
    let violation: string | null = null;
    for (let seed = firstSeed; violation === null && seed < firstSeed + seeds; seed++)
      violation = runSchedule(schedule, seed).violation;
    t.not(violation, null, `${schedule.name}: ${violation}`);
  }
});

t.test('a validator restored from an older copy of its disk signs nothing (D5)', async (t) => {
  const seeds = Array.from({ length: 12 }, (_, index) => index + 1);
  for (const seed of seeds) {
    const { fenced, signed } = restoreOldCopy(seed, { waits: true });
    t.ok(fenced, `seed ${seed}: it learns from its peers that it is old`);
    t.equal(signed, 0, `seed ${seed}: it signs nothing first`);
  }
  const hasty = seeds.filter((seed) => restoreOldCopy(seed, { waits: false }).signed > 0);
  t.ok(
    hasty.length > 0,
    `without the wait for Hellos it signs again what it has signed, as with seeds ${hasty.join(', ')}`,
  );
});
