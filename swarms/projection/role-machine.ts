// One state machine per role: its projection as xstate runs it. States are named by what the role does: its active
// phases, that it waits, or the end that it was told of.

import { type AnyStateMachine, setup } from 'xstate';
import type { Description } from '../description.ts';
import type { RoleAutomaton } from './role-automaton.ts';
import { brokenMoves, brokenStates, machineId } from './whole-machine.ts';

export function roleMachine(description: Description, role: string, automaton: RoleAutomaton): AnyStateMachine {
  const names = stateNames(automaton);
  const states = automaton.map(({ told, on }, i) => {
    if (told !== null) return [names[i], { type: 'final' }];
    return [names[i], { on: Object.fromEntries([...on].map(([event, to]) => [event, names[to]])) }];
  });
  return setup({ types: { events: {} as { readonly type: string } } }).createMachine({
    id: `${machineId(description)}_${role}`,
    initial: names[0] as string,
    states: { ...Object.fromEntries(states), ...brokenStates },
    on: brokenMoves,
  } as never) as unknown as AnyStateMachine;
}

/** Each state's own; the same situation in words gets a number from the second on. */
export function stateNames(automaton: RoleAutomaton): readonly string[] {
  const used = new Map<string, number>();
  return automaton.map((state, i) => {
    const name = nameOf(state, i);
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

function nameOf({ active, told, on }: RoleAutomaton[number], index: number): string {
  if (told !== null) return told;
  if (active.length > 0) return active.join(' and ');
  if (index === 0) return 'not yet needed';
  return on.size === 0 ? 'nothing more to do' : 'waiting for others';
}
