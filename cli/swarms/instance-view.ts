// An instance as psky shows it: what its records say, what its starter sees, what it waits for, and whether it is what was
// signed.

import { errorRow, formatErrorCode } from '../../lib/errors.ts';
import { isoTime } from '../../lib/iso-time.ts';
import {
  type Audit,
  type AuditFault,
  agentOf,
  type Hop,
  hopOf,
  machineOf,
  type Story,
  storyOf,
} from '../../swarms/run/index.ts';
import { formatTable } from '../output.ts';
import { agentSeed } from './agent-seeds.ts';
import { printable } from './printable.ts';
import type { Found, Read } from './stored-instances.ts';
import { endLines } from './story-lines.ts';
import { suites } from './swarm-machine.ts';

/** What an instance waits for: a phase, or its undo. */
interface Waited {
  readonly phase: string;
  readonly role: string;
  readonly agent: string;
  readonly undo: boolean;
  /** ISO 8601; null where it may take for ever */
  readonly due: string | null;
}

export interface InstanceView {
  readonly instance: string;
  readonly name: string;
  readonly runtime: string;
  readonly life: Story['life'];
  readonly end: string | null;
  readonly error?: Story['error'];
  readonly state: unknown;
  /** the value of the state of the whole machine */
  readonly machine: unknown;
  readonly hops: readonly Hop[];
  readonly notUndone?: Story['notUndone'];
  readonly waitsFor: readonly Waited[];
  readonly trace: string | null;
  readonly verified: boolean;
  readonly fault?: ReturnType<typeof faultView>;
}

/** @param folder `swarms` in the home */
export async function viewOf(folder: string, found: Found, { description, audit, place }: Read): Promise<InstanceView> {
  const { instance, fault } = audit;
  const story = instance.book.started ? await storyIn(folder, audit, place) : undefined;
  const { error = null, notUndone = [] } = story ?? {};
  return {
    ...{ instance: found.id, name: description.name, runtime: found.runtime },
    ...{ life: instance.book.life, end: story?.end ?? null },
    ...(error === null ? {} : { error }),
    state: printable(story?.state ?? {}),
    ...{ machine: machineOf(instance), hops: instance.book.hops.map(hopOf) },
    ...(notUndone.length === 0 ? {} : { notUndone }),
    waitsFor: waitedFor(audit),
    trace: story?.trace ?? null,
    verified: fault === undefined,
    ...(fault === undefined ? {} : { fault: faultView(fault) }),
  };
}

async function storyIn(folder: string, { instance }: Audit, { agent, role }: Read['place']): Promise<Story> {
  const { keys } = await agentOf(agent, agentSeed(folder, role), suites);
  return storyOf(instance, suites.sealing, keys.sealing);
}

export function waitedFor({ instance: { book } }: Audit): readonly Waited[] {
  if (!book.started || book.over) return [];
  const of = (phase: string, role: string) => ({ phase, role, agent: book.partyOf(role).agent });
  const { undoing } = book;
  if (undoing !== undefined) return [{ ...of(undoing.phase, undoing.role), undo: true, due: isoTime(book.undoDueMs) }];
  return [...book.tokens.active].map(({ phase, role, dueMs }) => ({
    ...of(phase, role),
    undo: false,
    due: dueMs === null ? null : isoTime(dueMs),
  }));
}

export function faultView({ record, name, detail }: AuditFault) {
  return { record, code: formatErrorCode(errorRow(name).code), name, reason: detail };
}

export function textOf(view: InstanceView): string {
  const hops = view.hops.map(({ at, phase, role, fault, hash }) => [at, phase, role, fault ?? '', hash.slice(0, 16)]);
  const values = Object.entries(view.state as object).map(([name, value]) => [name, JSON.stringify(value)]);
  const { error = null, fault, notUndone = [] } = view;
  return [
    `${view.instance}  ${view.name}  ${view.runtime}`,
    ...endLines(view.life === 'completed' ? `completed: ${view.end}` : view.life, error, notUndone),
    ...view.waitsFor.map(waitedText),
    `machine: ${typeof view.machine === 'string' ? view.machine : JSON.stringify(view.machine)}`,
    ...(hops.length === 0 ? [] : ['', formatTable([['at', 'phase', 'role', '', 'hash'], ...hops])]),
    ...(values.length === 0 ? [] : ['', formatTable(values)]),
    '',
    fault === undefined
      ? 'verified: every signature and every hash'
      : `NOT VERIFIED: record ${fault.record}: ${fault.code} ${fault.name}: ${fault.reason}`,
  ].join('\n');
}

export function waitedText({ phase, role, undo, due }: Waited): string {
  return `waits for ${undo ? 'the undo of ' : ''}${phase} at ${role}${due === null ? '' : `, until ${due}`}`;
}
