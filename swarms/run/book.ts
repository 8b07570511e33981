// What the records of an instance say about it: which phases run, which version of each variable each of them sees, what is
// to be undone, how it ended. The keeper and every party read the same records in the same order and so agree; a record
// that does not fit is refused and changes nothing.

import { present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, zeroHash } from '../../lib/hash.ts';
import { type Description, sees } from '../description.ts';
import { endOf, phaseOf } from '../graph.ts';
import { undoDeadlineMs } from './limits.ts';
import {
  decodeBody,
  type Letter,
  type Party,
  type Ruling,
  recordHash,
  type Start,
  type SwarmRecord,
  type Turn,
  type Undone,
} from './record.ts';
import { type Run, Tokens, type View } from './tokens.ts';

export type Life = 'running' | 'compensating' | 'completed' | 'failed' | 'cancelled';

/** Why an instance failed; the text of the cause is in the letters of `run` for the starter. */
export interface Failure {
  readonly code: string;
  readonly phase: string | null;
  readonly role: string | null;
  readonly run: number;
}

/** Why a record is refused: a row of lib/errors.ts, and what exactly. */
export interface RecordFault {
  readonly name: 'swarm-hop-late' | 'swarm-hop-forged' | 'swarm-hop-out-of-graph' | 'swarm-chain-broken';
  readonly detail: string;
}

/** One entry of the audit trail. */
export interface HopEntry {
  readonly phase: string;
  readonly role: string;
  readonly atMs: number;
  readonly hash: Hash;
  /** why it is none that the phase itself did */
  readonly fault: string | null;
}

/** What a run wrote, as its record holds it. */
export interface Writings {
  readonly shared: ReadonlyMap<string, Bytes>;
  readonly own: ReadonlySet<string>;
  readonly letters: readonly Letter[];
  readonly gives: boolean;
}

/** What was to be undone and was not. */
export interface NotUndone {
  readonly phase: string;
  readonly role: string;
  readonly code: string;
}

/** @returns whether the party of `role` signed */
export type Verify = (party: Party, kind: SwarmRecord['kind'], body: Bytes, signature: Bytes) => boolean;

export class Book {
  readonly description: Description;
  readonly descriptionHash: Hash;
  readonly #verify: Verify;
  #start: Start | undefined;
  #startedMs = 0;
  length = 0;
  head: Hash = zeroHash;
  lastMs = 0;
  life: Life = 'running';
  /** the end that was reached, where one was */
  end: string | null = null;
  failure: Failure | null = null;
  cancelReason: string | null = null;
  readonly hops: HopEntry[] = [];
  /** names of projection/events.ts */
  readonly moves: string[] = [];
  readonly notUndone: NotUndone[] = [];
  /** how many records each role must have by now */
  readonly owed = new Map<string, number>();
  readonly writings = new Map<number, Writings>();
  /** runs to undo, the next one first */
  #undoing: Run[] = [];
  #undoSinceMs = 0;
  #undoAfter: Hash = zeroHash;
  /** what the instance is when everything is undone */
  #then: Life = 'completed';
  readonly tokens: Tokens;

  constructor(description: Description, descriptionHash: Hash, verify: Verify) {
    this.description = description;
    this.descriptionHash = descriptionHash;
    this.#verify = verify;
    this.tokens = new Tokens(description, {
      owe: (role) => this.#owe(role),
      reached: (end) => this.#reach(end),
      failed: (failure) => this.#fail(failure),
      moved: (event) => this.moves.push(event),
    });
  }

