// The rule about size: all that can be going on at once is counted, since the machines of the roles are made of it.

import type { Description } from '../description.ts';
import { maxMarkings } from '../limits.ts';
import { explore } from '../projection/markings.ts';
import { projectRole } from '../projection/role-automaton.ts';
import type { Finding } from './finding.ts';

export function isWalkable(description: Description): readonly Finding[] {
  const space = explore(description);
  if (space === undefined) return [tooLarge(`can be in more than ${maxMarkings} states together`)];
  return Object.keys(description.roles)
    .filter((role) => projectRole(description, space, role) === undefined)
    .slice(0, 1)
    .map((role) => tooLarge(`leave '${role}' with too many ways in which things may stand`));
}

function tooLarge(how: string): Finding {
  return {
    name: 'swarm-too-large',
    at: ['start'],
    message: `The branches of the process ${how}.`,
    suggestion: 'Fork into fewer branches, or make processes of their own out of them.',
  };
}
