// What a phase says of itself, and what it may touch while it runs. The types are exact per phase: `state` holds what its
// role sees, `go` what it declared as successors, `agent`, `client` or `ledger` what its party brings.

import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Ms } from '../lib/units.ts';
import type { ChainRole, Partner, SeenBy, ValueOf, View } from './parties.ts';
import type { Go } from './steps.ts';

/** `deadline: never`: nobody waits impatiently. Allowed where the whole process has a deadline. */
export const never = 'never';

/** How many branches, or members of a group, must have arrived before the phase runs. */
export type JoinRule = 'all' | 'any' | AtLeast;
export interface AtLeast {
  readonly atLeast: number;
}
/** `join: atLeast(2)`: so many of the branches, or of the members. */
export const atLeast = (count: number): AtLeast => ({ atLeast: count });

/** What a phase sees while it runs. */
export type Turn<State, Role, Name extends string, Next extends string, Input> = {
  /** the variables that the role sees; what is assigned travels on, sealed to those who may see it */
  // written out, so that the compiler's messages list the variables
  readonly state: {
    -readonly [K in keyof State as SeenBy<State[K], Name> extends true ? K : never]: ValueOf<State[K]>;
  };
  /** what the phase was given */
  readonly input: Input;
  /** the successors that the phase declares in `next`, each as a function */
  readonly go: Go<Next>;
} & Partner<Role>;

export type UndoTurn<State, Role, Name extends string> = { readonly state: View<State, Name> } & Partner<Role>;

/** What a phase gives when it is done. Those on a chain are synchronous: every validator executes them alike. */
export type Returned<Role, Out> = Role extends ChainRole<unknown> ? Out : Awaited<Out>;

export interface PhaseSpec<
  State,
  Role,
  Name extends string,
  Next extends string,
  Out,
  Schema extends StandardSchemaV1,
> {
  /** what the phase is given by the one that goes to it, or by the starter */
  readonly input?: Schema;
  /** every phase that this one may go to */
  readonly next: readonly Next[];
  /** what the phase does; it returns where the process goes */
  readonly run: (turn: Turn<State, Role, Name, Next, StandardSchemaV1.InferOutput<Schema>>) => Out;
  /** from the hop to this phase until its result is known; one hour where nothing is said */
  readonly deadline?: Ms | typeof never;
  /** where the process goes when the deadline has passed; else the instance fails */
  readonly onTimeout?: string;
  /** where it goes when the phase throws; else the instance fails */
  readonly onError?: string;
  /** how often the phase may run in one instance; the next time counts as an error */
  readonly maxTimes?: number;
  /** takes back what the phase did; runs in reverse order when the process fails or reaches an end that undoes */
  readonly undo?: (turn: UndoTurn<State, Role, Name>) => void | Promise<void>;
  /** the phase runs when this many branches have arrived */
  readonly join?: JoinRule;
  /** one value out of those that the branches wrote, in the order of the branches */
  readonly merge?: {
    readonly [K in keyof View<State, Name>]?: (values: readonly View<State, Name>[K][]) => View<State, Name>[K];
  };
}

/** A phase that nothing is given. */
export type NoInput = StandardSchemaV1<undefined, undefined>;

declare const typed: unique symbol;

/** A phase as it is at run time. */
export interface Phase {
  readonly kind: 'phase';
  readonly at: string;
  readonly spec: AnyPhaseSpec;
}

export interface TypedPhase<Goes extends string, Out, Input> extends Phase {
  /** only the compiler sees it */
  readonly [typed]: { readonly goes: Goes; readonly out: Out; readonly input: Input };
}

/** What remains of a spec when its types have done their work. */
export interface AnyPhaseSpec {
  readonly input?: StandardSchemaV1;
  readonly next: readonly string[];
  readonly run: (turn: never) => unknown;
  readonly deadline?: Ms | typeof never;
  readonly onTimeout?: string;
  readonly onError?: string;
  readonly maxTimes?: number;
  readonly undo?: (turn: never) => unknown;
  readonly join?: JoinRule;
  readonly merge?: Readonly<Record<string, unknown>>;
}

export interface EndSpec {
  /** undo what was done, in reverse order, before the instance ends */
  readonly undo?: boolean;
  /** the roles that learn how it ended, beside the starter; without it every role does */
  readonly tell?: readonly string[];
}

export interface End {
  readonly kind: 'end';
  readonly outcome: string;
  readonly undo: boolean;
  readonly tell: 'all' | readonly string[];
}

/** The process ends here, with an outcome that the starter reads. */
export const end = (outcome: string, spec: EndSpec = {}): End => ({
  kind: 'end',
  outcome,
  undo: spec.undo ?? false,
  tell: spec.tell ?? 'all',
});
