// Rules about ways through the process: every phase is on one, every one ends, and none takes for ever.

import type { Description } from '../description.ts';
import { endOf, followers, type Move, movesOf, phaseOf, phasesOf, reach, targetsOf } from '../graph.ts';
import type { Finding } from './finding.ts';

/** every phase and every end can be reached */
export function phasesAreReached(description: Description): readonly Finding[] {
  const reached = reach(followers(description), [description.start]);
  return Object.keys(description.phases)
    .filter((name) => !reached.has(name))
    .map((name) => ({
      name: 'swarm-phase-unreachable',
      at: ['phases', name],
      message: `Nothing leads to '${name}'.`,
      suggestion: `Go there from a phase that is reached from '${description.start}', or remove it.`,
    }));
}

/** from every phase an end can be reached, and not by errors and deadlines alone */
export function pathsEnd(description: Description): readonly Finding[] {
  const whole = followers(description);
  const byItself = followers(untroubled(description));
  const ends = (next: ReadonlyMap<string, readonly string[]>, name: string): boolean =>
    [...reach(next, [name])].some((each) => endOf(description, each) !== undefined);
  return phasesOf(description)
    .filter(([name]) => !ends(byItself, name))
    .map(([name]) => ({
      name: 'swarm-path-endless',
      at: ['phases', name],
      message: `From '${name}' the process reaches no end${ends(whole, name) ? ' unless something fails' : ''}.`,
      suggestion: 'Let a phase on every way go to an end(…).',
    }));
}

/** Where every phase is in time and throws nothing. */
function untroubled(description: Description): Description {
  const phases = Object.entries(description.phases).map(([name, node]) => [
    name,
    node.kind === 'phase' ? { ...node, onTimeout: null, onError: null } : node,
  ]);
  return { ...description, phases: Object.fromEntries(phases) };
}

/** every cycle has a bound */
export function cyclesAreBounded(description: Description): readonly Finding[] {
  if (description.deadlineMs !== null) return [];
  const next = unboundedMoves(description);
  const found: Finding[] = [];
  for (let cycle = cycleIn(next); cycle !== undefined; cycle = cycleIn(next)) {
    const [first = ''] = cycle;
    const one = cycle.length === 1 ? `'${first}'` : `'${first}' or another phase of the cycle`;
    found.push({
      name: 'swarm-cycle-unbounded',
      at: ['phases', first],
      message: `The process may go round for ever: ${[...cycle, first].join(' → ')}.`,
      suggestion: `Add maxTimes to ${one}, or a deadline to the whole process.`,
    });
    // with a bound there, others may remain
    next.delete(first);
  }
  return found;
}

/** A phase with `maxTimes` is left by its moves a bounded number of times; by its error, which the bound raises, without. */
function unboundedMoves(description: Description): Map<string, readonly string[]> {
  return new Map(
    phasesOf(description).map(([name, phase]) => {
      const endless = (move: Move): boolean => phase.maxTimes === null || move.kind === 'error';
      return [name, movesOf(name, phase).filter(endless).flatMap(targetsOf)];
    }),
  );
}

function cycleIn(next: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): readonly string[] | undefined => {
    if (path.includes(name)) return path.slice(path.indexOf(name));
    if (done.has(name)) return undefined;
    path.push(name);
    for (const to of next.get(name) ?? []) {
      const cycle = visit(to);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(name);
    return undefined;
  };
  for (const name of next.keys()) {
    const cycle = visit(name);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** nobody waits without a deadline */
export function hopsHaveDeadlines(description: Description): readonly Finding[] {
  if (description.deadlineMs !== null) return [];
  return phasesOf(description)
    .filter(([, phase]) => phase.deadlineMs === 'never')
    .map(([name, { at }]) => ({
      name: 'swarm-deadline-missing',
      at: ['phases', name, 'deadline'],
      message: `The hop to '${name}' has no deadline: when '${at}' is silent, all the others wait for ever.`,
      suggestion: 'Give the phase a deadline, or the whole process one.',
    }));
}

/** whoever takes an input is given it */
export function inputsAreGiven(description: Description): readonly Finding[] {
  const missing = (from: string, to: string, at: readonly string[], how: string): Finding[] => {
    const target = phaseOf(description, to);
    if (target === undefined || !target.takesInput) return [];
    const message = `'${to}' takes an input, and ${how} '${from}' gives it none.`;
    return [
      { name: 'swarm-input-wrong', at, message, suggestion: `Pass the value in state, and let '${to}' take no input.` },
    ];
  };
  return phasesOf(description).flatMap(([from, phase]) =>
    movesOf(from, phase).flatMap((move): Finding[] => {
      if (move.kind === 'hop') {
        const joins = phaseOf(description, move.to)?.join != null;
        return joins ? missing(from, move.to, ['phases', from, 'run', move.to], 'as a branch') : [];
      }
      if (move.kind === 'timeout') return missing(from, move.to, ['phases', from, 'onTimeout'], 'the deadline of');
      if (move.kind === 'error') return missing(from, move.to, ['phases', from, 'onError'], 'an error of');
      return targetsOf(move).flatMap((to) => missing(from, to, ['phases', from, 'run', to], `the ${move.kind} of`));
    }),
  );
}
