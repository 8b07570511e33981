// Who is left waiting when a process has ended: a role that has taken part, may be needed again as far as it knows, and is
// not told. What it knows is the state of its automaton after everything that it saw.

import { present } from '../../../lib/assert.ts';
import type { Description } from '../../../swarms/description.ts';
import { endOf, phaseOf } from '../../../swarms/graph.ts';
import { endEvent, enterEvent, refusedEvent } from '../../../swarms/projection/events.ts';
import { explore } from '../../../swarms/projection/markings.ts';
import { projectRole, type RoleState } from '../../../swarms/projection/role-automaton.ts';
import type { Run } from './interpreter.ts';

/** @returns undefined where nobody is, and where a broadcast is in it: its members are not one party */
export function leftWaiting(description: Description, run: Run): string | undefined {
  const end = endOf(description, run.ended);
  const starter = phaseOf(description, description.start)?.at;
  if (end === undefined || hasBroadcast(description)) return undefined;
  const space = explore(description);
  if (space === undefined) return undefined;
  for (const role of Object.keys(description.roles)) {
    const isTold = end.tell === 'all' || end.tell.includes(role) || role === starter;
    if (isTold) continue;
    const automaton = projectRole(description, space, role);
    if (automaton === undefined) continue;
    const state = follow(description, automaton, role, run);
    if (typeof state === 'string') return state;
    if (state.index > 0 && [...state.on.keys()].some((event) => event.startsWith('enter.')))
      return `left waiting: ${role} is not told of ${run.ended}`;
  }
  return undefined;
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
  let index = 0;
  for (const event of seenBy(description, role, run)) {
    const next = automaton[index]?.on.get(event);
    if (next === undefined) return `${role} does not expect ${event} in state ${index}`;
    index = next;
  }
  return { ...present(automaton[index], 'events lead to states'), index };
}
