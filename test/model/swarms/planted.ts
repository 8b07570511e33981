// Checkers with a bug each: a rule is missing, or one of its cases. The corpus must find every one of them, or it would not
// find the bugs that we do not know of.

import { waitersAreTold } from '../../../swarms/check/choices.ts';
import { joinsHaveForks } from '../../../swarms/check/forks.ts';
import { type Finding, type Rounds, type Rule, rounds } from '../../../swarms/check/index.ts';
import { viewsHold } from '../../../swarms/check/names.ts';
import { cyclesAreBounded } from '../../../swarms/check/paths.ts';
import type { Description, PhaseNode } from '../../../swarms/description.ts';

/** rounds of rules about meaning; the size of a process is no matter of correctness */
export const judging: Rounds = rounds.slice(0, -1);

function withRule(name: string, rule: Rule): Rounds {
  return judging.map((round) => (Object.hasOwn(round, name) ? { ...round, [name]: rule } : round));
}

const without = (name: string): Rounds => withRule(name, () => []);

function blindTo(rule: Rule, names: readonly string[]): Rule {
  return (description) => rule(description).filter((finding: Finding) => !names.includes(finding.name));
}

/** The rule sees another description than the one that runs. */
function misled(rule: Rule, change: (phase: PhaseNode) => PhaseNode): Rule {
  return (description: Description) => {
    const phases = Object.entries(description.phases).map(([name, node]) => [
      name,
      node.kind === 'phase' ? change(node) : node,
    ]);
    return rule({ ...description, phases: Object.fromEntries(phases) });
  };
}

export const planted: Readonly<Record<string, Rounds>> = {
  'successors need not exist': without('phasesExist'),
  'roles need not exist': without('rolesExist'),
  'run may go where next does not say': without('successorsAgree'),
  'hidden variables may be read': withRule('viewsHold', blindTo(viewsHold, ['swarm-read-hidden'])),
  'hidden variables may be written': withRule('viewsHold', blindTo(viewsHold, ['swarm-write-hidden'])),
  'branches may meet where nothing joins': without('joinsAreDeclared'),
  'a broadcast may go to one party': without('broadcastsReachGroups'),
  'a group may be reached by a plain hop': without('groupsAreBroadcastTo'),
  'a join may be reached without its fork': without('joinsHaveForks'),
  'a join may be reached by a deadline outside of its fork': withRule(
    'joinsHaveForks',
    misled(joinsHaveForks, (phase) => ({ ...phase, onTimeout: null })),
  ),
  'branches may share phases': without('branchesAreApart'),
  'a path need not end': without('pathsEnd'),
  'a join may wait for more than can come': without('joinsCanBeMet'),
  'branches may write the same': without('branchesWriteApart'),
  'a cycle needs no bound': without('cyclesAreBounded'),
  'an error counts against maxTimes': withRule(
    'cyclesAreBounded',
    misled(cyclesAreBounded, (phase) => (phase.maxTimes === null ? phase : { ...phase, onError: null })),
  ),
  'a hop needs no deadline': without('hopsHaveDeadlines'),
  'an input need not be given': without('inputsAreGiven'),
  'whoever waits need not be told': without('waitersAreTold'),
  'members of a group need not be told': withRule('waitersAreTold', (description) =>
    waitersAreTold(description).filter(({ message }) => !message.includes("'team'")),
  ),
};
