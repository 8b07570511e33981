// A reference interpreter of descriptions. It follows the model sentence by sentence and knows nothing of the checker's
// reasoning: tokens carry the forks that they are in and the values of the process, each sealed to its readers, and whatever
// a party could do a scheduler chooses. What must not happen is a violation; what every role has learned is judged at the end.

import type { Description, JoinNode, PhaseNode } from '../../../swarms/description.ts';
import { sees } from '../../../swarms/description.ts';
import type { Tape } from './tape.ts';

export interface Run {
  /** what went wrong, or undefined */
  readonly violation: string | undefined;
  /** the end that was reached, or why the instance failed */
  readonly ended: string;
  /** in the order in which things happened, by the names of projection/events.ts */
  readonly events: readonly string[];
  /** who made each event happen: a member within broadcasts, else '' */
  readonly members: readonly string[];
  /** active phases after each event */
  readonly active: readonly (readonly string[])[];
}

/** What was written once, wherever it is carried. */
interface Value {
  readonly of: string;
  readonly written: number;
}

/** by the name of the variable */
type Values = ReadonlyMap<string, Value>;

/** A fork or a broadcast that is open. */
interface Opening {
  readonly join: string;
  readonly count: number;
  /** whom a broadcast goes to; null of a fork */
  readonly group: string | null;
  /** what every branch began with */
  readonly before: Values;
  /** what the branches that have arrived bring */
  readonly arrived: Values[];
  closed: boolean;
}

/** A token is in it, as one of the members for a broadcast. */
interface Inside {
  readonly opening: Opening;
  readonly member: string;
}

interface Token {
  readonly phase: string;
  readonly inside: readonly Inside[];
  readonly values: Values;
}

class Violation extends Error {}

/** Is it one of the members whom a broadcast to the group has reached? */
const isMember = (group: string, inside: readonly Inside[]): boolean =>
  inside.some(({ opening }) => opening.group === group);

const memberOf = ({ inside }: Token): string => inside.map(({ member }) => member).join('/');

/** far more than bounded loops of a small process can take */
const maxSteps = 2_000;
/** of a group; more where a join waits for more, since no smaller group could be bound */
const members = 3;
/** steps that an instance with a deadline is given */
const deadlineSteps = 200;

/** @param stubborn every phase always does the same, so that loops without a bound never end */
export function walkOnce(description: Description, tape: Tape, stubborn: boolean): Run {
  const world = new World(description, tape, stubborn);
  try {
    const ended = world.run();
    return { violation: world.leak(), ended, ...world.history };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { violation: error.message, ended: '', ...world.history };
  }
}

class World {
  readonly history = { events: [] as string[], members: [] as string[], active: [] as (readonly string[])[] };
  readonly #description: Description;
  readonly #tape: Tape;
  readonly #stubborn: boolean;
  readonly #habits = new Map<string, number>();
  readonly #visits = new Map<string, number>();
  readonly #knowledge = new Map<string, Set<Value>>();
  #written = 0;
  #tokens: Token[] = [];
  #ended: string | undefined;

  constructor(description: Description, tape: Tape, stubborn: boolean) {
    this.#description = description;
    this.#tape = tape;
    this.#stubborn = stubborn;
  }

