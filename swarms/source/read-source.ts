// From one source file to its descriptions and to everything that is wrong with them, each with its place. The file is
// parsed and never executed, so a process can be checked before anybody trusts it; what it imports is not opened.

import ts from 'typescript';
import { errorRow, formatErrorCode } from '../../lib/errors.ts';
import { check, type Rounds, rounds } from '../check/index.ts';
import type { Description } from '../description.ts';
import { maxNesting, maxSourceLength } from '../limits.ts';
import { type Opening, readChoreography } from './read-choreography.ts';
import { Reader, type SourceFinding } from './reader.ts';
import { isDeeperThan, SourceText, syntaxErrors, walk } from './syntax.ts';

export interface Diagnostic {
  /** PSKY-nnnn */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** both from 1, as editors count them */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion: string;
}

export interface Reading {
  /** in the order of the file; those that can be read and pass every rule */
  readonly descriptions: readonly Description[];
  /** in the order of the file */
  readonly diagnostics: readonly Diagnostic[];
}

interface Found {
  readonly descriptions: readonly Description[];
  readonly findings: readonly SourceFinding[];
}

/** @param path says which language it is, and is repeated in the diagnostics */
export function readSource(path: string, text: string, by: Rounds = rounds): Reading {
  const { descriptions, findings } = readText(path, text, by);
  return { descriptions, diagnostics: findings.map((each) => diagnosticOf(path, each)).sort(byPlace) };
}

function readText(path: string, text: string, by: Rounds): Found {
  if (text.length > maxSourceLength)
    return wholeFile(`The file has more than ${maxSourceLength} characters.`, 'Split it.');
  try {
    const source = new SourceText(path, text);
    if (isDeeperThan(maxNesting, source.file)) return tooDeep();
    const broken = syntaxErrors(path, text);
    if (broken.length === 0) return readAll(source, by);
    const findings = broken.map(({ position, message }) => {
      const sentence = message.endsWith('.') ? message : `${message}.`;
      return unreadable(source.placeAt(position), sentence, 'Correct the syntax.');
    });
    return { descriptions: [], findings };
  } catch (error) {
    // the compiler's parser goes down by recursion
    if (error instanceof RangeError) return tooDeep();
    throw error;
  }
}

function readAll(source: SourceText, by: Rounds): Found {
  const findings: SourceFinding[] = [];
  const descriptions: Description[] = [];
  const heads = new Set<ts.CallExpression>();
  const read = new Set<ts.CallExpression>();
  walk(source.file, (node) => {
    if (ts.isCallExpression(node) && source.calleeOf(node) === 'swarm') heads.add(node);
    const opening = openingOf(source, node);
    if (opening === undefined) return;
    read.add(opening.head);
    const reader = new Reader(source);
    const description = readChoreography(reader, opening);
    const wrong =
      description === undefined || reader.findings.length > 0
        ? reader.findings
        : check(description, by).map(({ at, ...finding }) => ({ ...finding, place: reader.placeOf(at) }));
    findings.push(...wrong);
    if (description !== undefined && wrong.length === 0) descriptions.push(description);
  });
  if (heads.size === 0 && read.size === 0) return wholeFile('This file describes no process.', example);
  for (const head of heads) {
    if (read.has(head)) continue;
    findings.push(
      unreadable(source.placeOf(head), 'The phases of this process cannot be found in this file.', example),
    );
  }
  return { descriptions, findings };
}

const example = "Write const p = swarm('domain/name@1', { … }); export const name = p.phases('start', { … }).";

/** `p.phases(start, { … })`, where p is a constant made by `swarm` */
function openingOf(source: SourceText, node: ts.Node): Opening | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { name, expression } = node.expression;
  if (name.text !== 'phases' || !ts.isIdentifier(expression)) return undefined;
  const head = source.resolve(expression);
  if (!ts.isCallExpression(head) || source.calleeOf(head) !== 'swarm') return undefined;
  return { builder: expression.text, head, phases: node };
}

/** What a project can do without is a warning; it fails the check all the same. */
const warnings: ReadonlySet<string> = new Set(['swarm-role-unbound', 'swarm-successor-unused']);

function diagnosticOf(file: string, { name, place, message, suggestion }: SourceFinding): Diagnostic {
  const code = formatErrorCode(errorRow(name).code);
  const severity = warnings.has(name) ? 'warning' : 'error';
  return { code, severity, file, line: place.line, column: place.column, message, suggestion };
}

const byPlace = (a: Diagnostic, b: Diagnostic): number => a.line - b.line || a.column - b.column;

const tooDeep = (): Found => wholeFile('The program is nested too deeply.', 'Give parts of it names.');

function wholeFile(message: string, suggestion: string): Found {
  return { descriptions: [], findings: [unreadable({ line: 1, column: 1 }, message, suggestion)] };
}

function unreadable(place: SourceFinding['place'], message: string, suggestion: string): SourceFinding {
  return { name: 'swarm-unreadable', place, message, suggestion };
}
