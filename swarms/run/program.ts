// A choreography that an agent executes: the program itself, its description, and the hash by which instances are pinned to
// it.

import { encode } from '../../lib/codec.ts';
import { type Hash, taggedHash } from '../../lib/hash.ts';
import { describe } from '../describe.ts';
import type { Description } from '../description.ts';
import type { Choreography } from '../language.ts';

export interface Program {
  readonly choreography: Choreography;
  readonly description: Description;
  readonly hash: Hash;
}

export function programOf(choreography: Choreography): Program {
  const description = describe(choreography);
  return { choreography, description, hash: descriptionHash(description) };
}

/** What the source alone shows, the bodies of its phases, is no part of it: the program's own object says all the rest. */
export function descriptionHash(description: Description): Hash {
  const phases = Object.entries(description.phases).map(([name, node]) => [
    name,
    node.kind === 'phase' ? { ...node, body: null } : node,
  ]);
  const said = { ...description, phases: Object.fromEntries(phases) };
  return taggedHash('psky swarm description', encode(['1', stableJson(said)]));
}

/** JSON with sorted keys: two descriptions that say the same have one hash. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** The roles that cannot be run yet, with their kinds. */
export function unrunnableRoles({ description }: Program): readonly (readonly [role: string, kind: string])[] {
  return Object.entries(description.roles).flatMap(([role, { kind }]) =>
    kind === 'agent' ? [] : [[role, kind] as const],
  );
}
