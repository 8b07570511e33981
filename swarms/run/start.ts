// The first record of an instance: checked, bound and sealed by its starter.

import { present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Sealing } from '../../lib/suites/sealing.ts';
import { phaseOf } from '../graph.ts';
import type { InstanceEvent } from './instance-events.ts';
import { isInstanceId, type StoredInstance } from './instance-rows.ts';
import { sealLetter } from './letter.ts';
import { validated } from './phase-runner.ts';
import type { Directory } from './ports.ts';
import { type Program, unrunnableRoles } from './program.ts';
import { decodeBody, decodeRecord, encodeStart, type Letter, type Party, type Start } from './record.ts';
import { encodeValue } from './values.ts';

export interface Beginning {
  readonly program: Program;
  /** role → agent */
  readonly bind: Readonly<Record<string, string>>;
  readonly input: unknown;
  readonly id: string;
  readonly trace: string;
  /** the agent that begins */
  readonly starter: string;
}

export interface StartWorld {
  readonly directory: Directory;
  readonly sealing: Sealing;
}

/** @throws PskyError where the input does not fit, or a role cannot be bound */
export async function startOf(
  { program, bind, input, id, trace, starter: self }: Beginning,
  world: StartWorld,
): Promise<Bytes> {
  const { description, hash } = program;
  if (!isInstanceId(id)) throw new PskyError('swarm-run-unusable', 'An id has up to 64 letters, digits, _ . : and -.');
  const [unrunnable] = unrunnableRoles(program);
  if (unrunnable !== undefined) throw new PskyError('swarm-role-not-run', `'${unrunnable[0]}' is a ${unrunnable[1]}.`);
  const parties = Object.keys(description.roles).map((role) => partyOf(world.directory, role, bind[role]));
  const first = present(phaseOf(description, description.start), 'a checked description starts');
  const starter = present(
    parties.find(({ role }) => role === first.at),
    'every role is bound',
  );
  if (starter.agent !== self)
    throw new PskyError('swarm-run-unusable', `The process begins at '${first.at}', which '${starter.agent}' is.`);
  const letters = first.takesInput ? [await inputLetter(world.sealing, program, starter, { input, id })] : [];
  return encodeStart({ instance: id, description: hash, starter: first.at, parties, letters, trace });
}

function partyOf(directory: Directory, role: string, agent: string | undefined): Party {
  if (agent === undefined) throw new PskyError('swarm-agent-unnamed', `'${role}'.`);
  const card = directory.find(agent);
  if (card === undefined) throw new PskyError('swarm-agent-unknown', `'${agent}', which is to be '${role}'.`);
  return { role, ...card };
}

/** The input is checked here too: whoever starts with a wrong one is told at once. */
async function inputLetter(
  sealing: Sealing,
  { choreography, description }: Program,
  { role, sealingSuite: suite, sealingKey: publicKey }: Party,
  { input, id }: Pick<Beginning, 'input' | 'id'>,
): Promise<Letter> {
  const phase = choreography.phases[description.start];
  if (phase?.kind === 'phase' && phase.spec.input !== undefined)
    await validated(phase.spec.input, input, 'swarm-input-invalid', `of '${description.start}'`);
  const value = encodeValue(input);
  if (!value.ok) throw new PskyError(value.error.name, value.error.detail);
  const text = { values: [], given: value.value, cause: null };
  return { role, sealed: await sealLetter(sealing, { suite, publicKey }, text, { instance: id, run: 0, role }) };
}

/** The description of an instance, out of its first record: stored, about to be, or brought by a message. */
export function descriptionIn({ records }: StoredInstance, first: InstanceEvent | undefined): Hash | undefined {
  if (records[0] !== undefined) return startIn(records[0])?.start.description;
  if (first?.type === 'arrived' && first.envelope.message.type === 'news')
    return startIn(first.envelope.message.records[0])?.start.description;
  const body = first?.type === 'begin' ? decodeBody('start', first.body) : undefined;
  return body?.kind === 'start' ? body.start.description : undefined;
}

/** What a first record says, unverified. */
export function startIn(raw: Bytes | undefined): { readonly start: Start; readonly atMs: number } | undefined {
  const record = raw === undefined ? undefined : decodeRecord(raw);
  const body = record === undefined ? undefined : decodeBody(record.kind, record.body);
  return record !== undefined && body?.kind === 'start' ? { start: body.start, atMs: record.atMs } : undefined;
}
