// A choreography as data: what the checker, the projection and whoever runs it read. It comes from source without running
// it (source/), or from the program's own object (describe.ts), and it has one form, which `parseDescription` enforces.

import { z } from 'zod';
import { ok, type Result, refused } from '../lib/result.ts';
import { maxNameLength, maxPhases, maxRoles, maxVariables } from './limits.ts';

/** names are written as `go.name` and `state.name`; those that begin with __ mean something to JavaScript */
export const namePattern = new RegExp(`^(?!__)[A-Za-z_][A-Za-z0-9_]{0,${maxNameLength - 1}}$`);
const name = z.string().regex(namePattern);
const words = z.string().min(1).max(maxNameLength);
const names = z.array(name).max(maxPhases).readonly();
const branches = z.record(name, name).readonly();

const role = z
  .strictObject({ kind: z.enum(['agent', 'client', 'chain', 'group']), chain: words.nullable() })
  .readonly();

const variable = z
  .strictObject({
    visibility: z.enum(['shared', 'between', 'only']),
    /** empty where it is shared */
    readers: names,
  })
  .readonly();

const joinRule = z.union([
  z.enum(['all', 'any']),
  z.strictObject({ atLeast: z.number().int().min(1).max(maxPhases) }).readonly(),
]);

/** What the source says of a phase's `run`. */
const body = z
  .strictObject({
    hops: names,
    forks: z.array(z.strictObject({ branches, join: name }).readonly()).readonly(),
    broadcasts: z.array(z.strictObject({ to: name, join: name }).readonly()).readonly(),
    reads: names,
    writes: names,
  })
  .readonly();

const phase = z
  .strictObject({
    kind: z.literal('phase'),
    at: name,
    takesInput: z.boolean(),
    next: names,
    deadlineMs: z.union([z.number().positive(), z.literal('never')]),
    onTimeout: name.nullable(),
    onError: name.nullable(),
    maxTimes: z.number().int().min(1).nullable(),
    undo: z.boolean(),
    join: joinRule.nullable(),
    /** variables that have a merge function */
    merges: names,
    /** null where only the program's object is at hand: then every successor is a plain hop or a branch */
    body: body.nullable(),
  })
  .readonly();

const end = z
  .strictObject({
    kind: z.literal('end'),
    outcome: words,
    undo: z.boolean(),
    tell: z.union([z.literal('all'), names]),
  })
  .readonly();

const description = z
  .strictObject({
    name: z
      .string()
      .max(maxNameLength)
      .regex(/^[a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*@[1-9][0-9]*$/),
    roles: bounded(z.record(name, role), maxRoles),
    state: bounded(z.record(name, variable), maxVariables),
    /** of a whole instance */
    deadlineMs: z.number().positive().nullable(),
    start: name,
    phases: bounded(z.record(name, z.discriminatedUnion('kind', [phase, end])), maxPhases),
  })
  .readonly();

export type RoleNode = z.infer<typeof role>;
export type VariableNode = z.infer<typeof variable>;
export type JoinNode = z.infer<typeof joinRule>;
export type BodyNode = z.infer<typeof body>;
export type PhaseNode = z.infer<typeof phase>;
export type EndNode = z.infer<typeof end>;
export type Description = z.infer<typeof description>;

/** Where a value leaves the form of a description, and how. */
export interface DescriptionFault {
  readonly path: readonly string[];
  readonly message: string;
}

export function parseDescription(value: unknown): Result<Description, DescriptionFault> {
  const parsed = description.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return refused({ path: issue?.path.map(String) ?? [], message: issue?.message ?? 'is not a description' });
}

function bounded<S extends z.ZodType<Readonly<Record<string, unknown>>>>(schema: S, most: number): S {
  return schema.refine((record) => Object.keys(record).length <= most, `at most ${most}`) as S;
}

/** May a role see a variable? */
export function sees(variable: VariableNode, role: string): boolean {
  return variable.visibility === 'shared' || variable.readers.includes(role);
}
