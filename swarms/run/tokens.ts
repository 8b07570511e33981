// Where an instance stands in its graph. A run is one activation of a phase; forks open branches, joins close them. Each run
// sees the versions of the variables that were written on its own way to it, whatever other branches do meanwhile: a
// version is the number of the run that wrote it.

import { present } from '../../lib/assert.ts';
import type { Hash } from '../../lib/hash.ts';
import { needed } from '../check/forks.ts';
import type { Description } from '../description.ts';
import { endOf, phaseOf } from '../graph.ts';
import { maxPhases } from '../limits.ts';
import type { Failure } from './book.ts';
import { maxRuns } from './limits.ts';
import type { Turn } from './record.ts';

/** variable → the run that wrote what one sees of it */
export type View = ReadonlyMap<string, number>;

/** `timed out` and `stopped`: what it does now comes too late. */
export type RunStatus = 'active' | 'done' | 'failed' | 'timed out' | 'stopped';

export interface Run {
  readonly run: number;
  readonly phase: string;
  readonly role: string;
  readonly openedHash: Hash;
  readonly dueMs: number | null;
  readonly view: View;
  /** variables that several branches wrote, with those runs in the order of the branches */
  readonly merges: ReadonlyMap<string, readonly number[]>;
  /** the run, or 0 for the start, whose letter holds its input */
  readonly given: number | null;
  readonly inside: readonly Inside[];
  /** written in this branch before it */
  readonly writes: View;
  status: RunStatus;
  /** what is seen after it */
  after: View;
}

interface Opening {
  readonly join: string;
  readonly branches: readonly string[];
  readonly view: View;
  readonly writes: View;
  readonly arrived: Map<string, View>;
  closed: boolean;
}

interface Inside {
  readonly opening: Opening;
  readonly branch: string;
}

interface Token {
  readonly inside: readonly Inside[];
  readonly writes: View;
  readonly view: View;
}

export interface TokenEvents {
  /** the role must learn of the record that is being read */
  owe(role: string): void;
  reached(end: string): void;
  failed(failure: Failure): void;
  /** a move of the description's machine (projection/events.ts) */
  moved(event: string): void;
}

export class Tokens {
  readonly #description: Description;
  readonly #events: TokenEvents;
  readonly #runs = new Map<number, Run>();
  readonly #visits = new Map<string, number>();
  readonly #active = new Set<Run>();
  #last = 0;
  #over = false;
  /** runs that took effect, in order */
  readonly done: number[] = [];
  lastView: View = new Map();
  /** the record that is being read */
  now: { readonly n: number; readonly hash: Hash; readonly atMs: number } = { n: 0, hash: '' as Hash, atMs: 0 };

  constructor(description: Description, events: TokenEvents) {
    this.#description = description;
    this.#events = events;
  }

  run(run: number): Run | undefined {
    return this.#runs.get(run);
  }

  get active(): Iterable<Run> {
    return this.#active;
  }

  begin(given: boolean): void {
    this.#enter(this.#description.start, { inside: [], writes: new Map(), view: new Map() }, given ? 0 : null, 0);
  }

