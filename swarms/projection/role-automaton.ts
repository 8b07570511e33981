// What one role knows of a process. It sees the hops that come to it, what its own phases do, and the ends that it is told
// of; all else happens behind its back. So its state is a set of what may be going on, and the smallest automaton over what
// it sees is its projection.

import { present } from '../../lib/assert.ts';
import type { Description } from '../description.ts';
import { endOf, phaseOf } from '../graph.ts';
import { maxSituations } from '../limits.ts';
import { endEvent, enterEvent, moveEvent, refusedEvent } from './events.ts';
import type { Space } from './markings.ts';

export interface RoleState {
  /** its phases that are active as far as it knows */
  readonly active: readonly string[];
  /** the end that it was told of */
  readonly told: string | null;
  /** the process may have ended without telling it */
  readonly mayBeOver: boolean;
  /** event → index of the next state */
  readonly on: ReadonlyMap<string, number>;
}

/** The first state is the one before anything has happened. */
export type RoleAutomaton = readonly RoleState[];

/** One way in which things may stand, as seen by nobody. */
interface Situation {
  readonly marking: number;
  /** hops to the role that are on their way, sorted */
  readonly coming: readonly string[];
  /** phases of the role that it works on, sorted */
  readonly own: readonly string[];
  readonly told: string | null;
}

interface Step {
  /** null where the role does not see it */
  readonly event: string | null;
  readonly to: Situation;
}

/** @returns undefined beyond `maxSituations` */
export function projectRole(description: Description, space: Space, role: string): RoleAutomaton | undefined {
  const states = determinize(new RoleWorld(description, space, role));
  return states === undefined ? undefined : smallest(states);
}

/** The process, with what one role sees of it. */
class RoleWorld {
  readonly #description: Description;
  readonly #space: Space;
  readonly #role: string;
  readonly #outgoing: ReadonlyMap<number, readonly Space['transitions'][number][]>;

  constructor(description: Description, space: Space, role: string) {
    this.#description = description;
    this.#space = space;
    this.#role = role;
    this.#outgoing = groupBy(space.transitions, (each) => each.from);
  }

  start(): Situation {
    const { start } = this.#description;
    return { marking: 0, coming: this.#isOwn(start) ? [start] : [], own: [], told: null };
  }

  isOver({ marking }: Situation): boolean {
    return this.#markingOf(marking).ended !== null;
  }

  stepsFrom(situation: Situation): readonly Step[] {
    const { marking, coming, own, told } = situation;
    const { active, ended } = this.#markingOf(marking);
    const steps: Step[] = [];
    for (const phase of coming) {
      const next = { ...situation, coming: coming.filter((each) => each !== phase) };
      // a hop into a branch that was closed is refused on arrival, and changes nothing
      if (active.includes(phase))
        steps.push({ event: enterEvent(phase), to: { ...next, own: [...own, phase].sort() } });
    }
    for (const phase of own) {
      if (!active.includes(phase))
        steps.push({ event: refusedEvent(phase), to: { ...situation, own: own.filter((each) => each !== phase) } });
    }
    if (ended !== null && told === null && this.#isTold(ended))
      steps.push({ event: endEvent(ended), to: { marking, coming: [], own: [], told: ended } });
    for (const { move, to, entered } of this.#outgoing.get(marking) ?? []) {
      const isOwn = this.#isOwn(move.from);
      // it cannot finish what has not come yet; others may finish it for the role only by its deadline
      if (isOwn && !own.includes(move.from) && move.kind !== 'timeout') continue;
      const left = this.#markingOf(to).active;
      const arriving = [
        ...coming.filter((each) => each !== move.from && left.includes(each)),
        ...entered.filter((each) => this.#isOwn(each)),
      ];
      const next = {
        marking: to,
        coming: [...new Set(arriving)].sort(),
        own: own.filter((each) => each !== move.from),
        told: null,
      };
      steps.push({ event: isOwn && own.includes(move.from) ? moveEvent(move) : null, to: next });
    }
    return steps;
  }

  #isOwn(phase: string): boolean {
    return phaseOf(this.#description, phase)?.at === this.#role;
  }

  /** the starter learns of every end */
  #isTold(end: string): boolean {
    const tell = endOf(this.#description, end)?.tell ?? 'all';
    return tell === 'all' || tell.includes(this.#role) || this.#isOwn(this.#description.start);
  }

  #markingOf(index: number): Space['markings'][number] {
    return present(this.#space.markings[index], 'transitions lead to markings');
  }
}

/** Sets of situations that the role cannot tell apart, until no new one comes. */
function determinize(world: RoleWorld): RoleState[] | undefined {
  const sets: (readonly Situation[])[] = [];
  const indexOf = new Map<string, number>();
  let total = 0;
  const add = (situations: readonly Situation[]): number => {
    const closed = closure(world, situations);
    total += closed.size;
    const key = [...closed.keys()].sort().join('\n');
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    indexOf.set(key, sets.length);
    return sets.push([...closed.values()]) - 1;
  };
  add([world.start()]);
  const states: RoleState[] = [];
  for (let i = 0; i < sets.length; i++) {
    if (total > maxSituations) return undefined;
    const situations = present(sets[i], 'it was added');
    const [first] = situations;
    const seen = situations.flatMap((each) => world.stepsFrom(each)).filter((step) => step.event !== null);
    const byEvent = groupBy(seen, (step) => step.event as string);
    const events = [...byEvent.keys()].sort();
    states.push({
      active: first?.own ?? [],
      told: first?.told ?? null,
      mayBeOver: situations.some((each) => world.isOver(each)),
      on: new Map(events.map((event) => [event, add((byEvent.get(event) ?? []).map((step) => step.to))])),
    });
  }
  return states;
}

/** and everything that may happen unseen */
function closure(world: RoleWorld, situations: readonly Situation[]): ReadonlyMap<string, Situation> {
  const found = new Map<string, Situation>();
  const open = [...situations];
  while (open.length > 0 && found.size <= maxSituations) {
    const situation = present(open.pop(), 'there is one');
    const key = JSON.stringify(situation);
    if (found.has(key)) continue;
    found.set(key, situation);
    for (const { event, to } of world.stepsFrom(situation)) if (event === null) open.push(to);
  }
  return found;
}

/** States that nothing tells apart become one (Moore's partition refinement). */
function smallest(states: readonly RoleState[]): RoleAutomaton {
  let block = states.map(({ active, told, mayBeOver }) => JSON.stringify([active, told, mayBeOver]));
  for (let blocks = 0; ; ) {
    const ids = new Map<string, number>();
    for (const each of block) if (!ids.has(each)) ids.set(each, ids.size);
    if (ids.size === blocks) break;
    blocks = ids.size;
    block = states.map(({ on }, i) => {
      const moves = [...on].map(([event, to]) => [event, ids.get(block[to] as string)]);
      return JSON.stringify([ids.get(block[i] as string), moves]);
    });
  }
  const order = [...new Set(block)];
  return order.map((each) => {
    const state = present(states[block.indexOf(each)], 'every block has a state');
    return { ...state, on: new Map([...state.on].map(([event, to]) => [event, order.indexOf(block[to] as string)])) };
  });
}

function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
