// How an instance ended, as its starter is told: the outcome or a typed error, what the starter sees of the state, and the
// audit trail.

import type { Bytes } from '../../lib/bytes.ts';
import { type ErrorName, errorRow, formatErrorCode, PskyError } from '../../lib/errors.ts';
import { isoTime } from '../../lib/iso-time.ts';
import type { Sealing, SealingKeys } from '../../lib/suites/sealing.ts';
import { endOf } from '../graph.ts';
import type { Failure, HopEntry, Life, NotUndone } from './book.ts';
import type { Instance } from './instance.ts';
import { type LetterText, openLetter } from './letter.ts';
import { readSource } from './phase-runner.ts';
import { finalValues } from './phase-task.ts';

/** One entry of the audit trail, as users see it. */
export interface Hop {
  readonly phase: string;
  readonly role: string;
  /** ISO 8601, by the keeper's clock */
  readonly at: string;
  readonly hash: string;
  /** the code of what it failed by; absent where it did what it does */
  readonly fault?: string;
}

/** What the starter gets where there is no outcome. */
export interface SwarmError {
  /** PSKY-nnnn */
  readonly code: string;
  readonly name: string;
  readonly phase: string | null;
  readonly role: string | null;
  readonly cause: string | null;
}

export interface Outcome extends Story {
  readonly life: 'completed' | 'failed' | 'cancelled';
  readonly end: string;
}

/** An instance at any moment. */
export interface Story {
  readonly instance: string;
  readonly life: Life;
  /** the outcome of the end that was reached; `failed` or `cancelled` where none was; null while it goes on */
  readonly end: string | null;
  readonly error: SwarmError | null;
  /** what the role of the starter sees */
  readonly state: Readonly<Record<string, unknown>>;
  readonly hops: readonly Hop[];
  readonly notUndone: readonly (Omit<NotUndone, 'code'> & { readonly code: string })[];
  /** of a W3C trace, 32 hex digits */
  readonly trace: string;
}

/** @param instance one that is over, and that this agent keeps */
export async function outcomeOf(instance: Instance, sealing: Sealing, keys: SealingKeys): Promise<Outcome> {
  return (await storyOf(instance, sealing, keys)) as Outcome;
}

/** @param instance one that has started; only its keeper's keys open the state */
export async function storyOf(instance: Instance, sealing: Sealing, keys: SealingKeys): Promise<Story> {
  const { book } = instance;
  const { life } = book;
  const reached = life === 'completed' ? (endOf(book.description, book.end ?? '')?.outcome ?? '') : life;
  return {
    instance: instance.options.id,
    life,
    end: book.over ? reached : null,
    error: await errorOf(instance, sealing, keys),
    state: await stateOf(instance, sealing, keys),
    hops: book.hops.map(hopOf),
    notUndone: book.notUndone.map(({ phase, role, code }) => ({ phase, role, code: codeOf(code) })),
    trace: book.start.trace,
  };
}

export function hopOf({ phase, role, atMs, hash, fault }: HopEntry): Hop {
  return { phase, role, at: isoTime(atMs), hash, ...(fault === null ? {} : { fault: codeOf(fault) }) };
}

const codeOf = (name: string): string => formatErrorCode(errorRow(name as ErrorName)?.code ?? 0);

async function errorOf(instance: Instance, sealing: Sealing, keys: SealingKeys): Promise<SwarmError | null> {
  const { book } = instance;
  if (book.cancelReason !== null)
    return {
      code: codeOf('swarm-cancelled'),
      name: 'swarm-cancelled',
      phase: null,
      role: null,
      cause: book.cancelReason,
    };
  if (book.failure === null) return null;
  const { code, phase, role } = book.failure;
  return { code: codeOf(code), name: code, phase, role, cause: await causeOf(instance, book.failure, sealing, keys) };
}

async function causeOf(
  instance: Instance,
  { run }: Failure,
  sealing: Sealing,
  keys: SealingKeys,
): Promise<string | null> {
  const role = instance.book.start.starter;
  const letter = instance.book.writings.get(run)?.letters.find((each) => each.role === role);
  if (letter === undefined) return null;
  const text = await openLetter(sealing, keys, letter.sealed, { instance: instance.options.id, run, role });
  return text?.cause ?? null;
}

async function stateOf(instance: Instance, sealing: Sealing, keys: SealingKeys): Promise<Outcome['state']> {
  const state: Record<string, unknown> = {};
  const opened = new Map<Bytes, LetterText>();
  for (const [name, source] of finalValues(instance)) {
    try {
      state[name] = await readSource({ sealing, keys }, name, source, opened);
    } catch (error) {
      // who wrote it sealed it badly, or the key was replaced: the outcome stands without it
      if (!(error instanceof PskyError)) throw error;
    }
  }
  return state;
}
