// One process: its head, its phases, and what can be judged only when all of them are read.

import type ts from 'typescript';
import { type Description, namePattern, parseDescription } from '../description.ts';
import { readHead } from './read-head.ts';
import { readPhase } from './read-phase.ts';
import type { Reader } from './reader.ts';

/** `const builder = swarm(…)` and `builder.phases(…)` */
export interface Opening {
  readonly builder: string;
  readonly head: ts.CallExpression;
  readonly phases: ts.CallExpression;
}

type Draft = Omit<Description, 'phases'> & { readonly phases: Readonly<Record<string, unknown>> };

/** @returns undefined where the reader has findings */
export function readChoreography(reader: Reader, opening: Opening): Description | undefined {
  const draft = readDraft(reader, opening);
  if (draft === undefined || reader.findings.length > 0) return undefined;
  const description = validate(reader, draft);
  if (description !== undefined) inputsFit(reader, description);
  return description;
}

function readDraft(reader: Reader, { builder, head: headCall, phases: phasesCall }: Opening): Draft | undefined {
  reader.remember([], headCall);
  const [nameNode, headNode] = headCall.arguments;
  const [startNode, phasesNode] = phasesCall.arguments;
  if (nameNode === undefined || headNode === undefined) {
    const hint = "Write swarm('domain/name@1', { roles, state }).";
    return reader.unreadable(headCall, 'A process has a name and a head.', hint);
  }
  if (startNode === undefined || phasesNode === undefined) {
    const hint = `Write ${builder}.phases('start', { … }).`;
    return reader.unreadable(phasesCall, 'A process has a start and phases.', hint);
  }
  const name = reader.string(nameNode, 'The name of the process');
  const start = reader.string(startNode, 'The start of the process');
  reader.remember(['name'], nameNode);
  reader.remember(['start'], startNode);
  reader.remember(['phases'], phasesNode);
  const head = readHead(reader, headNode);
  if (head === undefined || name === undefined || start === undefined) return undefined;
  const phases: Record<string, unknown> = {};
  for (const entry of reader.properties(phasesNode, 'The phases of the process') ?? []) {
    const phase = readPhase(reader, head, builder, entry);
    if (phase !== undefined) phases[entry.key] = phase;
  }
  return { name, roles: head.roles, state: head.state, deadlineMs: head.deadlineMs, start, phases };
}

function validate(reader: Reader, draft: Draft): Description | undefined {
  const parsed = parseDescription(draft);
  if (parsed.ok) return parsed.value;
  const { path, message } = parsed.error;
  const place = reader.placeOf(path);
  const [part = '', named] = path;
  const bad = (words: string, suggestion: string): undefined =>
    void reader.findings.push({ name: 'swarm-name-bad', place, message: words, suggestion });
  if (part === 'name') {
    const words = `'${draft.name}' is not the name of a process.`;
    return bad(words, 'Write domain, name and version in small letters: market/purchase@1.');
  }
  if (named !== undefined && !namePattern.test(named))
    return bad(`'${named}' cannot be a name.`, 'Use at most 100 letters, digits and _, and no __ to begin with.');
  if (named === undefined && path.length === 1) {
    const words = `The process has more ${part === 'state' ? 'variables' : part} than anybody could follow: ${message}.`;
    const suggestion = 'Make processes of their own out of parts of it.';
    return void reader.findings.push({ name: 'swarm-too-large', place, message: words, suggestion });
  }
  const suggestion = 'Keep within the form of a description.';
  return void reader.findings.push({
    ...{ name: 'swarm-unreadable', place, suggestion },
    message: `${path.join('.')}: ${message}.`,
  });
}

/** A hop carries an input where its phase takes one, and only there. */
function inputsFit(reader: Reader, { phases }: Description): void {
  for (const { from, to, node, gives } of reader.hops) {
    const target = Object.hasOwn(phases, to) ? phases[to] : undefined;
    const takes = target?.kind === 'phase' && target.takesInput;
    if (target === undefined || takes === gives) continue;
    const message = takes
      ? `'${to}' takes an input, and '${from}' gives it none.`
      : `'${from}' gives '${to}' an input, and it takes none.`;
    const suggestion = takes ? `Write go.${to}(input).` : `Write go.${to}(), and pass the value in state.`;
    reader.report('swarm-input-wrong', node, message, suggestion);
  }
}
