// Pictures of a process: the whole with the role of each phase, and what each role goes through. SVG to look at, Mermaid
// for documents; both come from the checked description, so they cannot be out of date.

import { diagramOf } from '../../actors/index.ts';
import type { Description } from '../description.ts';
import { everyMember, movesOf, phasesOf } from '../graph.ts';
import { project } from '../projection/project.ts';
import type { RoleAutomaton } from '../projection/role-automaton.ts';
import { stateNames } from '../projection/role-machine.ts';
import { type Arrow, type Box, svgOf } from './svg.ts';

export interface Drawing {
  /** `whole`, or the name of a role */
  readonly of: string;
  readonly svg: string;
  readonly mermaid: string;
}

export function drawingsOf(description: Description): readonly Drawing[] {
  const { whole, roles } = project(description);
  return [
    { of: 'whole', svg: drawWhole(description), mermaid: diagramOf(whole) },
    ...[...roles].map(([role, { automaton, machine }]) => ({
      of: role,
      svg: drawRole(description, role, automaton),
      mermaid: diagramOf(machine),
    })),
  ];
}

function drawWhole(description: Description): string {
  const roles = Object.keys(description.roles);
  const boxes = Object.entries(description.phases).map(([id, node]): Box => {
    if (node.kind === 'end')
      return { id, title: id, note: node.undo ? `${node.outcome}, undoes` : node.outcome, shape: 'end', colour: 0 };
    const join = node.join === null ? '' : `, joins ${typeof node.join === 'string' ? node.join : node.join.atLeast}`;
    return { id, title: id, note: `${node.at}${join}`, shape: 'phase', colour: roles.indexOf(node.at) };
  });
  const arrows = phasesOf(description).flatMap(([from, phase]) =>
    movesOf(from, phase).flatMap((move): Arrow[] => {
      if ('branches' in move)
        return Object.entries(move.branches).map(([branch, to]) => ({
          from,
          to,
          label: branch === everyMember ? 'all members' : branch,
          dashed: false,
        }));
      return [{ from, to: move.to, label: move.kind === 'hop' ? '' : move.kind, dashed: move.kind !== 'hop' }];
    }),
  );
  return svgOf(
    description.name,
    [startBox, ...boxes],
    [{ from: startBox.id, to: description.start, label: '', dashed: false }, ...arrows],
  );
}

const startBox: Box = { id: ' start', title: 'start', note: '', shape: 'start', colour: 0 };

function drawRole(description: Description, role: string, automaton: RoleAutomaton): string {
  const colour = Object.keys(description.roles).indexOf(role);
  const names = stateNames(automaton);
  const boxes = automaton.map(({ active, told }, i): Box => {
    const shape = told !== null ? 'end' : active.length > 0 ? 'phase' : 'waiting';
    return { id: String(i), title: names[i] as string, note: '', shape, colour };
  });
  const arrows = automaton.flatMap(({ on }, i) =>
    [...on].map(
      ([event, to]): Arrow => ({ from: String(i), to: String(to), label: event, dashed: !event.startsWith('enter.') }),
    ),
  );
  return svgOf(`${description.name}: ${role}`, boxes, arrows);
}