  run(): string {
    this.#enter(this.#description.start, { phase: '', inside: [], values: new Map() }, true);
    for (let steps = 0; this.#ended === undefined; steps++) {
      if (this.#tokens.length === 0) throw new Violation('deadlock: branches wait for others that cannot come');
      if (this.#description.deadlineMs !== null && steps > deadlineSteps) return 'failed: deadline';
      if (steps > maxSteps) throw new Violation('endless: the process goes round for ever');
      this.#step(this.#tape.pick(this.#tokens));
    }
    return this.#ended;
  }

  #phaseOf(name: string): PhaseNode {
    const node = this.#description.phases[name];
    if (node?.kind !== 'phase') throw new Violation(`${name} is no phase`);
    return node;
  }

  /** One party acts, throws, or keeps silent. */
  #step(token: Token): void {
    const phase = this.#phaseOf(token.phase);
    this.#tokens = this.#tokens.filter((each) => each !== token);
    const key = `${token.phase} ${memberOf(token)}`;
    const visits = (this.#visits.get(key) ?? 0) + 1;
    this.#visits.set(key, visits);
    if (phase.maxTimes !== null && visits > phase.maxTimes) return this.#leave(token, phase.onError, 'error');
    const fate = this.#choose(`fate of ${token.phase}`, 12);
    if (fate === 11) return this.#keepSilent(token, phase);
    if (fate === 10) return this.#leave(token, phase.onError, 'error');
    this.#act(token, phase);
  }

  #keepSilent(token: Token, phase: PhaseNode): void {
    if (phase.deadlineMs !== 'never') return this.#leave(token, phase.onTimeout, 'timeout');
    if (this.#description.deadlineMs === null) throw new Violation(`hang: ${token.phase} is silent and nobody minds`);
    this.#ended = 'failed: deadline';
    this.#note('failed', token);
  }

  #leave(token: Token, to: string | null, how: 'timeout' | 'error'): void {
    if (to === null) {
      this.#ended = `failed: ${how} in ${token.phase}`;
      this.#note('failed', token);
      return;
    }
    this.#enter(to, token, false);
    this.#note(`${token.phase}.${how}`, token);
  }

