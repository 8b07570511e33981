// Pictures of a process: the whole with the role of each phase, and what each role goes through. SVG to look at, Mermaid
// for documents; both come from the checked description, so they cannot be out of date.

import { diagramOf } from '../../actors/index.ts';
import type { Description, EndNode, PhaseNode } from '../description.ts';
import { endOf, everyMember, type Move, movesOf, phasesOf } from '../graph.ts';
import { project } from '../projection/project.ts';
import type { RoleAutomaton } from '../projection/role-automaton.ts';
import { type Arrow, type ArrowKind, type Box, svgOf } from './svg.ts';

export interface Drawing {
  /** `whole`, or the name of a role */
  readonly of: string;
  readonly svg: string;
  readonly mermaid: string;
}

/** @param description one that passes the check */
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

const startBox: Box = { id: ' start', name: '', note: '', shape: 'start', role: 0 };

function drawWhole(description: Description): string {
  const roles = Object.keys(description.roles);
  const boxes = Object.entries(description.phases).map(
    ([name, node]): Box =>
      node.kind === 'end'
        ? { id: name, ...endBox(name, node) }
        : { id: name, name, note: phaseNote(node), shape: 'phase', role: roles.indexOf(node.at) },
  );
  const arrows = phasesOf(description).flatMap(([name, phase]) =>
    movesOf(name, phase).flatMap((move) => arrowsOf(move, phase)),
  );
  const first: Arrow = { from: startBox.id, to: description.start, label: '', kind: 'hop' };
  return svgOf({
    title: description.name,
    roles: roles.map((name, at) => ({ name, at })),
    boxes: [startBox, ...boxes],
    arrows: [first, ...arrows],
  });
}

function endBox(name: string, { outcome, undo }: EndNode): Omit<Box, 'id'> {
  return { name, note: undo ? `${outcome} · undoes` : outcome, shape: undo ? 'undoing end' : 'end', role: 0 };
}

function phaseNote({ at, join, maxTimes, undo }: PhaseNode): string {
  return [
    at,
    ...(join === null ? [] : [`waits for ${typeof join === 'string' ? join : join.atLeast}`]),
    ...(maxTimes === null ? [] : [`at most ${maxTimes} times`]),
    ...(undo ? ['can be undone'] : []),
  ].join(' · ');
}

function arrowsOf(move: Move, phase: PhaseNode): readonly Arrow[] {
  if ('branches' in move) {
    return Object.entries(move.branches).map(([branch, to]) => {
      const label = branch === everyMember ? 'every member' : branch;
      return { from: move.from, to, label, kind: 'hop' };
    });
  }
  const { kind, from, to } = move;
  if (kind === 'timeout') return [{ from, to, kind, label: `after ${durationText(phase.deadlineMs)}` }];
  return [{ from, to, kind, label: kind === 'error' ? 'error' : '' }];
}

const units: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** `90 min`: in the greatest unit of which it is a whole number */
function durationText(ms: number | 'never'): string {
  if (ms === 'never') return 'the deadline';
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms'];
  return `${ms / size} ${unit}`;
}

function drawRole(description: Description, role: string, automaton: RoleAutomaton): string {
  const at = Object.keys(description.roles).indexOf(role);
  const isNoted = notedEnds(automaton);
  const boxes = automaton.map((state, i): Box => {
    const id = String(i);
    const end = state.told === null ? undefined : endOf(description, state.told);
    if (state.told !== null && end !== undefined) return { id, ...endBox(state.told, end) };
    const ends = [...state.on.values()].filter((to) => isNoted(i, to)).map((to) => automaton[to]?.told);
    const orEnds = ends.length === 0 ? '' : `or it ends: ${ends.join(', ')}`;
    if (state.active.length > 0)
      return { id, name: state.active.join(' and '), note: orEnds, shape: 'phase', role: at };
    const note = [waitingText(state, i), orEnds].filter((text) => text !== '').join(', ');
    return { id, name: '', note, shape: 'waiting', role: at };
  });
  const arrows = automaton.flatMap(({ on }, i) =>
    [...on]
      .filter(([, to]) => !isNoted(i, to))
      .map(([event, to]): Arrow => ({ from: String(i), to: String(to), ...eventText(event) })),
  );
  return svgOf({ title: `${description.name}: ${role}`, roles: [{ name: role, at }], boxes, arrows });
}

/** An end that may come at almost any time would be the goal of arrows from everywhere: states that also go on only note it. */
function notedEnds(automaton: RoleAutomaton): (from: number, to: number) => boolean {
  const isEnd = (state: number): boolean => automaton[state]?.told != null;
  const arrowsTo = (end: number): number => automaton.filter(({ on }) => [...on.values()].includes(end)).length;
  const busy = new Set([...automaton.keys()].filter((state) => isEnd(state) && arrowsTo(state) > maxArrowsToEnd));
  return (from, to) => busy.has(to) && [...(automaton[from]?.on.values() ?? [])].some((other) => !isEnd(other));
}

const maxArrowsToEnd = 3;

function waitingText({ on }: RoleAutomaton[number], index: number): string {
  if (index === 0) return 'not yet needed';
  return on.size === 0 ? 'nothing more to do' : 'waits';
}

/** Arrows that come to a phase or an end say nothing that its name does not say; events are those of projection/events.ts. */
function eventText(event: string): { readonly label: string; readonly kind: ArrowKind } {
  const [from = '', how = '', join = ''] = event.split('.');
  if (from === 'enter' || from === 'end') return { label: '', kind: 'hop' };
  if (how === 'timeout') return { label: `${from} is late`, kind: 'timeout' };
  if (how === 'error') return { label: `${from} fails`, kind: 'error' };
  if (how === 'refused') return { label: `${from} is no longer needed`, kind: 'timeout' };
  if (join !== '') return { label: `${how === 'fork' ? 'forks' : 'broadcasts'}, to meet at ${join}`, kind: 'hop' };
  return { label: `to ${how}`, kind: 'hop' };
}