  /** A phase has done what it does and goes on. */
  go(run: Run, turn: Turn, written: readonly string[]): void {
    run.status = 'done';
    this.#active.delete(run);
    this.done.push(run.run);
    const news = written.map((name) => [name, run.run] as const);
    const view = new Map([...run.view, ...news]);
    const writes = new Map([...run.writes, ...news]);
    run.after = view;
    this.lastView = new Map([...this.lastView, ...news]);
    if (turn.branches.length === 0) {
      this.#events.moved(`${run.phase}.${turn.to}`);
      this.#enter(turn.to, { inside: run.inside, writes, view }, turn.gives ? run.run : null, 0);
      return;
    }
    this.#events.moved(`${run.phase}.fork.${turn.to}`);
    const branches = turn.branches.map(({ branch }) => branch);
    const opening: Opening = { join: turn.to, branches, view, writes, arrived: new Map(), closed: false };
    for (const { branch, to } of turn.branches) {
      if (opening.closed || this.#over) break;
      this.#enter(to, { inside: [...run.inside, { opening, branch }], writes: new Map(), view }, null, 0);
    }
  }

  /** A phase has failed, or its time is over. */
  leave(run: Run, how: 'timeout' | 'error', code: string, depth = 0): void {
    run.status = how === 'timeout' ? 'timed out' : 'failed';
    this.#active.delete(run);
    const phase = present(phaseOf(this.#description, run.phase), 'runs are of phases');
    const to = how === 'timeout' ? phase.onTimeout : phase.onError;
    if (to === null || depth > maxPhases) {
      this.#events.failed({ code, phase: run.phase, role: run.role, run: run.run });
      return;
    }
    this.#events.moved(`${run.phase}.${how}`);
    this.#enter(to, run, null, depth + 1);
  }

  /** Nothing runs any more. */
  stopAll(): void {
    this.#over = true;
    for (const run of [...this.#active]) this.#stop(run);
  }

  #stop(run: Run): void {
    run.status = 'stopped';
    this.#active.delete(run);
    this.#events.owe(run.role);
  }

  #enter(to: string, token: Token, given: number | null, depth: number): void {
    if (endOf(this.#description, to) !== undefined) return this.#events.reached(to);
    const phase = present(phaseOf(this.#description, to), 'a checked description goes to phases that exist');
    const top = token.inside.at(-1);
    if (phase.join !== null && top?.opening.join === to) return this.#arrive(top, token, depth);
    this.#open(to, token, { given, merges: new Map(), depth });
  }

  #open(
    name: string,
    { inside, writes, view }: Token,
    how: { readonly given: number | null; readonly merges: Run['merges']; readonly depth: number },
  ): void {
    const phase = present(phaseOf(this.#description, name), 'only phases are opened');
    const run: Run = {
      run: ++this.#last,
      phase: name,
      role: phase.at,
      openedHash: this.now.hash,
      dueMs: phase.deadlineMs === 'never' ? null : this.now.atMs + phase.deadlineMs,
      view,
      merges: how.merges,
      given: how.given,
      inside,
      writes,
      status: 'active',
      after: view,
    };
    this.#runs.set(run.run, run);
    this.#active.add(run);
    const key = JSON.stringify([name, inside.map(({ branch }) => branch)]);
    const visits = (this.#visits.get(key) ?? 0) + 1;
    this.#visits.set(key, visits);
    if (run.run > maxRuns) {
      this.#events.failed({ code: 'swarm-too-many-hops', phase: name, role: phase.at, run: run.run });
    } else if (phase.maxTimes !== null && visits > phase.maxTimes) {
      this.leave(run, 'error', 'swarm-max-times', how.depth);
    } else this.#events.owe(phase.at);
  }

  #arrive({ opening, branch }: Inside, token: Token, depth: number): void {
    opening.arrived.set(branch, token.writes);
    const phase = present(phaseOf(this.#description, opening.join), 'a join is a phase');
    if (opening.arrived.size < needed(phase.join ?? 'all', opening.branches.length)) return;
    opening.closed = true;
    for (const run of [...this.#active]) if (run.inside.some((each) => each.opening.closed)) this.#stop(run);
    const view = new Map(opening.view);
    const writes = new Map(opening.writes);
    const writers = new Map<string, number[]>();
    for (const each of opening.branches) {
      for (const [name, run] of opening.arrived.get(each) ?? []) {
        const known = writers.get(name);
        if (known === undefined) writers.set(name, [run]);
        else known.push(run);
        view.set(name, run);
        writes.set(name, run);
      }
    }
    const merges = new Map([...writers].filter(([, runs]) => runs.length > 1));
    this.#open(opening.join, { inside: token.inside.slice(0, -1), writes, view }, { given: null, merges, depth });
  }
}
