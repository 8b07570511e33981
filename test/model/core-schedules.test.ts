// The model's schedules, driving the real core (CONSENSUS §12).
import t from 'tap';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { runSchedule } from './core-schedule.ts';
import { CORE_SCHEDULES } from './core-schedules.ts';

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
    t.ok(total.commits > seeds, `${total.commits} blocks committed in ${total.terms} terms`);
    t.comment(
      `${seeds} schedules, ${total.steps} steps, ${total.messages} messages, ${total.commits} commits, ${Date.now() - since} ms`,
    );
  });
}
