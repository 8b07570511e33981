// Runs one phase: opens what its role may see, checks the input, calls the program, checks what it wrote and where it goes,
// and seals the result. Whatever goes wrong becomes a turn that says so: a phase never just disappears.

import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Bytes } from '../../lib/bytes.ts';
import { type ErrorName, PskyError } from '../../lib/errors.ts';
import type { Sealing, SealingKeys } from '../../lib/suites/sealing.ts';
import { sees } from '../description.ts';
import { phaseOf } from '../graph.ts';
import type { Phase } from '../phases.ts';
import { reservedNames, type Step } from '../steps.ts';
import { failureVerdict, type Interceptors, PhaseWatch } from './interceptors.ts';
import type { Draft, Kept } from './kept.ts';
import { type LetterText, openLetter, sealLetter } from './letter.ts';
import { maxCauseLength, maxTurnBytes } from './limits.ts';
import { ownPlace, type PhaseTask, type Source } from './phase-task.ts';
import type { Program } from './program.ts';
import { encodeTurn, type Letter, type Turn } from './record.ts';
import { decodeValue, encodeValue } from './values.ts';

/** What an application's code is told of the phase that it acts for. */
export interface PhaseContext {
  readonly instance: string;
  readonly phase: string;
  readonly role: string;
  /** the same each time this one run of the phase is tried again: what others do only once per key is done once */
  readonly key: string;
  /** what the agent keeps, written together with the phase's result */
  readonly kept: Kept;
}

/** What an application brings to a role: an object, or a function that makes one for each phase. */
export type Implementation = object | ((context: PhaseContext) => object);

export interface PhaseWorld {
  readonly program: Program;
  readonly implementation: Implementation;
  readonly sealing: Sealing;
  readonly keys: SealingKeys;
  readonly interceptors: Interceptors;
}

export interface PhaseResult {
  readonly turn: Turn;
  /** the letter that the role keeps for itself */
  readonly own: Bytes | null;
}

export async function runPhase(world: PhaseWorld, task: PhaseTask, draft: Draft): Promise<PhaseResult> {
  const { instance, phase, role } = task;
  const place = { instance, swarm: world.program.description.name, phase, role, key: keyOf(task) };
  const watch = new PhaseWatch(world.interceptors, place);
  try {
    const done = await doPhase(world, task, draft, watch);
    const result = await sealed(world, task, done);
    if (encodeTurn(result.turn).length > maxTurnBytes)
      throw new PskyError('swarm-value-too-large', 'All values of the turn together.');
    watch.wrote(done.written);
    const { to, branches } = result.turn;
    const trouble = await watch.after({ to: branches.length === 0 ? [to] : branches.map((each) => each.to) });
    return trouble === undefined
      ? result
      : await failed(world, task, new PskyError('swarm-interceptor-threw', trouble));
  } catch (error) {
    const trouble = await watch.after(failureVerdict(error));
    return failed(world, task, error, trouble === undefined ? '' : ` An interceptor after it: ${trouble}`);
  }
}

/** @returns the code of what the undo failed by, or null */
export async function runUndo(world: PhaseWorld, task: PhaseTask, draft: Draft): Promise<string | null> {
  const { undo } = phaseIn(world, task).spec;
  if (undo === undefined) return null;
  try {
    const state = Object.fromEntries(await openValues(world, task.values));
    await undo({ state, agent: bring(world, task, draft, ' undo') } as never);
    return null;
  } catch (error) {
    return error instanceof PskyError ? error.row.name : 'swarm-phase-threw';
  }
}

interface Done {
  readonly step: Exclude<Step, { readonly kind: 'broadcast' }>;
  readonly written: readonly { readonly name: string; readonly value: Bytes }[];
  readonly given: Bytes | null;
}

async function doPhase(world: PhaseWorld, task: PhaseTask, draft: Draft, watch: PhaseWatch): Promise<Done> {
  const { spec } = phaseIn(world, task);
  const values = await openValues(world, task.values);
  for (const [name, merged] of await mergeBranches(world, task)) values.set(name, merged);
  const before = new Map([...values].map(([name, value]) => [name, encoded(value, name)]));
  const given = spec.input === undefined ? null : await openGiven(world, task);
  const input = spec.input === undefined ? undefined : await readInput(task, given, spec.input);
  await watch.before(before, given);
  for (const name of task.merges.keys()) before.delete(name);
  const state = Object.fromEntries(values);
  const steps = new WeakSet<object>();
  const turn = { state, input, go: goOf(spec.next, steps), agent: bring(world, task, draft) };
  const step = (await spec.run(turn as never)) as Step | undefined;
  if (typeof step !== 'object' || step === null || !steps.has(step))
    throw new PskyError('swarm-step-invalid', `'${task.phase}' returned none.`);
  if (step.kind === 'broadcast') throw new PskyError('swarm-role-not-run', 'Broadcasts go to groups.');
  return { step, written: await writingsOf(world, task, state, before), given: givenOf(world, step) };
}

