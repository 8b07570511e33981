// The checker: rules over a description, in rounds. A round that finds something ends the check, because the later
// ones would only repeat it in other words.

import type { Description } from '../description.ts';
import { waitersAreTold } from './choices.ts';
import type { Finding, Rule } from './finding.ts';
import {
  branchesAreApart,
  branchesWriteApart,
  broadcastsReachGroups,
  groupsAreBroadcastTo,
  joinsAreDeclared,
  joinsCanBeMet,
  joinsHaveForks,
} from './forks.ts';
import { namesAreFree, phasesExist, rolesAct, rolesExist, successorsAgree, viewsHold } from './names.ts';
import { cyclesAreBounded, hopsHaveDeadlines, inputsAreGiven, pathsEnd, phasesAreReached } from './paths.ts';
import { isWalkable } from './size.ts';

export type { Finding, Rule } from './finding.ts';

/** by name, so that the tests can take one away and see what happens */
export type Rounds = readonly Readonly<Record<string, Rule>>[];

export const rounds: Rounds = [
  { phasesExist, namesAreFree, rolesExist, successorsAgree, viewsHold },
  { joinsAreDeclared, broadcastsReachGroups },
  { joinsHaveForks, branchesAreApart, groupsAreBroadcastTo },
  {
    phasesAreReached,
    pathsEnd,
    rolesAct,
    joinsCanBeMet,
    branchesWriteApart,
    cyclesAreBounded,
    hopsHaveDeadlines,
    inputsAreGiven,
    waitersAreTold,
  },
  { isWalkable },
];

/** @returns nothing where the process can be run */
export function check(description: Description, by: Rounds = rounds): readonly Finding[] {
  for (const round of by) {
    const found = Object.values(round).flatMap((rule) => rule(description));
    if (found.length > 0) return found;
  }
  return [];
}