  get start(): Start {
    return present(this.#start, 'the first record has been read');
  }

  get started(): boolean {
    return this.#start !== undefined;
  }

  get over(): boolean {
    return this.life !== 'running' && this.life !== 'compensating';
  }

  get starter(): Party {
    return this.partyOf(this.start.starter);
  }

  partyOf(role: string): Party {
    return present(
      this.start.parties.find((party) => party.role === role),
      'every role is bound',
    );
  }

  get undoing(): Run | undefined {
    return this.#undoing[0];
  }

  /** what the next undo is signed for */
  get undoAfter(): Hash {
    return this.#undoAfter;
  }

  /** the instant at which the keeper stops waiting for the undo that is due */
  get undoDueMs(): number {
    const deadline = this.undoing === undefined ? undefined : phaseOf(this.description, this.undoing.phase)?.deadlineMs;
    return this.#undoSinceMs + (typeof deadline === 'number' ? deadline : undoDeadlineMs);
  }

  /** null where it may take for ever */
  get dueMs(): number | null {
    return this.description.deadlineMs === null ? null : this.#startedMs + this.description.deadlineMs;
  }

  /** Reads the next record. @returns why not, and then nothing has changed */
  add(raw: Bytes, record: SwarmRecord): RecordFault | undefined {
    if (record.n !== this.length || record.before !== this.head)
      return { name: 'swarm-chain-broken', detail: `Record ${record.n} does not follow record ${this.length - 1}.` };
    if (record.atMs < this.lastMs) return { name: 'swarm-chain-broken', detail: 'Time goes backwards.' };
    const body = decodeBody(record.kind, record.body);
    if (body === undefined) return outOfGraph(`Record ${record.n} cannot be read.`);
    const hash = recordHash(raw);
    const step = (): void => {
      this.length++;
      this.head = hash;
      this.lastMs = record.atMs;
      this.tokens.now = { n: record.n, hash, atMs: record.atMs };
    };
    switch (body.kind) {
      case 'start':
        return this.#addStart(body.start, record, step);
      case 'turn':
        return this.#addTurn(body.turn, record, step);
      case 'undone':
        return this.#addUndone(body.undone, record, step);
      case 'ruling':
        return this.#addRuling(body.ruling, record, step);
    }
  }

  #addStart(start: Start, record: SwarmRecord, step: () => void): RecordFault | undefined {
    if (this.started) return outOfGraph('An instance starts once.');
    if (start.description !== this.descriptionHash) return outOfGraph('It is an instance of another description.');
    const roles = Object.keys(this.description.roles);
    const bound = start.parties.map(({ role }) => role);
    if (roles.length !== bound.length || !roles.every((role) => bound.includes(role)))
      return outOfGraph('It does not bind each role once.');
    if (phaseOf(this.description, this.description.start)?.at !== start.starter)
      return outOfGraph(`'${start.starter}' is not the role of the first phase.`);
    const starter = start.parties.find(({ role }) => role === start.starter);
    if (starter === undefined || !this.#verify(starter, record.kind, record.body, record.signature))
      return forged('The starter has not signed it.');
    step();
    this.#start = start;
    this.#startedMs = record.atMs;
    const given = start.letters.some(({ role }) => role === start.starter);
    this.writings.set(0, { shared: new Map(), own: new Set(), letters: start.letters, gives: given });
    this.tokens.begin(given);
    return undefined;
  }

  #addTurn(turn: Turn, record: SwarmRecord, step: () => void): RecordFault | undefined {
    const run = this.tokens.run(turn.run);
    const misplaced = this.#misplaced(turn, record, run?.openedHash);
    if (misplaced !== undefined) return misplaced;
    if (run === undefined || run.role !== turn.role) return outOfGraph(`'${turn.role}' has no run ${turn.run}.`);
    if (run.status !== 'active') return { name: 'swarm-hop-late', detail: `'${run.phase}' is ${run.status}.` };
    const fault = turn.fault === null ? this.#unfit(turn, run) : undefined;
    if (fault !== undefined) return outOfGraph(fault);
    step();
    this.#owe(run.role);
    this.#hop(run, turn.fault);
    const own = new Set(turn.own);
    const shared = new Map(turn.shared.map(({ name, value }) => [name, value]));
    this.writings.set(run.run, { shared, own, letters: turn.letters, gives: turn.gives });
    if (turn.fault !== null) this.tokens.leave(run, 'error', turn.fault);
    else this.tokens.go(run, turn, [...shared.keys(), ...turn.sealed, ...own]);
    return undefined;
  }