function phaseIn({ program }: PhaseWorld, { phase }: PhaseTask): Phase {
  return program.choreography.phases[phase] as Phase;
}

function bring({ implementation }: PhaseWorld, task: PhaseTask, { kept }: Draft, suffix = ''): object {
  if (typeof implementation !== 'function') return implementation;
  const { instance, phase, role } = task;
  return (implementation as (context: PhaseContext) => object)({
    ...{ instance, phase, role, kept },
    key: `${keyOf(task)}${suffix}`,
  });
}

const keyOf = ({ instance, run }: PhaseTask): string => `${instance}/${run}`;

// — what goes in —

async function openValues(world: PhaseWorld, sources: ReadonlyMap<string, Source>): Promise<Map<string, unknown>> {
  const opened = new Map<Bytes, LetterText>();
  const values = new Map<string, unknown>();
  for (const [name, source] of sources) values.set(name, await readSource(world, name, source, opened));
  return values;
}

export async function readSource(
  world: Pick<PhaseWorld, 'sealing' | 'keys'>,
  name: string,
  source: Source,
  opened: Map<Bytes, LetterText>,
): Promise<unknown> {
  if (source.from === 'shared') return decoded(source.value, name);
  let letter = opened.get(source.sealed);
  if (letter === undefined) {
    letter = await openLetter(world.sealing, world.keys, source.sealed, source.place);
    if (letter === undefined) throw new PskyError('swarm-letter-closed', `'${name}'.`);
    opened.set(source.sealed, letter);
  }
  const value = letter.values.find((each) => each.name === name)?.value;
  if (value === undefined) throw new PskyError('swarm-letter-closed', `'${name}' is not in it.`);
  return decoded(value, name);
}

async function mergeBranches(world: PhaseWorld, task: PhaseTask): Promise<readonly (readonly [string, unknown])[]> {
  const { spec } = phaseIn(world, task);
  const merged: [string, unknown][] = [];
  for (const [name, sources] of task.merges) {
    const merge = spec.merge?.[name];
    if (typeof merge !== 'function') throw new PskyError('swarm-branches-conflict', `Nothing merges '${name}'.`);
    const values: unknown[] = [];
    for (const source of sources) values.push(await readSource(world, name, source, new Map()));
    merged.push([name, merge(values)]);
  }
  return merged;
}

async function openGiven(world: PhaseWorld, { given }: PhaseTask): Promise<Bytes | null> {
  if (given === null) return null;
  const letter =
    given.from === 'letter' ? await openLetter(world.sealing, world.keys, given.sealed, given.place) : undefined;
  if (letter === undefined) throw new PskyError('swarm-letter-closed', 'The input.');
  return letter.given;
}

function readInput({ phase }: PhaseTask, given: Bytes | null, schema: StandardSchemaV1): Promise<unknown> {
  const value = given === null ? undefined : decoded(given, 'input');
  return validated(schema, value, 'swarm-input-invalid', `of '${phase}'`);
}

/** @throws PskyError with the first issue and its place */
export async function validated(
  schema: StandardSchemaV1,
  value: unknown,
  name: ErrorName,
  what: string,
): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = (issue?.path ?? []).map((each) => String(typeof each === 'object' ? each.key : each)).join('.');
  throw new PskyError(name, `It is that ${what}${path === '' ? '' : `, at ${path}`}: ${issue?.message ?? 'refused'}.`);
}

function goOf(next: readonly string[], steps: WeakSet<object>): object {
  const made = <S extends Step>(step: S): S => {
    steps.add(step);
    return step;
  };
  const declared = (...names: readonly string[]): void => {
    const stray = names.find((name) => !next.includes(name));
    if (stray !== undefined) throw new PskyError('swarm-step-invalid', `'${stray}' is not among its successors.`);
  };
  const hops = next
    .filter((to) => !reservedNames.includes(to))
    .map((to) => [to, (given?: unknown) => made({ kind: 'hop', to, given })] as const);
  return {
    ...Object.fromEntries(hops),
    fork: (branches: Readonly<Record<string, string>>) => ({
      join(join: string) {
        declared(...Object.values(branches), join);
        return made({ kind: 'fork', branches, join });
      },
    }),
    broadcast: (to: string) => ({ join: (join: string) => made({ kind: 'broadcast', to, join }) }),
  };
}

// — what comes out —

