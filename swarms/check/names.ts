// Rules about names: what a description refers to exists, and what it declares is used. They come first, since a wrong
// name makes every later rule say something beside the point.

import { type Description, sees } from '../description.ts';
import { movesOf, phasesOf, targetsOf } from '../graph.ts';
import { reservedNames } from '../steps.ts';
import { type Finding, nearest, oneOf } from './finding.ts';

/** every phase that is named is there */
export function phasesExist(description: Description): readonly Finding[] {
  const known = Object.keys(description.phases);
  const found: Finding[] = [];
  const look = (name: string | null, at: readonly string[], what: string): void => {
    if (name === null || known.includes(name)) return;
    const message = `${what} '${name}', and there is no such phase.`;
    found.push({ name: 'swarm-phase-unknown', at, message, suggestion: nearest(name, known) });
  };
  look(description.start, ['start'], 'The process starts with');
  for (const [from, phase] of phasesOf(description)) {
    const declared = (to: string) => look(to, ['phases', from, 'next', to], `'${from}' goes to`);
    phase.next.forEach(declared);
    look(phase.onTimeout, ['phases', from, 'onTimeout'], `After its deadline '${from}' goes to`);
    look(phase.onError, ['phases', from, 'onError'], `After an error '${from}' goes to`);
  }
  return found;
}

/** no phase has a name that `go` uses itself */
export function namesAreFree(description: Description): readonly Finding[] {
  return Object.keys(description.phases)
    .filter((name) => reservedNames.includes(name))
    .map((name) => ({
      name: 'swarm-name-bad',
      at: ['phases', name],
      message: `A phase cannot be called '${name}': go.${name} is a word of the language.`,
      suggestion: `Call it by what it does, e.g. '${name}Offers'.`,
    }));
}

/** every role that is named is there */
export function rolesExist(description: Description): readonly Finding[] {
  const known = Object.keys(description.roles);
  const found: Finding[] = [];
  const look = (name: string, at: readonly string[], what: string): void => {
    if (known.includes(name)) return;
    const message = `${what} '${name}', and there is no such role.`;
    found.push({ name: 'swarm-role-unknown', at, message, suggestion: nearest(name, known) });
  };
  for (const [name, { readers }] of Object.entries(description.state)) {
    for (const reader of readers) look(reader, ['state', name, reader], `'${name}' is for`);
  }
  for (const [name, node] of Object.entries(description.phases)) {
    if (node.kind === 'phase') look(node.at, ['phases', name, 'at'], `'${name}' is at`);
    else if (node.tell !== 'all')
      for (const told of node.tell) look(told, ['phases', name, 'tell', told], `'${name}' tells`);
  }
  return found;
}

/** every role does something */
export function rolesAct(description: Description): readonly Finding[] {
  const acting = new Set(phasesOf(description).map(([, phase]) => phase.at));
  return Object.keys(description.roles)
    .filter((role) => !acting.has(role))
    .map((role) => ({
      name: 'swarm-role-unbound',
      at: ['roles', role],
      message: `No phase is at '${role}', so nobody is ever bound to it.`,
      suggestion: `Give it a phase, or remove it; whoever only reads needs no role.`,
    }));
}

/** `run` goes where `next` says, and everywhere that it says */
export function successorsAgree(description: Description): readonly Finding[] {
  return phasesOf(description).flatMap(([name, phase]): Finding[] => {
    if (phase.body === null) return [];
    const code = { ...phase, onTimeout: null, onError: null };
    const moves = movesOf(name, code);
    const taken = new Set(moves.flatMap((move) => [...targetsOf(move), ...('join' in move ? [move.join] : [])]));
    const undeclared = [...taken].filter((to) => !phase.next.includes(to));
    const unused = phase.next.filter((to) => !taken.has(to));
    return [
      ...undeclared.map((to): Finding => {
        const suggestion = `Add '${to}' to next, or go to ${oneOf(phase.next)}.`;
        const message = `'${name}' goes to '${to}', which it does not declare.`;
        return { name: 'swarm-successor-undeclared', at: ['phases', name, 'run', to], message, suggestion };
      }),
      ...unused.map((to): Finding => {
        const message = `'${name}' declares '${to}' and never goes there.`;
        const suggestion = `Go there, or remove it from next.`;
        return { name: 'swarm-successor-unused', at: ['phases', name, 'next', to], message, suggestion };
      }),
    ];
  });
}

/** `state` has what is read and written, and the role may see it */
export function viewsHold(description: Description): readonly Finding[] {
  const known = Object.keys(description.state);
  return phasesOf(description).flatMap(([name, phase]): Finding[] => {
    const look = (variable: string, at: readonly string[], what: 'read' | 'write'): Finding[] => {
      const declared = known.includes(variable) ? description.state[variable] : undefined;
      if (declared === undefined) {
        const message = `'${name}' ${what}s '${variable}', and there is no such variable.`;
        return [{ name: 'swarm-variable-unknown', at, message, suggestion: nearest(variable, known) }];
      }
      if (sees(declared, phase.at)) return [];
      const message = `'${name}' is at '${phase.at}' and ${what}s '${variable}', which only ${oneOf(declared.readers)} may see.`;
      const suggestion =
        what === 'read'
          ? `Let a phase at ${oneOf(declared.readers)} decide, or add '${phase.at}' to the readers of '${variable}'.`
          : `Write a variable that '${phase.at}' sees, or add it to the readers of '${variable}'.`;
      return [{ name: what === 'read' ? 'swarm-read-hidden' : 'swarm-write-hidden', at, message, suggestion }];
    };
    return [
      ...(phase.body?.reads ?? []).flatMap((each) => look(each, ['phases', name, 'reads', each], 'read')),
      ...(phase.body?.writes ?? []).flatMap((each) => look(each, ['phases', name, 'writes', each], 'write')),
      ...phase.merges.flatMap((each) => look(each, ['phases', name, 'merge', each], 'read')),
    ];
  });
}
