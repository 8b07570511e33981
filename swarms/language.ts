// The language of choreographies. First the head, who takes part and who sees what; then the phases, each typed by the
// head: `swarm(name, { roles, state }).phases(start, { … })`. What the types cannot see, `psky check` does.

import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Ms } from '../lib/units.ts';
import type { Roles, Variable } from './parties.ts';
import type { AnyPhaseSpec, End, NoInput, Phase, PhaseSpec, Returned, TypedPhase } from './phases.ts';
import type { Hop, Step } from './steps.ts';

/** `market/purchase@1`: domain, name, version */
export type SwarmName = `${string}/${string}@${number}`;

export interface Head<R extends Roles, S> {
  /** who takes part, by name */
  readonly roles: R;
  /** the variables of the process, by name, each with who sees it */
  readonly state: S;
  /** of a whole instance, from its start; without one it may take as long as its phases allow */
  readonly deadline?: Ms;
}

type StateOf<Names extends string> = Readonly<Record<string, Variable<Names>>>;

/** A process among parties, ready to be checked, drawn and run. */
export interface Choreography<Input = unknown> {
  readonly name: string;
  readonly roles: Roles;
  readonly state: Readonly<Record<string, Variable>>;
  readonly deadline: Ms | undefined;
  readonly start: string;
  readonly phases: Readonly<Record<string, Phase | End>>;
  readonly [input]?: Input;
}
declare const input: unique symbol;

export interface Builder<R extends Roles, S> {
  /** a phase at one role: `p.at('buyer', { next: ['quote'], run: ({ go }) => go.quote() })` */
  at<
    const Name extends keyof R & string,
    const Next extends string,
    Out,
    Schema extends StandardSchemaV1 = NoInput,
    const Else extends string = never,
  >(
    role: Name,
    spec: PhaseSpec<S, R[Name], Name, Next, Out, Schema> & { readonly onTimeout?: Else; readonly onError?: Else },
  ): TypedPhase<Next | Else, Returned<R[Name], Out>, StandardSchemaV1.InferOutput<Schema>>;
  /** all phases and ends by name; the process begins at `start`, with the input of that phase */
  phases<P extends Readonly<Record<string, Phase | End>>, const Start extends keyof P & string>(
    start: Start,
    phases: P & Checked<P>,
  ): Choreography<InputOf<P[Start]>>;
}

/**
 * The head of a process: its name, who takes part, and who sees what.
 *
 * @param name domain, name and version, e.g. `market/purchase@1`
 * @returns what its phases are written with
 */
export function swarm<const R extends Roles, const S extends StateOf<keyof R & string>>(
  name: SwarmName,
  head: Head<R, S>,
): Builder<R, S> {
  const { roles, state, deadline } = head;
  return {
    at: (at, spec) => ({ kind: 'phase', at, spec: spec as unknown as AnyPhaseSpec }) as never,
    phases: (start, phases) => ({ name, roles, state, deadline, start, phases }),
  };
}

type InputOf<P> = P extends TypedPhase<string, unknown, infer Input> ? Input : undefined;

/** Each phase as it is, or a sentence about what is wrong with it, which the compiler then shows. */
type Checked<P> = {
  readonly [K in keyof P]: Problem<P, K> extends infer Text extends string ? IfNone<Text, P[K]> : never;
};
type IfNone<Text extends string, P> = [Text] extends [never] ? P : Text;

type Problem<P, K extends keyof P> =
  P[K] extends TypedPhase<infer Goes, infer Out, unknown>
    ? [Exclude<Goes, keyof P>] extends [never]
      ? [Out] extends [Step<Goes>]
        ? BadInput<P, K & string, Out>
        : BadReturn<K & string, Out>
      : `'${K & string}' goes to '${Exclude<Goes, keyof P>}', and there is no such phase`
    : never;

type BadReturn<K extends string, Out> = [Extract<Out, Promise<unknown>>] extends [never]
  ? `'${K}' does not always return where the process goes: return go.name()`
  : `'${K}' is on a chain, where nothing can be waited for`;

type BadInput<P, K extends string, Out> =
  Out extends Hop<infer To extends string, infer Given>
    ? To extends keyof P
      ? [Given] extends [InputOf<P[To]>]
        ? never
        : undefined extends InputOf<P[To]>
          ? `'${K}' gives '${To}' an input, and '${To}' takes none`
          : `'${K}' does not give '${To}' the input that it takes`
      : never
    : never;
