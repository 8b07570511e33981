// A description as a graph: from each phase the moves that can follow it, whatever happens in it.

import { present } from '../lib/assert.ts';
import type { Description, EndNode, PhaseNode } from './description.ts';

/** One way out of a phase. */
export type Move =
  | { readonly kind: 'hop' | 'timeout' | 'error'; readonly from: string; readonly to: string }
  | {
      /** a broadcast is a fork with one branch that every member of the group follows */
      readonly kind: 'fork' | 'broadcast';
      readonly from: string;
      readonly branches: Readonly<Record<string, string>>;
      readonly join: string;
    };

/** the name of a broadcast's only branch */
export const everyMember = '*';

export function phaseOf(description: Description, name: string): PhaseNode | undefined {
  const node = nodeOf(description, name);
  return node?.kind === 'phase' ? node : undefined;
}

export function endOf(description: Description, name: string): EndNode | undefined {
  const node = nodeOf(description, name);
  return node?.kind === 'end' ? node : undefined;
}

function nodeOf(description: Description, name: string): PhaseNode | EndNode | undefined {
  return Object.hasOwn(description.phases, name) ? description.phases[name] : undefined;
}

export function phasesOf(description: Description): readonly (readonly [name: string, phase: PhaseNode])[] {
  return Object.entries(description.phases).filter((entry): entry is [string, PhaseNode] => entry[1].kind === 'phase');
}

/** All moves out of a phase; targets may be names that do not exist. */
export function movesOf(from: string, phase: PhaseNode): readonly Move[] {
  const { body, onTimeout, onError } = phase;
  const hops = body?.hops ?? phase.next;
  return [
    ...hops.map((to) => ({ kind: 'hop', from, to }) as const),
    ...(body?.forks ?? []).map(({ branches, join }) => ({ kind: 'fork', from, branches, join }) as const),
    ...(body?.broadcasts ?? []).map(
      ({ to, join }) => ({ kind: 'broadcast', from, branches: { [everyMember]: to }, join }) as const,
    ),
    ...(onTimeout === null ? [] : [{ kind: 'timeout', from, to: onTimeout } as const]),
    ...(onError === null ? [] : [{ kind: 'error', from, to: onError } as const]),
  ];
}

/** Where the process goes at once; the phase at which branches meet comes later, by their own moves. */
export function targetsOf(move: Move): readonly string[] {
  return 'branches' in move ? Object.values(move.branches) : [move.to];
}

/** Phases and ends that follow directly, by phase; names that do not exist are left out. */
export function followers(description: Description): ReadonlyMap<string, readonly string[]> {
  return new Map(
    phasesOf(description).map(([name, phase]) => {
      const targets = movesOf(name, phase).flatMap(targetsOf);
      return [name, [...new Set(targets)].filter((to) => Object.hasOwn(description.phases, to))];
    }),
  );
}

/** Everything that can be reached from `roots`, these included, without going on from where `stop` says so. */
export function reach(
  next: ReadonlyMap<string, readonly string[]>,
  roots: readonly string[],
  stop: (name: string) => boolean = () => false,
): ReadonlySet<string> {
  const found = new Set(roots);
  const open = [...roots];
  while (open.length > 0) {
    const name = present(open.pop(), 'there is one');
    if (stop(name)) continue;
    for (const to of next.get(name) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}
