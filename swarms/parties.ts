// Who takes part and who may see what: the head of a choreography. A role says which kind of party acts in it, and its
// type parameter says what the party's application brings; a variable says who reads it, and its schema what it holds.

import type { StandardSchemaV1 } from '@standard-schema/spec';

declare const brings: unique symbol;

/** What an application that brings nothing offers its phases. */
export type Nothing = Readonly<Record<never, never>>;

export interface AgentRole<Brings = Nothing> {
  readonly kind: 'agent';
  readonly [brings]?: Brings;
}

export interface ClientRole<Brings = Nothing> {
  readonly kind: 'client';
  readonly [brings]?: Brings;
}

export interface ChainRole<Brings = Nothing> {
  readonly kind: 'chain';
  readonly chain: string;
  readonly [brings]?: Brings;
}

export interface GroupRole<Brings = Nothing> {
  readonly kind: 'group';
  readonly [brings]?: Brings;
}

export type Role = AgentRole<unknown> | ClientRole<unknown> | ChainRole<unknown> | GroupRole<unknown>;
export type Roles = Readonly<Record<string, Role>>;

/** One party with a node of its own. `Brings` is what its application passes to its phases as `agent`. */
export const agent = <Brings = Nothing>(): AgentRole<Brings> => ({ kind: 'agent' });

/** The starter's own session. `Brings` is what the starter passes to its phases as `client`. */
export const client = <Brings = Nothing>(): ClientRole<Brings> => ({ kind: 'client' });

/** All validators of a chain, in the order that they agree on. Its phases are synchronous and see `ledger`. */
export const chain = <Brings = Nothing>(name: string): ChainRole<Brings> => ({ kind: 'chain', chain: name });

/** Several agents in one role: a broadcast reaches each of them. */
export const group = <Brings = Nothing>(): GroupRole<Brings> => ({ kind: 'group' });

/** A variable of the process. */
export interface Variable<Readers extends string = string, Schema extends StandardSchemaV1 = StandardSchemaV1> {
  readonly visibility: 'shared' | 'between' | 'only';
  /** empty where it is shared */
  readonly readers: readonly Readers[];
  readonly schema: Schema;
}

/** Every role sees it. */
export const shared = <Schema extends StandardSchemaV1>(schema: Schema): Shared<Schema> => ({
  visibility: 'shared',
  readers: [],
  schema,
});

export interface Shared<Schema extends StandardSchemaV1> extends Variable<never, Schema> {
  readonly visibility: 'shared';
}

/** The named roles see it; on its way it is sealed to them. */
export function between<const Readers extends readonly [string, string, ...string[]], Schema extends StandardSchemaV1>(
  ...readersAndSchema: readonly [...Readers, Schema]
): Variable<Readers[number], Schema> {
  const schema = readersAndSchema.at(-1) as Schema;
  return { visibility: 'between', readers: readersAndSchema.slice(0, -1) as unknown as Readers, schema };
}

/** It never leaves this role. */
export const only = <const Reader extends string, Schema extends StandardSchemaV1>(
  reader: Reader,
  schema: Schema,
): Variable<Reader, Schema> => ({ visibility: 'only', readers: [reader], schema });

/** The variables that a role sees, with the types of their values. */
export type View<State, Name extends string> = {
  -readonly [K in keyof State as SeenBy<State[K], Name> extends true ? K : never]: ValueOf<State[K]>;
};

export type SeenBy<V, Name extends string> =
  V extends Shared<StandardSchemaV1> ? true : V extends Variable<infer R> ? (Name extends R ? true : false) : false;

export type ValueOf<V> = V extends { readonly schema: infer S extends StandardSchemaV1 }
  ? StandardSchemaV1.InferOutput<S>
  : never;

/** What a phase gets of its own party. */
export type Partner<R> =
  R extends ChainRole<infer B>
    ? { readonly ledger: B }
    : R extends ClientRole<infer B>
      ? { readonly client: B }
      : R extends AgentRole<infer B> | GroupRole<infer B>
        ? { readonly agent: B }
        : never;