  /** Signed by another, for another instance, or for another moment of this one. */
  #misplaced(signed: Turn | Undone, record: SwarmRecord, after: Hash | undefined): RecordFault | undefined {
    if (!this.started) return outOfGraph('The instance has not started.');
    const party = this.start.parties.find(({ role }) => role === signed.role);
    if (party === undefined || !this.#verify(party, record.kind, record.body, record.signature))
      return forged(`It is not signed by the agent of '${signed.role}'.`);
    if (signed.instance !== this.start.instance || signed.description !== this.descriptionHash)
      return forged('It was signed for another instance.');
    if (after !== undefined && signed.after !== after) return outOfGraph('It follows another record.');
    return undefined;
  }

  /** @returns what a turn does that its phase may not, as a sentence */
  #unfit(turn: Turn, run: Run): string | undefined {
    const phase = present(phaseOf(this.description, run.phase), 'runs are of phases');
    const targets = turn.branches.length > 0 ? [...turn.branches.map(({ to }) => to), turn.to] : [turn.to];
    const stray = targets.find((to) => !phase.next.includes(to));
    if (stray !== undefined) return `'${run.phase}' does not go to '${stray}'.`;
    if (new Set(turn.branches.map(({ branch }) => branch)).size !== turn.branches.length)
      return 'Two branches share a name.';
    if (turn.branches.length > 0 && (phaseOf(this.description, turn.to)?.join ?? null) === null)
      return `'${turn.to}' does not join branches.`;
    return this.#badWritings(turn, run);
  }

  #badWritings(turn: Turn, run: Run): string | undefined {
    const is = (name: string, visibility: string): boolean => {
      const variable = Object.hasOwn(this.description.state, name) ? this.description.state[name] : undefined;
      return variable !== undefined && variable.visibility === visibility && sees(variable, run.role);
    };
    const bad =
      turn.shared.find(({ name }) => !is(name, 'shared'))?.name ??
      turn.sealed.find((name) => !is(name, 'between')) ??
      turn.own.find((name) => !is(name, 'only'));
    if (bad !== undefined) return `'${run.phase}' may not write '${bad}' so.`;
    const written = new Set([...turn.shared.map(({ name }) => name), ...turn.sealed, ...turn.own]);
    const unmerged = [...run.merges.keys()].find((name) => !written.has(name));
    if (unmerged !== undefined) return `'${run.phase}' does not merge '${unmerged}'.`;
    const readers = turn.sealed.flatMap((name) => this.description.state[name]?.readers ?? []);
    const missing = readers.find((role) => !turn.letters.some((letter) => letter.role === role));
    if (missing !== undefined) return `'${missing}' gets no letter of what it reads.`;
    return undefined;
  }

  #addUndone(undone: Undone, record: SwarmRecord, step: () => void): RecordFault | undefined {
    const run = this.undoing;
    const misplaced = this.#misplaced(undone, record, this.#undoAfter);
    if (misplaced !== undefined) return misplaced;
    if (run === undefined || run.run !== undone.run || run.role !== undone.role)
      return { name: 'swarm-hop-late', detail: `Run ${undone.run} is not to be undone now.` };
    step();
    this.#owe(run.role);
    this.#undone(run, undone.fault);
    return undefined;
  }

  #addRuling({ ruling, run: number, code }: Ruling, record: SwarmRecord, step: () => void): RecordFault | undefined {
    if (!this.started || this.over) return outOfGraph('Nothing is going on.');
    const run = this.tokens.run(number);
    switch (ruling) {
      case 'timeout':
        if (run?.status !== 'active' || run.dueMs === null || record.atMs < run.dueMs)
          return outOfGraph(`Run ${number} is not late.`);
        step();
        this.#hop(run, 'swarm-phase-late');
        this.#owe(run.role);
        this.tokens.leave(run, 'timeout', 'swarm-phase-late');
        return undefined;
      case 'unreachable':
        if (run?.status !== 'active') return outOfGraph(`Run ${number} is not active.`);
        step();
        this.#hop(run, code);
        this.tokens.leave(run, 'error', code);
        run.status = 'stopped'; // what it does all the same comes too late
        return undefined;
      case 'overdue':
        if (this.life !== 'running' || this.dueMs === null || record.atMs < this.dueMs)
          return outOfGraph('It is not late.');
        step();
        this.#fail({ code: 'swarm-deadline-passed', phase: null, role: null, run: 0 });
        return undefined;
      case 'too-long':
        if (this.life !== 'running') return outOfGraph('It is ending.');
        step();
        this.#fail({ code: 'swarm-too-many-hops', phase: null, role: null, run: 0 });
        return undefined;
      case 'cancelled':
        if (this.life !== 'running') return outOfGraph('It is ending.');
        step();
        this.cancelReason = code;
        this.moves.push('cancelled');
        this.#compensate('cancelled', true);
        return undefined;
      case 'undo-timeout':
        if (this.undoing === undefined || this.undoing.run !== number || record.atMs < this.undoDueMs)
          return outOfGraph(`The undo of run ${number} is not late.`);
        step();
        this.#undone(this.undoing, 'swarm-phase-late');
        return undefined;
    }
  }

  #hop(run: Run, fault: string | null): void {
    this.hops.push({ phase: run.phase, role: run.role, atMs: this.lastMs, hash: this.head, fault });
  }

  #reach(end: string): void {
    this.end = end;
    this.#compensate('completed', present(endOf(this.description, end), 'ends are reached').undo);
  }

  #fail(failure: Failure): void {
    this.failure = failure;
    this.moves.push('failed');
    this.#compensate('failed', true);
  }

  /** Everything stops; then what was done is undone, in reverse order. */
  #compensate(then: Life, undoes: boolean): void {
    this.tokens.stopAll();
    this.#then = then;
    const done = undoes ? this.tokens.done.map((run) => present(this.tokens.run(run), 'it was done')) : [];
    this.#undoing = done.filter((run) => this.hasUndo(run)).reverse();
    this.life = 'compensating';
    this.#nextUndo();
  }

  hasUndo(run: Run): boolean {
    return phaseOf(this.description, run.phase)?.undo === true;
  }

  #undone(run: Run, fault: string | null): void {
    if (fault !== null) this.notUndone.push({ phase: run.phase, role: run.role, code: fault });
    this.#undoing.shift();
    this.#nextUndo();
  }

  #nextUndo(): void {
    this.#undoSinceMs = this.lastMs;
    this.#undoAfter = this.head;
    const run = this.undoing;
    if (run !== undefined) return this.#owe(run.role);
    this.life = this.#then;
    for (const role of this.#told()) this.#owe(role);
  }

  /** Every role learns how it ended, unless the end says whom it tells; a failure is told to all. */
  #told(): readonly string[] {
    const tell =
      this.end === null || this.failure !== null ? 'all' : (endOf(this.description, this.end)?.tell ?? 'all');
    return tell === 'all' ? Object.keys(this.description.roles) : tell;
  }

  /** The role must have all records up to this one. */
  #owe(role: string): void {
    this.owed.set(role, this.length);
  }

  /** The version of each variable after the whole: what the last record of an ended instance leaves. */
  get view(): View {
    return this.tokens.lastView;
  }
}

const outOfGraph = (detail: string): RecordFault => ({ name: 'swarm-hop-out-of-graph', detail });
const forged = (detail: string): RecordFault => ({ name: 'swarm-hop-forged', detail });
