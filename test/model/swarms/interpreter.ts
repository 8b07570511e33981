// A reference interpreter of descriptions. It follows the model sentence by sentence and knows nothing of the checker's
// reasoning: tokens carry the forks that they are in, and whatever a party could do a scheduler chooses. What must not
// happen is a violation.

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
  /** active phases after each event */
  readonly active: readonly (readonly string[])[];
}

/** A fork or a broadcast that is open. */
interface Opening {
  readonly join: string;
  readonly count: number;
  /** written in the branch around it, before it was opened */
  readonly before: ReadonlySet<string>;
  /** writes of the branches that have arrived */
  readonly arrived: ReadonlySet<string>[];
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
  /** written since the innermost fork */
  readonly writes: ReadonlySet<string>;
}

class Violation extends Error {}

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
    return { violation: undefined, ended, events: world.events, active: world.activeAfter };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { violation: error.message, ended: '', events: world.events, active: world.activeAfter };
  }
}

class World {
  readonly events: string[] = [];
  readonly activeAfter: (readonly string[])[] = [];
  readonly #description: Description;
  readonly #tape: Tape;
  readonly #stubborn: boolean;
  readonly #habits = new Map<string, number>();
  readonly #visits = new Map<string, number>();
  #tokens: Token[] = [];
  #ended: string | undefined;

  constructor(description: Description, tape: Tape, stubborn: boolean) {
    this.#description = description;
    this.#tape = tape;
    this.#stubborn = stubborn;
  }

  run(): string {
    this.#enter(this.#description.start, { phase: '', inside: [], writes: new Set() }, true);
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
    this.#note('failed');
  }

  #leave(token: Token, to: string | null, how: 'timeout' | 'error'): void {
    if (to === null) {
      this.#ended = `failed: ${how} in ${token.phase}`;
      this.#note('failed');
      return;
    }
    this.#enter(to, token, false);
    this.#note(`${token.phase}.${how}`);
  }

  #act(token: Token, phase: PhaseNode): void {
    const { body } = phase;
    if (body === null) throw new Error('random descriptions have bodies');
    for (const variable of body.reads) this.#learn(phase.at, variable);
    for (const variable of body.writes) this.#learn(phase.at, variable);
    const after = { ...token, writes: new Set([...token.writes, ...body.writes]) };
    const choices = [...body.hops.map((to) => ({ to })), ...body.forks, ...body.broadcasts];
    if (choices.length === 0) throw new Violation(`nowhere: ${token.phase} has nowhere to go`);
    const choice = choices[this.#choose(`way of ${token.phase}`, choices.length)] as (typeof choices)[number];
    if ('branches' in choice) this.#fork(after, choice.branches, choice.join);
    else if ('join' in choice) this.#broadcast(after, choice.to, choice.join);
    else {
      this.#declared(token.phase, choice.to);
      this.#enter(choice.to, after, true);
      this.#note(`${token.phase}.${choice.to}`);
    }
  }

  #fork(token: Token, branches: Readonly<Record<string, string>>, join: string): void {
    const opening = this.#open(join, Object.keys(branches).length, token.writes);
    for (const to of Object.values(branches)) {
      this.#declared(token.phase, to);
      const branch = { ...token, inside: [...token.inside, { opening, member: '' }], writes: new Set<string>() };
      if (this.#ended === undefined && !opening.closed) this.#enter(to, branch, false);
    }
    this.#note(`${token.phase}.fork.${join}`);
  }

  #broadcast(token: Token, to: string, join: string): void {
    const role = this.#description.roles[this.#phaseOf(to).at];
    if (role?.kind !== 'group') throw new Violation(`${token.phase} broadcasts to one party`);
    const rule = this.#phaseOf(join).join;
    const count = Math.max(members, typeof rule === 'object' && rule !== null ? rule.atLeast : 0);
    const opening = this.#open(join, count, token.writes);
    for (let i = 0; i < count; i++) {
      const one = { ...token, inside: [...token.inside, { opening, member: String(i) }], writes: new Set<string>() };
      if (this.#ended === undefined && !opening.closed) this.#enter(to, one, false);
    }
    this.#note(`${token.phase}.broadcast.${join}`);
  }

  #open(join: string, count: number, before: ReadonlySet<string>): Opening {
    return { join, count, before, arrived: [], closed: false };
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
    if (this.#description.roles[node.at] === undefined) throw new Violation(`lost: nobody is ${node.at}`);
    const top = token.inside.at(-1)?.opening;
    if (node.join !== null) return this.#arrive(to, node.join, token, top);
    if (top?.join === to) throw new Violation(`the branches meet at ${to}, which runs for each of them`);
    if (node.takesInput && !gives) throw new Violation(`${to} is given no input`);
    this.#start({ ...token, phase: to });
  }

  #arrive(to: string, rule: JoinNode, token: Token, top: Opening | undefined): void {
    if (top === undefined || top.join !== to) throw new Violation(`${to} joins branches of which this is none`);
    if (this.#phaseOf(to).takesInput) throw new Violation(`${to} is given no input`);
    const { merges } = this.#phaseOf(to);
    for (const variable of token.writes) {
      if (top.arrived.some((writes) => writes.has(variable)) && !merges.includes(variable))
        throw new Violation(`lost update: two branches that meet at ${to} wrote ${variable}`);
    }
    top.arrived.push(token.writes);
    const need = rule === 'all' ? top.count : rule === 'any' ? 1 : rule.atLeast;
    if (top.arrived.length < need) return;
    top.closed = true;
    for (const variable of merges) this.#learn(this.#phaseOf(to).at, variable);
    this.#tokens = this.#tokens.filter((each) => !each.inside.some(({ opening }) => opening.closed));
    // what the branches wrote counts as written by the branch around them
    const writes = new Set([...top.before, ...top.arrived.flatMap((each) => [...each])]);
    this.#start({ phase: to, inside: token.inside.slice(0, -1), writes });
  }

  #start(token: Token): void {
    if (this.#tokens.some((each) => each.phase === token.phase && memberOf(each) === memberOf(token)))
      throw new Violation(`${token.phase} is active twice`);
    this.#tokens.push(token);
  }

  /** A value of the variable reaches the role. */
  #learn(role: string, variable: string): void {
    const declared = this.#description.state[variable];
    if (declared === undefined || !sees(declared, role)) throw new Violation(`leak: ${role} learns ${variable}`);
  }

  #choose(what: string, bound: number): number {
    const chosen = this.#stubborn ? (this.#habits.get(what) ?? this.#tape.below(bound)) : this.#tape.below(bound);
    this.#habits.set(what, chosen);
    return chosen;
  }

  #note(event: string): void {
    this.events.push(event);
    this.activeAfter.push(this.#ended === undefined ? this.#tokens.map((each) => each.phase).sort() : []);
  }
}
