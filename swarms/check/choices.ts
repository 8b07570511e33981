// The rule about knowledge: a role that has taken part and may be needed again is told when it is not. Ends tell every role
// unless they name whom; then somebody who still waits may be left out.

import type { Description } from '../description.ts';
import { type Frames, frameKey, framesOf, framesOfMove } from '../frames.ts';
import { endOf, followers, movesOf, phaseOf, phasesOf, reach } from '../graph.ts';
import type { Finding } from './finding.ts';

export function waitersAreTold(description: Description): readonly Finding[] {
  const next = followers(description);
  const frames = framesOf(description);
  const starter = phaseOf(description, description.start)?.at;
  const found = new Map<string, Finding>();
  for (const [name, { at: role }] of phasesOf(description)) {
    if (role === starter || !frames.stacks.has(name)) continue;
    const acts = (other: string): boolean => phaseOf(description, other)?.at === role;
    const after = [...(next.get(name) ?? []), ...besides(description, frames, name)];
    const ahead = reach(next, after, acts);
    if (![...ahead].some(acts)) continue;
    for (const end of ahead) {
      const tell = endOf(description, end)?.tell ?? 'all';
      if (tell === 'all' || tell.includes(role)) continue;
      found.set(JSON.stringify([end, role]), {
        name: 'swarm-choice-untold',
        at: ['phases', end, 'tell'],
        message: `After '${name}' the role '${role}' may be needed again, and '${end}' ends the process without telling it.`,
        suggestion: `Add '${role}' to the roles that '${end}' tells, or leave tell out.`,
      });
    }
  }
  return [...found.values()];
}

/** What may go on at the same time: the first phases of the other branches of every fork that a phase is in. */
function besides(description: Description, { stacks }: Frames, name: string): readonly string[] {
  return (stacks.get(name) ?? []).flatMap((frame) => {
    const fork = phaseOf(description, frame.fork);
    if (fork === undefined) return [];
    return movesOf(frame.fork, fork).flatMap((move) => {
      if (!('branches' in move) || move.join !== frame.join) return [];
      const others = framesOfMove(move).filter((each) => each.broadcast || frameKey(each) !== frameKey(frame));
      return others.map((each) => each.first);
    });
  });
}
