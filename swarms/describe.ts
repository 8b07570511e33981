// The description of a program's own object, for whoever runs it. It says everything but what only the source shows: what
// each `run` reads, writes and forks.

import type { Description, EndNode, PhaseNode } from './description.ts';
import type { Choreography } from './language.ts';
import { defaultDeadlineMs } from './limits.ts';
import type { End, Phase } from './phases.ts';

export function describe(choreography: Choreography): Description {
  const { name, roles, state, start, phases } = choreography;
  return {
    name,
    roles: mapValues(roles, (role) => ({ kind: role.kind, chain: role.kind === 'chain' ? role.chain : null })),
    state: mapValues(state, ({ visibility, readers }) => ({ visibility, readers })),
    deadlineMs: choreography.deadline ?? null,
    start,
    phases: mapValues(phases, (phase) => (phase.kind === 'end' ? endNode(phase) : phaseNode(phase))),
  };
}

function phaseNode({ at, spec }: Phase): PhaseNode {
  return {
    kind: 'phase',
    at,
    takesInput: spec.input !== undefined,
    next: spec.next,
    deadlineMs: spec.deadline ?? defaultDeadlineMs,
    onTimeout: spec.onTimeout ?? null,
    onError: spec.onError ?? null,
    maxTimes: spec.maxTimes ?? null,
    undo: spec.undo !== undefined,
    join: spec.join ?? null,
    merges: Object.keys(spec.merge ?? {}),
    body: null,
  };
}

const endNode = ({ outcome, undo, tell }: End): EndNode => ({ kind: 'end', outcome, undo, tell });

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