async function writingsOf(
  world: PhaseWorld,
  task: PhaseTask,
  state: Readonly<Record<string, unknown>>,
  before: ReadonlyMap<string, Bytes>,
): Promise<Done['written']> {
  const { description, choreography } = world.program;
  const visible = Object.entries(description.state).filter(([, variable]) => sees(variable, task.role));
  const names = new Set(visible.map(([name]) => name));
  const hidden = Object.keys(state).find((name) => !names.has(name));
  if (hidden !== undefined) throw new PskyError('swarm-hidden-variable', `'${task.role}' does not see '${hidden}'.`);
  const written: { name: string; value: Bytes }[] = [];
  for (const name of names) {
    const old = before.get(name);
    if (old === undefined && state[name] === undefined) continue;
    const now = encoded(state[name], name);
    if (old !== undefined && sameBytes(old, now)) continue;
    const schema = choreography.state[name]?.schema;
    if (schema === undefined) continue;
    const value = await validated(schema, state[name], 'swarm-value-invalid', `of '${name}'`);
    written.push({ name, value: encoded(value, name) });
  }
  return written;
}

function givenOf({ program }: PhaseWorld, step: Done['step']): Bytes | null {
  if (step.kind === 'fork') return null;
  const takes = phaseOf(program.description, step.to)?.takesInput === true;
  if (takes) return encoded(step.given, 'input');
  if (step.given === undefined) return null;
  throw new PskyError('swarm-step-invalid', `'${step.to}' takes no input.`);
}

async function sealed(world: PhaseWorld, task: PhaseTask, { step, written, given }: Done): Promise<PhaseResult> {
  const { description } = world.program;
  const of = (visibility: string): Done['written'] =>
    written.filter(({ name }) => description.state[name]?.visibility === visibility);
  const between = of('between');
  const texts = new Map<string, LetterText>();
  for (const reader of new Set(between.flatMap(({ name }) => description.state[name]?.readers ?? []))) {
    const values = between.filter(({ name }) => description.state[name]?.readers.includes(reader));
    texts.set(reader, { values, given: null, cause: null });
  }
  if (given !== null) {
    const role = phaseOf(description, step.kind === 'hop' ? step.to : '')?.at ?? '';
    texts.set(role, { values: texts.get(role)?.values ?? [], given, cause: null });
  }
  const only = of('only');
  const ownText: LetterText = { values: only, given: null, cause: null };
  const place = { instance: task.instance, run: task.run, role: ownPlace(task.role) };
  return {
    own: only.length === 0 ? null : await sealLetter(world.sealing, world.keys, ownText, place),
    turn: {
      ...signedPlace(task),
      to: step.kind === 'hop' ? step.to : step.join,
      branches: step.kind === 'hop' ? [] : Object.entries(step.branches).map(([branch, to]) => ({ branch, to })),
      gives: given !== null,
      shared: of('shared'),
      sealed: between.map(({ name }) => name),
      own: only.map(({ name }) => name),
      letters: await lettersTo(world, task, texts),
      fault: null,
    },
  };
}

async function failed(world: PhaseWorld, task: PhaseTask, error: unknown, more = ''): Promise<PhaseResult> {
  const known = error instanceof PskyError;
  const text = error instanceof Error ? error.message : String(error);
  const cause = wellFormed(`${text}${more}`).slice(0, maxCauseLength);
  const texts = new Map([[task.starter, { values: [], given: null, cause }]]);
  const turn: Turn = {
    ...signedPlace(task),
    to: '',
    branches: [],
    gives: false,
    shared: [],
    sealed: [],
    own: [],
    letters: await lettersTo(world, task, texts),
    fault: known ? error.row.name : 'swarm-phase-threw',
  };
  return { turn, own: null };
}

const signedPlace = ({ instance, description, role, run, after }: PhaseTask) => ({
  instance,
  description,
  role,
  run,
  after,
});

async function lettersTo(
  { sealing }: PhaseWorld,
  { instance, run, parties }: PhaseTask,
  texts: ReadonlyMap<string, LetterText>,
): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  for (const [role, text] of texts) {
    const party = parties.find((each) => each.role === role);
    if (party === undefined) continue;
    const key = { suite: party.sealingSuite, publicKey: party.sealingKey };
    letters.push({ role, sealed: await sealLetter(sealing, key, text, { instance, run, role }) });
  }
  return letters;
}

function encoded(value: unknown, name: string): Bytes {
  const result = encodeValue(value);
  if (!result.ok) throw new PskyError(result.error.name, `'${name}': ${result.error.detail}`);
  return result.value;
}

function decoded(bytes: Bytes, name: string): unknown {
  const result = decodeValue(bytes);
  if (result === undefined) throw new PskyError('swarm-letter-closed', `'${name}' cannot be read.`);
  return result.value;
}

/** half a pair of UTF-16 cannot be sent as text */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

const sameBytes = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
