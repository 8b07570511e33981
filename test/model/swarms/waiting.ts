// Who is left waiting when a process has ended: a role that has taken part, may be needed again as far as it knows, and is
// not told. What it knows is the state of its automaton after everything that it saw.

import { present } from '../../../lib/assert.ts';
import type { Description } from '../../../swarms/description.ts';
import { framesOf } from '../../../swarms/frames.ts';
import { endOf, phaseOf, phasesOf } from '../../../swarms/graph.ts';
import { endEvent, enterEvent, refusedEvent } from '../../../swarms/projection/events.ts';
import { explore } from '../../../swarms/projection/markings.ts';
import { projectRole, type RoleState } from '../../../swarms/projection/role-automaton.ts';
import type { Run } from './interpreter.ts';

/** @returns undefined where nobody is, and where others than its members act within a broadcast: they act many times at once */
export function leftWaiting(description: Description, run: Run): string | undefined {
  const end = endOf(description, run.ended);
  const starter = phaseOf(description, description.start)?.at;
  if (end === undefined || othersActInBroadcasts(description)) return undefined;
  const space = explore(description);
  if (space === undefined) return undefined;
  for (const role of Object.keys(description.roles)) {
    const isTold = end.tell === 'all' || end.tell.includes(role) || role === starter;
    if (isTold) continue;
    const automaton = projectRole(description, space, role);
    if (automaton === undefined) continue;
    const views =
      description.roles[role]?.kind === 'group'
        ? [...new Set(run.members)]
            .filter((member) => member !== '')
            .map((member) => ofMember(description, role, run, member))
        : [seenBy(description, role, run)];
    for (const seen of views) {
      const state = walk(automaton, role, seen);
      if (typeof state === 'string') return state;
      if (state.index > 0 && [...state.on.keys()].some((event) => event.startsWith('enter.')))
        return `left waiting: ${role} is not told of ${run.ended}`;
    }
  }
  return undefined;
}

function othersActInBroadcasts(description: Description): boolean {
  const { stacks } = framesOf(description);
  return phasesOf(description).some(([name, { at }]) =>
    (stacks.get(name) ?? []).some((frame) => frame.broadcast && phaseOf(description, frame.first)?.at !== at),
  );
}

/** What one member of a group sees: the phases that it did. One that was closed before it had answered knows no more. */
function ofMember(description: Description, role: string, run: Run, member: string): readonly string[] {
  const own = run.events.filter(
    (event, i) => run.members[i] === member && phaseOf(description, event.split('.')[0] ?? '')?.at === role,
  );
  return own.flatMap((event) => [enterEvent(event.split('.')[0] ?? ''), event]);
}

export function hasBroadcast(description: Description): boolean {
  return Object.values(description.phases).some(
    (node) => node.kind === 'phase' && (node.body?.broadcasts.length ?? 0) > 0,
  );
}

/** What a role sees of a run, in order. */
export function seenBy(description: Description, role: string, run: Run): readonly string[] {
  const isOwn = (phase: string): boolean => phaseOf(description, phase)?.at === role;
  const seen: string[] = [];
  let active: readonly string[] = [];
  const enter = (phases: readonly string[]): void => void seen.push(...phases.filter(isOwn).map(enterEvent));
  enter([description.start]);
  active = [description.start];
  run.events.forEach((event, i) => {
    const after = run.active[i] ?? [];
    const [actor = ''] = event.split('.');
    if (isOwn(actor)) seen.push(event);
    const closed = active.filter((each) => each !== actor && !after.includes(each) && isOwn(each));
    const isEnd = i === run.events.length - 1;
    if (!isEnd) seen.push(...closed.map(refusedEvent));
    // a phase that leads to itself is entered anew
    enter(after.filter((each) => !active.includes(each) || each === actor));
    active = after;
  });
  const end = endOf(description, run.ended);
  if (end !== undefined && (end.tell === 'all' || end.tell.includes(role) || isOwn(description.start)))
    seen.push(endEvent(run.ended));
  return seen;
}

export function follow(
  description: Description,
  automaton: readonly RoleState[],
  role: string,
  run: Run,
): (RoleState & { readonly index: number }) | string {
  return walk(automaton, role, seenBy(description, role, run));
}

function walk(
  automaton: readonly RoleState[],
  role: string,
  seen: readonly string[],
): (RoleState & { readonly index: number }) | string {
  let index = 0;
  for (const event of seen) {
    const next = automaton[index]?.on.get(event);
    if (next === undefined) return `${role} does not expect ${event} in state ${index}`;
    index = next;
  }
  return { ...present(automaton[index], 'events lead to states'), index };
}
