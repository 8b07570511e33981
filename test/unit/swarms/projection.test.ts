import t from 'tap';
import { initialTransition, type StateValue, transition } from 'xstate';
import type { AnyStateMachine } from '../../../actors/index.ts';
import { present } from '../../../lib/assert.ts';
import { check } from '../../../swarms/check/index.ts';
import type { Description } from '../../../swarms/description.ts';
import { project } from '../../../swarms/projection/project.ts';
import { readSource } from '../../../swarms/source/index.ts';
import { walkOnce } from '../../model/swarms/interpreter.ts';
import { randomDescription } from '../../model/swarms/random-description.ts';
import { Tape } from '../../model/swarms/tape.ts';
import { follow, hasBroadcast, seenBy } from '../../model/swarms/waiting.ts';
import { examples } from './sources.ts';

const seed = Number(process.env['PSKY_SEED'] ?? Date.now() % 2 ** 31);

const read = (): readonly Description[] => examples.flatMap(({ path, text }) => readSource(path, text).descriptions);

/** names of phases and ends; those of all other states have spaces */
function phasesIn(value: StateValue): readonly string[] {
  if (typeof value === 'string') return value.includes(' ') ? [] : [value];
  return Object.values(value)
    .flatMap((inner) => phasesIn(inner ?? ''))
    .sort();
}

/** @returns the phases that are active after each event */
function runMachine(machine: AnyStateMachine, events: readonly string[]): readonly (readonly string[])[] {
  let [snapshot] = initialTransition(machine);
  return events.map((type) => {
    [snapshot] = transition(machine, snapshot, { type });
    return snapshot.status === 'done' ? [] : phasesIn(snapshot.value);
  });
}

function finalState(machine: AnyStateMachine, events: readonly string[]): string {
  let [snapshot] = initialTransition(machine);
  for (const type of events) [snapshot] = transition(machine, snapshot, { type });
  return String(snapshot.value);
}

t.test(`machines go where the process goes, seed ${seed}`, { timeout: 120_000 }, async (t) => {
  const tape = Tape.ofSeed(seed);
  const random = Array.from({ length: 60 }, () => randomDescription(tape, 0)).filter(
    (each) => check(each).length === 0,
  );
  t.ok(random.length > 20, `${random.length} random processes pass`);
  let walks = 0;
  for (const description of [...read(), ...random].filter((each) => !hasBroadcast(each))) {
    const { whole, roles } = project(description);
    for (let i = 0; i < 4; i++) {
      const run = walkOnce(description, tape, false);
      if (run.violation !== undefined || run.events.length > 100) continue;
      walks++;
      const shown = () => JSON.stringify({ description, run });
      if (JSON.stringify(runMachine(whole, run.events)) !== JSON.stringify(run.active))
        return void t.fail(`whole: ${shown()}`);
      if (run.ended in description.phases && finalState(whole, run.events) !== run.ended)
        return void t.fail(`end: ${shown()}`);
      for (const [role, { automaton, machine }] of roles) {
        const state = follow(description, automaton, role, run);
        if (typeof state === 'string') return void t.fail(`${state}: ${shown()}`);
        const told = finalState(machine, seenBy(description, role, run));
        if (state.told !== null && told !== state.told) return void t.fail(`${role} ends in ${told}: ${shown()}`);
      }
    }
  }
  t.ok(walks > 60, `${walks} walks`);
});

t.test('a role that is told nothing has a machine that waits for nothing', async (t) => {
  const purchase = present(
    read().find((each) => each.name === 'market/purchase@1'),
    'it is an example',
  );
  const { roles } = project(purchase);
  const seller = present(roles.get('seller'), 'a role of it').machine;
  t.equal(finalState(seller, []), 'not yet needed');
  t.equal(finalState(seller, ['enter.quote']), 'quote');
  t.equal(finalState(seller, ['enter.quote', 'quote.decide']), 'waiting for others');
  t.equal(finalState(seller, ['enter.quote', 'quote.decide', 'end.declined']), 'declined');
  t.equal(finalState(seller, ['enter.quote', 'failed']), 'instance failed');
});
