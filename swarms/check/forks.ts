// Rules about forks: what was opened is closed, by its own branches, and can be.

import type { Description, JoinNode } from '../description.ts';
import { type Frame, frameKey, framesOf, framesOfMove, type Stack } from '../frames.ts';
import { movesOf, phaseOf, phasesOf } from '../graph.ts';
import { type Finding, oneOf } from './finding.ts';

/** a phase that joins is reached by the branches that meet there, and by nothing else */
export function joinsHaveForks(description: Description): readonly Finding[] {
  const found: Finding[] = [];
  for (const { from, to } of framesOf(description).stray) {
    found.push({
      name: 'swarm-join-without-fork',
      at: from === '' ? ['start'] : ['phases', from, 'next', to],
      message: `'${to}' joins branches, and ${from === '' ? 'the process starts there' : `'${from}' goes there outside of a branch that meets at it`}.`,
      suggestion: `Go there from branches of go.fork({ … }).join('${to}'), or remove its join.`,
    });
  }
  return found;
}

/** branches meet at a phase that says how many it waits for */
export function joinsAreDeclared(description: Description): readonly Finding[] {
  return openings(description).flatMap(({ from, join }): Finding[] => {
    const target = phaseOf(description, join);
    if (target !== undefined && target.join !== null) return [];
    return [
      {
        name: 'swarm-join-undeclared',
        at: ['phases', from, 'run', join],
        message: `The branches of '${from}' are to meet at '${join}', which does not join.`,
        suggestion: `Add join: 'all' (or 'any', or atLeast(k)) to '${join}'.`,
      },
    ];
  });
}

/** a phase is in one branch or in none */
export function branchesAreApart(description: Description): readonly Finding[] {
  return framesOf(description).tangled.map(({ phase, from }) => ({
    name: 'swarm-branches-tangled',
    at: ['phases', from, 'next', phase],
    message: `'${from}' goes to '${phase}', which is also reached in another branch, or outside of the fork.`,
    suggestion: 'Let the branches meet first, or write a phase of its own for each.',
  }));
}

/** enough branches can arrive where they meet */
export function joinsCanBeMet(description: Description): readonly Finding[] {
  const { arriving } = framesOf(description);
  return openings(description).flatMap(({ from, join, frames, broadcast }): Finding[] => {
    const rule = phaseOf(description, join)?.join ?? null;
    if (rule === null) return [];
    const can = frames.filter((frame) => arriving.has(frameKey(frame))).length;
    const need = broadcast ? 1 : needed(rule, frames.length);
    if (can >= need && need > 0) return [];
    return [
      {
        name: 'swarm-join-unmet',
        at: ['phases', join, 'join'],
        message:
          frames.length === 0
            ? `'${join}' waits for the branches of '${from}', and there are none.`
            : `'${join}' waits for ${need} of the branches of '${from}', and ${can === 0 ? 'none' : can} can arrive.`,
        suggestion:
          frames.length === 0
            ? `Name the branches: go.fork({ a: 'one', b: 'two' }).join('${join}').`
            : `Let ${oneOf(frames.map((frame) => frame.branch))} go to '${join}', or wait for fewer.`,
      },
    ];
  });
}

/** @returns how many of `branches` must arrive */
export function needed(rule: JoinNode, branches: number): number {
  if (rule === 'all') return branches;
  return rule === 'any' ? 1 : rule.atLeast;
}

/** a broadcast goes to several */
export function broadcastsReachGroups(description: Description): readonly Finding[] {
  return phasesOf(description).flatMap(([from, { body }]) =>
    (body?.broadcasts ?? []).flatMap(({ to }): Finding[] => {
      const role = phaseOf(description, to)?.at;
      if (role === undefined || description.roles[role]?.kind === 'group') return [];
      return [
        {
          name: 'swarm-broadcast-to-one',
          at: ['phases', from, 'run', to],
          message: `'${from}' broadcasts to '${to}', which is at '${role}', and that is one party.`,
          suggestion: `Make '${role}' a group(), or go to '${to}' alone.`,
        },
      ];
    }),
  );
}

/** a group is reached by a broadcast; within one, a hop stays with the member that makes it */
export function groupsAreBroadcastTo(description: Description): readonly Finding[] {
  const { stacks } = framesOf(description);
  return phasesOf(description).flatMap(([name, { at }]): Finding[] => {
    const stack = stacks.get(name);
    if (stack === undefined || description.roles[at]?.kind !== 'group') return [];
    if (stack.some((frame) => frame.broadcast && phaseOf(description, frame.first)?.at === at)) return [];
    return [
      {
        name: 'swarm-hop-to-group',
        at: ['phases', name, 'at'],
        message: `'${name}' is at the group '${at}' and is reached by no broadcast to it: nobody knows which member is meant.`,
        suggestion: `Go there by go.broadcast('${name}').join(…), or make '${at}' an agent().`,
      },
    ];
  });
}

/** what a branch writes no other branch writes, or the join merges it */
export function branchesWriteApart(description: Description): readonly Finding[] {
  const { stacks } = framesOf(description);
  return openings(description).flatMap(({ from, join, frames }): Finding[] => {
    const merges = phaseOf(description, join)?.merges ?? [];
    const writerOf = new Map<string, string>();
    const found: Finding[] = [];
    for (const frame of frames) {
      for (const [phase, variable] of writesIn(description, stacks, frame)) {
        if (merges.includes(variable)) continue;
        const other = frame.broadcast ? 'every member' : writerOf.get(variable);
        writerOf.set(variable, writerOf.get(variable) ?? frame.branch);
        if (other === undefined || other === frame.branch) continue;
        const at = ['phases', phase, 'writes', variable];
        const message = frame.broadcast
          ? `'${phase}' runs at every member of a group and writes '${variable}', which has one value.`
          : `'${phase}' writes '${variable}' in branch '${frame.branch}' of '${from}', and so does branch '${other}'.`;
        const suggestion = `Write a variable of its own per branch, or add merge: { ${variable}: (values) => … } to '${join}'.`;
        found.push({ name: 'swarm-branch-writes', at, message, suggestion });
      }
    }
    return found;
  });
}

interface Opening {
  readonly from: string;
  readonly join: string;
  readonly broadcast: boolean;
  readonly frames: readonly Frame[];
}

/** every fork and broadcast of the process */
function openings(description: Description): readonly Opening[] {
  return phasesOf(description).flatMap(([from, phase]) =>
    movesOf(from, phase).flatMap((move) =>
      'branches' in move
        ? [{ from, join: move.join, broadcast: move.kind === 'broadcast', frames: framesOfMove(move) }]
        : [],
    ),
  );
}

/** of all phases in a branch, also in forks within it */
function writesIn(
  description: Description,
  stacks: ReadonlyMap<string, Stack>,
  frame: Frame,
): readonly (readonly [phase: string, variable: string])[] {
  const key = frameKey(frame);
  return phasesOf(description).flatMap(([name, { body }]) => {
    const inside = (stacks.get(name) ?? []).some((each) => frameKey(each) === key);
    return inside ? (body?.writes ?? []).map((variable) => [name, variable] as const) : [];
  });
}
