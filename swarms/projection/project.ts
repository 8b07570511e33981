// The projection of a process: its description becomes one machine for the whole and one for each role.

import type { AnyStateMachine } from '../../actors/index.ts';
import { present } from '../../lib/assert.ts';
import type { Description } from '../description.ts';
import { explore } from './markings.ts';
import { projectRole, type RoleAutomaton } from './role-automaton.ts';
import { roleMachine } from './role-machine.ts';
import { wholeMachine } from './whole-machine.ts';

export interface Projection {
  readonly whole: AnyStateMachine;
  readonly roles: ReadonlyMap<string, RoleProjection>;
}

export interface RoleProjection {
  readonly automaton: RoleAutomaton;
  readonly machine: AnyStateMachine;
}

/** @param description one that passes the check, which bounds its size too */
export function project(description: Description): Projection {
  const space = present(explore(description), 'a checked description is small enough');
  const roles = Object.keys(description.roles).map((role) => {
    const automaton = present(projectRole(description, space, role), 'and so is what each role knows');
    return [role, { automaton, machine: roleMachine(description, role, automaton) }] as const;
  });
  return { whole: wholeMachine(description), roles: new Map(roles) };
}
