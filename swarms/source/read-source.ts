// From one source file to its descriptions and to everything that is wrong with them, each with its place. The file is
// parsed and never executed, so a process can be checked before anybody trusts it.

import ts from 'typescript';
import { errorRow, formatErrorCode } from '../../lib/errors.ts';
import { check, type Rounds, rounds } from '../check/index.ts';
import { type Description, parseDescription } from '../description.ts';
import { maxSourceLength } from '../limits.ts';
import { readHead } from './read-head.ts';
import { readPhase } from './read-phase.ts';
import { Reader, type SourceFinding } from './reader.ts';
import { type Place, SourceText, syntaxErrors, walk } from './syntax.ts';

export interface Diagnostic {
  /** PSKY-nnnn */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** both from 1 */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion: string;
}

export interface Reading {
  /** in the order of the file; those that can be read and pass every rule */
  readonly descriptions: readonly Description[];
  readonly diagnostics: readonly Diagnostic[];
}

/** @param path says which language it is, and is repeated in the diagnostics */
export function readSource(path: string, text: string, by: Rounds = rounds): Reading {
  const findings: SourceFinding[] = [];
  const descriptions: Description[] = [];
  if (text.length > maxSourceLength) {
    findings.push(
      unreadable({ line: 1, column: 1 }, `The file has more than ${maxSourceLength} characters.`, 'Split it.'),
    );
  } else {
    const source = new SourceText(path, text);
    const broken = syntaxErrors(path, text);
    for (const { position, message } of broken)
      findings.push(unreadable(source.placeAt(position), message, 'Correct the syntax.'));
    if (broken.length === 0) readAll(source, by, findings, descriptions);
  }
  return { descriptions, diagnostics: findings.map((each) => diagnosticOf(path, each)).sort(byPlace) };
}

/** What the project can do without is a warning; it fails the check all the same. */
const warnings: ReadonlySet<string> = new Set(['swarm-role-unbound', 'swarm-successor-unused']);

function diagnosticOf(file: string, { name, place, message, suggestion }: SourceFinding): Diagnostic {
  const code = formatErrorCode(errorRow(name).code);
  const severity = warnings.has(name) ? 'warning' : 'error';
  return { code, severity, file, ...place, message, suggestion };
}

const byPlace = (a: Diagnostic, b: Diagnostic): number => a.line - b.line || a.column - b.column;

function readAll(source: SourceText, by: Rounds, findings: SourceFinding[], descriptions: Description[]): void {
  let found = 0;
  walk(source.file, (node) => {
    const opening = openingOf(source, node);
    if (opening === undefined) return;
    found++;
    const reader = new Reader(source);
    const description = readOne(reader, opening);
    if (reader.findings.length === 0 && description !== undefined) {
      for (const { at, ...finding } of check(description, by))
        reader.findings.push({ ...finding, place: reader.placeOf(at) });
    }
    findings.push(...reader.findings);
    if (reader.findings.length === 0 && description !== undefined) descriptions.push(description);
  });
  if (found > 0) return;
  const hint = "Write const p = swarm('domain/name@1', { … }); export const name = p.phases('start', { … });";
  findings.push(unreadable({ line: 1, column: 1 }, 'This file describes no process.', hint));
}

interface Opening {
  readonly builder: string;
  readonly head: ts.CallExpression;
  readonly phases: ts.CallExpression;
}

/** `p.phases(start, { … })`, where p is a constant made by `swarm` */
function openingOf(source: SourceText, node: ts.Node): Opening | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { name, expression } = node.expression;
  if (name.text !== 'phases' || !ts.isIdentifier(expression)) return undefined;
  const head = source.resolve(expression);
  if (!ts.isCallExpression(head) || source.calleeOf(head) !== 'swarm') return undefined;
  return { builder: expression.text, head, phases: node };
}

function readOne(reader: Reader, { builder, head: headCall, phases: phasesCall }: Opening): Description | undefined {
  reader.remember([], headCall);
  const [nameNode, headNode] = headCall.arguments;
  const [startNode, phasesNode] = phasesCall.arguments;
  if (nameNode === undefined || headNode === undefined)
    return reader.unreadable(
      headCall,
      'A process has a name and a head.',
      "Write swarm('domain/name@1', { roles, state }).",
    );
  if (startNode === undefined || phasesNode === undefined)
    return reader.unreadable(phasesCall, 'A process has a start and phases.', "Write phases('start', { … }).");
  const name = reader.string(nameNode, 'The name of the process');
  const start = reader.string(startNode, 'The start of the process');
  reader.remember(['name'], nameNode);
  reader.remember(['start'], startNode);
  const head = readHead(reader, headNode);
  if (head === undefined || name === undefined || start === undefined) return undefined;
  const phases: Record<string, unknown> = {};
  for (const entry of reader.properties(phasesNode, 'The phases of the process') ?? []) {
    const phase = readPhase(reader, head, builder, entry);
    if (phase !== undefined) phases[entry.key] = phase;
  }
  if (reader.findings.length > 0) return undefined;
  const { roles, state, deadlineMs } = head;
  return validate(reader, { name, roles, state, deadlineMs, start, phases });
}

function validate(
  reader: Reader,
  draft: Omit<Description, 'phases'> & { readonly phases: object },
): Description | undefined {
  const parsed = parseDescription(draft);
  if (parsed.ok) return parsed.value;
  const { path, message } = parsed.error;
  const place = reader.placeOf(path);
  const [what, named] = path;
  if (what === 'name') {
    const words = `'${draft.name}' is not the name of a process.`;
    const suggestion = 'Write domain, name and version in small letters: market/purchase@1.';
    reader.findings.push({ name: 'swarm-name-bad', place, message: words, suggestion });
  } else if (
    /^(roles|state|phases)$/.test(what ?? '') &&
    named !== undefined &&
    !/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(named)
  ) {
    const words = `'${named}' cannot be a name.`;
    const suggestion = 'Use letters, digits and _, as in a variable, at most 100.';
    reader.findings.push({ name: 'swarm-name-bad', place, message: words, suggestion });
  } else
    reader.findings.push(unreadable(place, `${path.join('.')}: ${message}.`, 'Keep within the form of a description.'));
  return undefined;
}

function unreadable(place: Place, message: string, suggestion: string): SourceFinding {
  return { name: 'swarm-unreadable', place, message, suggestion };
}
