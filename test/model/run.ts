// The model by hand: replays what a failing test printed, and explores the scopes that are too deep for the tests.
//   node dist/test/model/run.js walk '<scope name>' <seed>       node dist/test/model/run.js deletion '<rule>' <seed>
//   node dist/test/model/run.js exhaust '<scope name>'                 node dist/test/model/run.js core '<schedule name>' <seed>
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { runSchedule } from './core-schedule.ts';
import { CORE_DELETIONS, CORE_SCHEDULES } from './core-schedules.ts';
import { DELETIONS } from './deletions.ts';
import { agreementOnly, exhaust, type Finding, walk } from './explore.ts';
import { violationOf } from './properties.ts';
import { DEEP_SCOPES, SMALL_SCOPES, WALKS } from './scopes.ts';

const MAX_STATES = 12_000_000; // a Set of numbers holds 16.7 million

function named<T>(list: readonly T[], name: string | undefined, nameOf: (item: T) => string): T {
  const item = list.find((candidate) => nameOf(candidate) === name);
  if (item === undefined) throw new Error(`unknown: ${name}; there are: ${list.map(nameOf).join('; ')}`);
  return item;
}

function show(found: Finding | null): void {
  console.log(found === null ? 'no violation' : `${found.trace.join('\n')}\nVIOLATION: ${found.violation}`);
  process.exitCode = found === null ? 0 : 1;
}

const [mode, name, seed] = process.argv.slice(2);
if (mode === 'walk') {
  const { scope, steps } = named(WALKS, name, (candidate) => candidate.name);
  show(walk(scope, Number(seed), steps).found);
} else if (mode === 'deletion') {
  const { deleted, scope, steps, expected } = named(DELETIONS, name, (candidate) => candidate.deleted);
  show(walk({ ...scope, deleted }, Number(seed), steps, expected === 'fork' ? agreementOnly : violationOf).found);
} else if (mode === 'exhaust') {
  const { scope } = named([...SMALL_SCOPES, ...DEEP_SCOPES], name, (candidate) => candidate.name);
  const { states, complete, found } = exhaust(scope, MAX_STATES);
  console.log(`${states} states${complete ? ', all there are' : ''}`);
  show(found);
} else if (mode === 'core') {
  accelerateSha256(nativeSha256);
  const { schedule } = named([...CORE_SCHEDULES, ...CORE_DELETIONS], name, (candidate) => candidate.schedule.name);
  const outcome = runSchedule(schedule, Number(seed), console.log);
  console.log(outcome.violation ?? 'no violation', outcome);
  process.exitCode = outcome.violation === null ? 0 : 1;
} else {
  throw new Error('walk, deletion, exhaust or core');
}
