// What a phase's function does with the process: which variables it reads and writes, and where it goes. The names of its
// parameter are followed through destructuring and constants, however they are called.

import ts from 'typescript';
import type { BodyNode } from '../description.ts';
import { bindPattern, type Names, pathOf } from './names-in-scope.ts';
import type { Reader, Value } from './reader.ts';
import { walk } from './syntax.ts';

export type FunctionNode = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration | ts.MethodDeclaration;

export function functionOf(reader: Reader, value: Value): FunctionNode | undefined {
  const node = ts.isMethodDeclaration(value) ? value : reader.source.resolve(value);
  const isFunction =
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node);
  return isFunction ? node : undefined;
}

interface Body {
  readonly hops: Set<string>;
  readonly forks: BodyNode['forks'][number][];
  readonly broadcasts: BodyNode['broadcasts'][number][];
  readonly reads: Set<string>;
  readonly writes: Set<string>;
}

/** @param phase its name, for places */
export function readBodies(reader: Reader, phase: string, functions: readonly FunctionNode[]): BodyNode {
  const body: Body = { hops: new Set(), forks: [], broadcasts: [], reads: new Set(), writes: new Set() };
  for (const each of functions) readFunction(reader, phase, each, body);
  return { ...body, hops: [...body.hops], reads: [...body.reads], writes: [...body.writes] };
}

function readFunction(reader: Reader, phase: string, node: FunctionNode, body: Body): void {
  const [turn] = node.parameters;
  if (turn === undefined || node.body === undefined) return;
  const names: Names = new Map();
  bindPattern(turn.name, [], names, (path, at) => noteRead(reader, phase, path, at, body));
  walk(node.body, (each) => {
    if (!ts.isVariableDeclaration(each) || each.initializer === undefined) return;
    const path = pathOf(each.initializer, names);
    if (path === undefined) return;
    // a copy of a value is a value; what holds variables stays followed
    if (ts.isIdentifier(each.name) ? path.length < 2 : true)
      bindPattern(each.name, path, names, (inner, at) => noteRead(reader, phase, inner, at, body));
  });
  walk(node.body, (each) => {
    const isAccess = ts.isPropertyAccessExpression(each) || ts.isElementAccessExpression(each);
    if (!isAccess && !isUse(each)) return;
    if (isContinued(each)) return;
    readUse(reader, phase, each as ts.Expression, names, body);
  });
}

function noteRead(reader: Reader, phase: string, path: readonly string[], at: ts.Node, body: Body): void {
  const [what, variable] = path;
  if (what !== 'state' || variable === undefined) return;
  body.reads.add(variable);
  reader.remember(['phases', phase, 'reads', variable], at);
}

/** an identifier that stands for a value, not for a property or a declaration */
function isUse(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent) || ts.isParameter(parent)) return parent.initializer === node;
  if (ts.isVariableDeclaration(parent)) return parent.initializer === node;
  return true;
}

/** `a.b` of `a.b.c`: the longest is looked at */
function isContinued(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isElementAccessExpression(parent))
    return parent.expression === node && ts.isStringLiteralLike(parent.argumentExpression);
  return (ts.isNonNullExpression(parent) || ts.isParenthesizedExpression(parent)) && isContinued(parent);
}

function readUse(reader: Reader, phase: string, node: ts.Expression, names: Names, body: Body): void {
  const path = pathOf(node, names);
  if (path === undefined) return;
  const [what, name] = path;
  // turn, state or go as a whole: where one goes from there cannot be followed
  if (what === undefined || ((what === 'state' || what === 'go') && name === undefined)) {
    if (isBinding(node)) return;
    const whole = what ?? 'what the phase gets';
    reader.unreadable(
      node,
      `'${phase}' uses ${whole} as a whole, so what it does with it cannot be read.`,
      what === 'go' ? 'Call go.name() in the phase itself.' : 'Pass the values on that are needed: state.name.',
    );
    return;
  }
  if (what === 'go' && name !== undefined) readGo(reader, phase, node, name, body);
  if (what === 'state' && name !== undefined) {
    const { reads, writes } = accessOf(node, path.length);
    if (reads) noteRead(reader, phase, path, node, body);
    if (writes) {
      body.writes.add(name);
      reader.remember(['phases', phase, 'writes', name], node);
    }
  }
}

const isBinding = (node: ts.Node): boolean => ts.isVariableDeclaration(node.parent) && node.parent.initializer === node;

const mutators = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear append'.split(' '),
);

/** @param depth length of the path, 2 for the variable itself */
function accessOf(node: ts.Expression, depth: number): { reads: boolean; writes: boolean } {
  const { parent } = node;
  const method = ts.isPropertyAccessExpression(node) ? node.name.text : '';
  if (ts.isCallExpression(parent) && parent.expression === node)
    return { reads: true, writes: depth > 2 && mutators.has(method) };
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    const steps = parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
    return { reads: true, writes: steps };
  }
  if (ts.isDeleteExpression(parent)) return { reads: false, writes: true };
  if (!isTarget(node)) return { reads: true, writes: false };
  const plain = !ts.isBinaryExpression(parent) || parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  // a part of a value is changed, or the old value counts
  return { reads: depth > 2 || !plain, writes: true };
}

/** Is something assigned to it, alone or within a pattern? */
function isTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === node && kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node && isTarget(parent.parent);
  if (ts.isArrayLiteralExpression(parent) || ts.isSpreadElement(parent)) return isTarget(parent);
  return ts.isParenthesizedExpression(parent) && isTarget(parent);
}

function readGo(reader: Reader, phase: string, node: ts.Expression, name: string, body: Body): void {
  const at = (to: string, place: ts.Node) => reader.remember(['phases', phase, 'run', to], place);
  const fork = forkCallOf(node);
  if (name !== 'fork' && name !== 'broadcast') {
    at(name, node);
    body.hops.add(name);
    return;
  }
  if (fork === undefined) {
    const example =
      name === 'fork' ? "go.fork({ a: 'one', b: 'two' }).join('both')" : "go.broadcast('vote').join('count')";
    return reader.unreadable(node, `'${phase}' opens branches and does not say where they meet.`, `Write ${example}.`);
  }
  const join = reader.string(fork.join, `Where the branches of '${phase}' meet`);
  if (join === undefined) return;
  at(join, fork.join);
  if (name === 'broadcast') {
    const to = reader.string(fork.branches, `What '${phase}' broadcasts`);
    if (to === undefined) return;
    at(to, fork.branches);
    body.broadcasts.push({ to, join });
    return;
  }
  const branches: Record<string, string> = {};
  for (const { key, value } of reader.properties(fork.branches, `The branches of '${phase}'`) ?? []) {
    const to = reader.string(value, `A branch of '${phase}'`);
    if (to === undefined) return;
    at(to, value);
    branches[key] = to;
  }
  body.forks.push({ branches, join });
}

/** `go.fork(branches).join(phase)` around `go.fork` */
function forkCallOf(node: ts.Expression): { branches: ts.Expression; join: ts.Expression } | undefined {
  const call = node.parent;
  if (!ts.isCallExpression(call) || call.expression !== node) return undefined;
  const access = call.parent;
  if (!ts.isPropertyAccessExpression(access) || access.name.text !== 'join') return undefined;
  const joined = access.parent;
  if (!ts.isCallExpression(joined) || joined.expression !== access) return undefined;
  const [branches] = call.arguments;
  const [join] = joined.arguments;
  return branches === undefined || join === undefined ? undefined : { branches, join };
}
