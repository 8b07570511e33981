// What a phase is given to run, gathered from the chain at one moment: the chain may grow while the phase runs.

import { present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { sees } from '../description.ts';
import type { Instance } from './instance.ts';
import type { LetterPlace } from './letter.ts';
import type { Party, Turn } from './record.ts';
import type { View } from './tokens.ts';

/** Where a value is read from. */
export type Source =
  | { readonly from: 'shared'; readonly value: Bytes }
  | { readonly from: 'letter'; readonly sealed: Bytes; readonly place: LetterPlace };

export interface PhaseTask {
  readonly instance: string;
  readonly description: Hash;
  readonly run: number;
  readonly phase: string;
  readonly role: string;
  /** the record that the result follows */
  readonly after: Hash;
  readonly starter: string;
  readonly parties: readonly Party[];
  /** of the variables that the role sees and that have been written */
  readonly values: ReadonlyMap<string, Source>;
  /** of those that several branches wrote, in the order of the branches */
  readonly merges: ReadonlyMap<string, readonly Source[]>;
  /** the letter that holds the input */
  readonly given: Source | null;
}

export function taskOf(instance: Instance, number: number): PhaseTask {
  const run = present(instance.book.tokens.run(number), 'the chain knows the runs of a party');
  const sources = new Sources(instance, run.role);
  return {
    ...placeOf(instance, number, run),
    after: run.openedHash,
    values: sources.ofView(run.view),
    merges: new Map([...run.merges].map(([name, runs]) => [name, runs.map((each) => sources.of(name, each))])),
    given: run.given === null ? null : sources.letterOf(run.given),
  };
}

/** @param turn what the run did, where the chain does not hold it */
export function undoTaskOf(instance: Instance, number: number, turn?: Turn): PhaseTask {
  const run = present(instance.book.tokens.run(number), 'the chain knows the runs of a party');
  const sources = new Sources(instance, run.role);
  const values = sources.ofView(run.after);
  if (turn !== undefined) for (const [name, source] of sources.ofTurn(turn)) values.set(name, source);
  return { ...placeOf(instance, number, run), after: instance.book.undoAfter, values, merges: new Map(), given: null };
}

/** What the starter sees when it is over. */
export function finalValues(instance: Instance): ReadonlyMap<string, Source> {
  return new Sources(instance, instance.book.start.starter).ofView(instance.book.view);
}

function placeOf({ book }: Instance, run: number, { phase, role }: { readonly phase: string; readonly role: string }) {
  const { instance, starter, parties } = book.start;
  return { instance, description: book.descriptionHash, run, phase, role, starter, parties };
}

class Sources {
  readonly #instance: Instance;
  readonly #role: string;

  constructor(instance: Instance, role: string) {
    this.#instance = instance;
    this.#role = role;
  }

  ofView(view: View): Map<string, Source> {
    const { state } = this.#instance.book.description;
    return new Map(
      [...view].flatMap(([name, run]) => {
        const variable = state[name];
        return variable !== undefined && sees(variable, this.#role) ? [[name, this.of(name, run)] as const] : [];
      }),
    );
  }

  of(name: string, run: number): Source {
    const writings = present(this.#instance.book.writings.get(run), 'who wrote a variable has a turn');
    const value = writings.shared.get(name);
    if (value !== undefined) return { from: 'shared', value };
    return writings.own.has(name) ? this.#ownLetter(run) : this.letterOf(run);
  }

  letterOf(run: number): Source {
    const letters = this.#instance.book.writings.get(run)?.letters ?? [];
    const letter = letters.find(({ role }) => role === this.#role);
    return { from: 'letter', sealed: letter?.sealed ?? new Uint8Array(0), place: this.#placeOf(run) };
  }

  ofTurn(turn: Turn): readonly (readonly [string, Source])[] {
    const letter = turn.letters.find(({ role }) => role === this.#role);
    const sealed: Source = {
      from: 'letter',
      sealed: letter?.sealed ?? new Uint8Array(0),
      place: this.#placeOf(turn.run),
    };
    return [
      ...turn.shared.map(({ name, value }) => [name, { from: 'shared', value } as const] as const),
      ...turn.sealed.map((name) => [name, sealed] as const),
      ...turn.own.map((name) => [name, this.#ownLetter(turn.run)] as const),
    ];
  }

  #ownLetter(run: number): Source {
    const sealed = this.#instance.ownLetters.get(run) ?? new Uint8Array(0);
    return { from: 'letter', sealed, place: { ...this.#placeOf(run), role: ownPlace(this.#role) } };
  }

  #placeOf(run: number): LetterPlace {
    return { instance: this.#instance.options.id, run, role: this.#role };
  }
}

/** A letter that a role keeps for itself is none that is sent to it. */
export const ownPlace = (role: string): string => `${role}, own`;
