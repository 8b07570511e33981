// Code of an agent's owner that looks at the phases which the agent runs: before one, where it may refuse it, and after one.
// It is no part of the description and changes nothing: it sees copies of what the role sees, so what the check says of a
// process holds with it as without it. A refusal is to the process as if the phase had thrown.

import type { Bytes } from '../../lib/bytes.ts';
import { type ErrorName, errorRow, formatErrorCode, PskyError } from '../../lib/errors.ts';
import { maxInterceptors, maxPatternLength } from './limits.ts';
import { decodeValue } from './values.ts';

/** In patterns `*` stands for any characters, also for none. Where nothing is said, everything is meant. */
interface Where {
  /** e.g. `market/*`, of `market/purchase@1` */
  readonly swarm?: string;
  readonly role?: string;
  readonly phase?: string;
}

export type Interceptor = Where &
  (
    | {
        readonly when: 'before';
        /** What it throws refuses the phase: the process goes to `onError`, or fails. */
        readonly run: (seen: PhaseSeen) => void | Promise<void>;
      }
    | {
        readonly when: 'after';
        /** What it throws fails the phase, though the phase has done what it does. */
        readonly run: (seen: PhaseSeen & { readonly result: PhaseVerdict }) => void | Promise<void>;
      }
  );

/** A phase as an interceptor sees it. */
export interface PhaseSeen {
  readonly instance: string;
  /** `market/purchase@1` */
  readonly swarm: string;
  readonly phase: string;
  readonly role: string;
  /** the same each time this run of the phase is tried again */
  readonly key: string;
  /** what the role sees: before the phase, or after it; a copy */
  readonly state: Readonly<Record<string, unknown>>;
  /** what the phase is given, before its schema has read it; a copy */
  readonly input: unknown;
}

/** Where the process goes, to several phases where it forks; or what the phase failed by. */
export type PhaseVerdict =
  | { readonly to: readonly string[] }
  | { readonly code: string; readonly name: string; readonly cause: string };

const isOf = <When extends Interceptor['when']>(
  when: When,
  each: Interceptor,
): each is Extract<Interceptor, { when: When }> => each.when === when;

/** Those of an agent, in the order in which they were added. Agents of one owner may share them. */
export class Interceptors {
  readonly #all = new Set<{ readonly interceptor: Interceptor }>();

  /** @throws PskyError where one cannot be used */
  constructor(interceptors: readonly Interceptor[] = []) {
    for (const interceptor of interceptors) this.add(interceptor);
  }

  /**
   * @returns removes it: from then on it is not called
   * @throws PskyError where it cannot be used, or there are too many
   */
  add(interceptor: Interceptor): () => void {
    const fault = faultOf(interceptor);
    if (fault !== undefined) throw new PskyError('swarm-interceptor-unusable', fault);
    if (this.#all.size >= maxInterceptors)
      throw new PskyError('swarm-interceptor-unusable', `An agent has ${maxInterceptors} at most.`);
    const entry = { interceptor };
    this.#all.add(entry);
    return () => void this.#all.delete(entry);
  }

  /** Before a phase in the order in which they were added, after it the other way round. */
  of<When extends Interceptor['when']>(
    when: When,
    { swarm, role, phase }: Pick<PhaseSeen, 'swarm' | 'role' | 'phase'>,
  ): readonly Extract<Interceptor, { when: When }>[] {
    const fits = (pattern: string | undefined, name: string): boolean =>
      pattern === undefined || matches(pattern, name);
    const found = [...this.#all]
      .map(({ interceptor }) => interceptor)
      .filter((each) => isOf(when, each))
      .filter((each) => fits(each.swarm, swarm) && fits(each.role, role) && fits(each.phase, phase));
    return when === 'before' ? found : found.reverse();
  }
}

/** What the interceptors of an agent see of one run of a phase. */
export class PhaseWatch {
  readonly #interceptors: Interceptors;
  readonly #place: Omit<PhaseSeen, 'state' | 'input'>;
  #state: ReadonlyMap<string, Bytes> = new Map();
  #given: Bytes | null = null;

  constructor(interceptors: Interceptors, place: Omit<PhaseSeen, 'state' | 'input'>) {
    this.#interceptors = interceptors;
    this.#place = place;
  }

  /** @throws PskyError where one refuses the phase; those behind it are not asked */
  async before(state: ReadonlyMap<string, Bytes>, given: Bytes | null): Promise<void> {
    this.#state = new Map(state);
    this.#given = given;
    for (const { run } of this.#interceptors.of('before', this.#place)) {
      try {
        await run(this.#seen());
      } catch (error) {
        throw new PskyError('swarm-phase-refused', textOf(error));
      }
    }
  }

  wrote(written: readonly { readonly name: string; readonly value: Bytes }[]): void {
    this.#state = new Map([...this.#state, ...written.map(({ name, value }) => [name, value] as const)]);
  }

  /** @returns what those said that threw; all are called */
  async after(result: PhaseVerdict): Promise<string | undefined> {
    const said: string[] = [];
    for (const { run } of this.#interceptors.of('after', this.#place)) {
      try {
        await run({ ...this.#seen(), result });
      } catch (error) {
        said.push(textOf(error));
      }
    }
    return said.length === 0 ? undefined : said.join(' ');
  }

  /** Anew for each: what one does to its copy no other sees. */
  #seen(): PhaseSeen {
    const state = [...this.#state].map(([name, value]) => [name, decodeValue(value)?.value] as const);
    const input = this.#given === null ? undefined : decodeValue(this.#given)?.value;
    return { ...this.#place, state: Object.fromEntries(state), input };
  }
}

export function failureVerdict(error: unknown): PhaseVerdict {
  const name: ErrorName = error instanceof PskyError ? (error.row.name as ErrorName) : 'swarm-phase-threw';
  return { code: formatErrorCode(errorRow(name).code), name, cause: textOf(error) };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** For JavaScript, too. @returns what is wrong with it, as a sentence */
function faultOf(interceptor: unknown): string | undefined {
  if (typeof interceptor !== 'object' || interceptor === null) return 'It is no object.';
  const { when, run, swarm, role, phase } = interceptor as Readonly<Record<string, unknown>>;
  if (when !== 'before' && when !== 'after') return "Its 'when' is neither before nor after.";
  if (typeof run !== 'function') return "Its 'run' is no function.";
  for (const [name, pattern] of Object.entries({ swarm, role, phase })) {
    if (pattern === undefined) continue;
    if (typeof pattern !== 'string' || pattern === '' || pattern.length > maxPatternLength)
      return `Its '${name}' is no text of 1 to ${maxPatternLength} characters.`;
  }
  return undefined;
}

/** In one pass: no pattern takes longer than its length times the name's. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