  #act(token: Token, phase: PhaseNode): void {
    const { body } = phase;
    if (body === null) throw new Error('random descriptions have bodies');
    for (const variable of body.reads) this.#read(phase.at, token.values.get(variable) ?? this.#value(variable));
    const written = body.writes.map((variable) => [variable, this.#value(variable)] as const);
    for (const [, value] of written) this.#learn(phase.at, value);
    const after = { ...token, values: new Map([...token.values, ...written]) };
    const choices = [...body.hops.map((to) => ({ to })), ...body.forks, ...body.broadcasts];
    if (choices.length === 0) throw new Violation(`nowhere: ${token.phase} has nowhere to go`);
    const choice = choices[this.#choose(`way of ${token.phase}`, choices.length)] as (typeof choices)[number];
    if ('branches' in choice) this.#fork(after, choice.branches, choice.join);
    else if ('join' in choice) this.#broadcast(after, choice.to, choice.join);
    else {
      this.#declared(token.phase, choice.to);
      this.#enter(choice.to, after, true);
      this.#note(`${token.phase}.${choice.to}`, token);
    }
  }

  #fork(token: Token, branches: Readonly<Record<string, string>>, join: string): void {
    const opening = this.#open(join, Object.keys(branches).length, null, token.values);
    for (const to of Object.values(branches)) {
      this.#declared(token.phase, to);
      const branch = { ...token, inside: [...token.inside, { opening, member: '' }] };
      if (this.#ended === undefined && !opening.closed) this.#enter(to, branch, false);
    }
    this.#note(`${token.phase}.fork.${join}`, token);
  }

  #broadcast(token: Token, to: string, join: string): void {
    const { at } = this.#phaseOf(to);
    if (this.#description.roles[at]?.kind !== 'group') throw new Violation(`${token.phase} broadcasts to one party`);
    const rule = this.#phaseOf(join).join;
    const count = Math.max(members, typeof rule === 'object' && rule !== null ? rule.atLeast : 0);
    const opening = this.#open(join, count, at, token.values);
    for (let i = 0; i < count; i++) {
      const one = { ...token, inside: [...token.inside, { opening, member: String(i) }] };
      if (this.#ended === undefined && !opening.closed) this.#enter(to, one, false);
    }
    this.#note(`${token.phase}.broadcast.${join}`, token);
  }

  #open(join: string, count: number, group: string | null, before: Values): Opening {
    return { join, count, group, before, arrived: [], closed: false };
  }

  #declared(from: string, to: string): void {
    if (!this.#phaseOf(from).next.includes(to))
      throw new Violation(`the hop from ${from} to ${to} is refused: not declared`);
  }

  /** @param gives a plain hop carries an input */
  #enter(to: string, token: Token, gives: boolean): void {
    const node = Object.hasOwn(this.#description.phases, to) ? this.#description.phases[to] : undefined;
    if (node === undefined) throw new Violation(`lost: there is no phase ${to}`);
    if (node.kind === 'end') {
      this.#ended = to;
      this.#tokens = [];
      return;
    }
    const role = this.#description.roles[node.at];
    if (role === undefined) throw new Violation(`lost: nobody is ${node.at}`);
    if (role.kind === 'group' && !isMember(node.at, token.inside) && node.join === null)
      throw new Violation(`nobody knows which member of ${node.at} is to do ${to}`);
    const top = token.inside.at(-1)?.opening;
    if (node.join !== null) return this.#arrive(to, node.join, token, top);
    if (top?.join === to) throw new Violation(`the branches meet at ${to}, which runs for each of them`);
    if (node.takesInput && !gives) throw new Violation(`${to} is given no input`);
    this.#start({ ...token, phase: to });
  }

  #arrive(to: string, rule: JoinNode, token: Token, top: Opening | undefined): void {
    if (top === undefined || top.join !== to) throw new Violation(`${to} joins branches of which this is none`);
    if (this.#phaseOf(to).takesInput) throw new Violation(`${to} is given no input`);
    const { merges, at } = this.#phaseOf(to);
    const isNew = (value: Value): boolean => top.before.get(value.of) !== value;
    for (const value of [...token.values.values()].filter(isNew)) {
      const others = top.arrived.filter(
        (values) => values.has(value.of) && values.get(value.of) !== top.before.get(value.of),
      );
      if (others.length > 0 && !merges.includes(value.of))
        throw new Violation(`lost update: two branches that meet at ${to} wrote ${value.of}`);
    }
    top.arrived.push(token.values);
    const need = rule === 'all' ? top.count : rule === 'any' ? 1 : rule.atLeast;
    if (top.arrived.length < need) return;
    top.closed = true;
    this.#tokens = this.#tokens.filter((each) => !each.inside.some(({ opening }) => opening.closed));
    const brought = top.arrived.flatMap((values) => [...values.values()].filter(isNew));
    const merged = merges.map((variable) => {
      // whoever merges reads what every branch wrote, and writes one value out of them
      for (const value of brought.filter((each) => each.of === variable)) this.#read(at, value);
      const one = this.#value(variable);
      this.#learn(at, one);
      return one;
    });
    const values = new Map([...top.before, ...[...brought, ...merged].map((each) => [each.of, each] as const)]);
    const inside = token.inside.slice(0, -1);
    if (this.#description.roles[at]?.kind === 'group' && !isMember(at, inside))
      throw new Violation(`nobody knows which member of ${at} is to do ${to}`);
    this.#start({ phase: to, inside, values });
  }

  #start(token: Token): void {
    if (this.#tokens.some((each) => each.phase === token.phase && memberOf(each) === memberOf(token)))
      throw new Violation(`${token.phase} is active twice`);
    this.#tokens.push(token);
  }

  #value(of: string): Value {
    return { of, written: this.#written++ };
  }

  /** What is sealed to others cannot be opened: the phase would stand there without its value. */
  #read(role: string, value: Value): void {
    const declared = this.#description.state[value.of];
    if (declared === undefined || !sees(declared, role)) throw new Violation(`sealed: ${role} cannot open ${value.of}`);
    this.#learn(role, value);
  }

  #learn(role: string, value: Value): void {
    const known = this.#knowledge.get(role) ?? new Set<Value>();
    this.#knowledge.set(role, known.add(value));
  }

  /** @returns a value that a role has come to know and may not see */
  leak(): string | undefined {
    for (const [role, values] of this.#knowledge) {
      for (const { of } of values) {
        const declared = this.#description.state[of];
        const readers = declared?.visibility === 'shared' ? [role] : (declared?.readers ?? []);
        if (!readers.includes(role)) return `leak: ${role} knows a value of ${of}`;
      }
    }
    return undefined;
  }

  #choose(what: string, bound: number): number {
    const chosen = this.#stubborn ? (this.#habits.get(what) ?? this.#tape.below(bound)) : this.#tape.below(bound);
    this.#habits.set(what, chosen);
    return chosen;
  }

  #note(event: string, by: Token): void {
    this.history.events.push(event);
    this.history.members.push(memberOf(by));
    this.history.active.push(this.#ended === undefined ? this.#tokens.map((each) => each.phase).sort() : []);
  }
}
