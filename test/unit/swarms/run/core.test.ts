import fc from 'fast-check';
import t from 'tap';
import { orderFulfilment } from '../../../../examples/order-fulfilment/order-fulfilment.swarm.ts';
import { purchase } from '../../../../examples/purchase/purchase.swarm.ts';
import { tradeFinance } from '../../../../examples/trade-finance/trade-finance.swarm.ts';
import { check } from '../../../../swarms/check/index.ts';
import { describe } from '../../../../swarms/describe.ts';
import type { Description } from '../../../../swarms/description.ts';
import { endOf, phaseOf } from '../../../../swarms/graph.ts';
import { readSource } from '../../../../swarms/source/index.ts';
import { randomDescription } from '../../../model/swarms/random-description.ts';
import { Tape } from '../../../model/swarms/tape.ts';
import { examples } from '../sources.ts';
import { CoreWorld, type Luck } from './core-world.ts';

// PSKY_SEED replays the random schedules; fast-check prints it with the smallest one that fails.
const seed = Number(process.env['PSKY_SEED'] ?? Date.now() % 2 ** 31);
const maxSteps = 6_000;
const calm: Luck = { lost: 0, twice: 0, dies: 0, throws: 0, silent: 0 };
const bad: Luck = { lost: 5, twice: 7, dies: 25, throws: 12, silent: 12 };

/** @returns what is wrong with a world in which nothing is left to happen */
function complaintOf(world: CoreWorld): string | undefined {
  const { book } = world.keeper;
  if (!book.over) return `the keeper is ${book.life}`;
  if (world.ended === 0) return 'the starter is not told';
  if (!world.keeper.settled) return 'somebody is not told';
  return chainsDiffer(world) ?? effectsDiffer(world);
}

function chainsDiffer(world: CoreWorld): string | undefined {
  const { book, records } = world.keeper;
  for (const { name, instance } of world.agents.values()) {
    if (instance === undefined || !instance.book.started) continue;
    if (instance.records.some((raw, n) => Buffer.compare(raw, records[n] as Uint8Array) !== 0))
      return `${name} has another chain`;
    const role = name.replace('a/agent/', '');
    const told = book.end === null || book.failure !== null ? 'all' : endOf(book.description, book.end)?.tell;
    if ((told === 'all' || told?.includes(role)) && !instance.book.over) return `${name} does not know how it ended`;
    if (instance.own.mine.size > 0) return `${name} has something left to do`;
  }
  return undefined;
}

/** What is done and stands is done by the chain; what came too late, or was to be undone, is undone. */
function effectsDiffer(world: CoreWorld): string | undefined {
  const { book } = world.keeper;
  const did = new Set(world.deeds.filter(({ what }) => what === 'did').map(({ key }) => key));
  const undid = new Set(world.deeds.filter(({ what }) => what === 'undid').map(({ key }) => key));
  const undoes = book.failure !== null || book.life === 'cancelled' || endOf(book.description, book.end ?? '')?.undo;
  for (const run of book.tokens.done) {
    const { phase, role } = book.tokens.run(run) ?? { phase: '', role: '' };
    const key = `${role} ${run}`;
    if (!did.has(key)) return `${phase} is in the chain and was not done`;
    const hasUndo = phaseOf(book.description, phase)?.undo === true;
    const isReported = book.notUndone.some((each) => each.phase === phase && each.role === role);
    if (hasUndo && !isReported && undoes !== undid.has(key)) return `${phase} is ${undid.has(key) ? '' : 'not '}undone`;
  }
  for (const { key, phase, what } of world.deeds) {
    const run = book.tokens.run(Number(key.split(' ')[1]));
    if (what === 'undid' || run === undefined || run.status === 'done') continue;
    if (phaseOf(book.description, phase)?.undo === true && run.status !== 'failed' && !undid.has(key))
      return `${phase} came too late and is not taken back`;
  }
  return undefined;
}

function play(
  description: Description,
  tape: Tape,
  luck: Luck,
  set: (world: CoreWorld) => void = () => {},
): string | undefined {
  const world = new CoreWorld(description, tape, luck);
  set(world);
  world.begin();
  while (!world.keeper.book.started) world.begin();
  return world.run(maxSteps) ?? complaintOf(world);
}

const described = examples.map(({ path, text }) => readSource(path, text).descriptions[0] as Description);

t.test('the descriptions from the source and from the object run alike', async (t) => {
  for (const choreography of [purchase, orderFulfilment, tradeFinance] as const)
    t.equal(play(describe(choreography as never), Tape.ofNumbers([]), calm), undefined);
});

t.test(
  'a process that dies at any one point goes on, and each phase took effect once',
  { timeout: 300_000 },
  async (t) => {
    for (const description of described) {
      const counting = new CoreWorld(description, Tape.ofNumbers([]), calm);
      counting.begin();
      counting.run(maxSteps);
      t.ok(counting.points > 20, `${description.name} has ${counting.points} points`);
      for (let point = 0; point < counting.points; point++) {
        const complaint = play(description, Tape.ofNumbers([]), calm, (world) => {
          world.diesAt = point;
        });
        if (complaint !== undefined) t.fail(`${description.name}, point ${point}: ${complaint}`);
      }
    }
  },
);

t.test(`whatever happens the starter is told and effects are once, seed ${seed}`, { timeout: 300_000 }, async (t) => {
  for (const description of described) {
    const property = fc.property(fc.nat(), (schedule) => {
      const complaint = play(description, Tape.ofSeed(schedule), bad);
      if (complaint !== undefined) throw new Error(`${description.name}: ${complaint}`);
    });
    t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 250 }), description.name);
  }
});

t.test(`random processes that pass the check end for all parties, seed ${seed}`, { timeout: 300_000 }, async (t) => {
  let played = 0;
  const shape = fc.array(fc.nat({ max: 5039 }), { minLength: 120, maxLength: 120 });
  const property = fc.property(shape, fc.nat(), (numbers, schedule) => {
    const description = randomDescription(Tape.ofNumbers(numbers), 0);
    if (Object.values(description.roles).some(({ kind }) => kind !== 'agent') || check(description).length > 0) return;
    played++;
    const complaint = play(description, Tape.ofSeed(schedule), schedule % 2 === 0 ? bad : calm);
    if (complaint !== undefined) throw new Error(`${complaint}\n${JSON.stringify(description)}`);
  });
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 600 }));
  t.ok(played > 60, `${played} were played`);
});
