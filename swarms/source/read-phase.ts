// One entry of `.phases(start, { … })`: a phase at a role, or an end.

import ts from 'typescript';
import type { EndNode, JoinNode, PhaseNode, RoleNode } from '../description.ts';
import { defaultDeadlineMs } from '../limits.ts';
import { checkChainPhase } from './chain-phases.ts';
import { type FunctionNode, functionOf, readBody } from './read-body.ts';
import type { Head } from './read-head.ts';
import type { Property, Reader, Value } from './reader.ts';

export function readPhase(
  reader: Reader,
  head: Head,
  builder: string,
  entry: Property,
): PhaseNode | EndNode | undefined {
  const { key, value } = entry;
  reader.remember(['phases', key], entry.name);
  const call = ts.isMethodDeclaration(value) ? value : reader.source.resolve(value);
  if (ts.isCallExpression(call)) {
    if (reader.source.importedName(call.expression) === 'end') return readEnd(reader, key, call);
    const { expression } = call;
    const isAt = ts.isPropertyAccessExpression(expression) && expression.name.text === 'at';
    if (isAt && ts.isIdentifier(expression.expression) && expression.expression.text === builder)
      return readAt(reader, head, key, call);
  }
  return reader.unreadable(
    value,
    `'${key}' is neither a phase nor an end.`,
    `Write ${builder}.at('role', { … }) or end('outcome').`,
  );
}

function readEnd(reader: Reader, key: string, call: ts.CallExpression): EndNode | undefined {
  const [first, second] = call.arguments;
  if (first === undefined) return reader.unreadable(call, `The end '${key}' has no outcome.`, "Write end('ok').");
  const outcome = reader.string(first, `The outcome of '${key}'`);
  let undo = false;
  let tell: 'all' | readonly string[] = 'all';
  for (const { key: name, name: node, value } of second === undefined
    ? []
    : (reader.properties(second, `'${key}'`) ?? [])) {
    if (name === 'undo') undo = reader.boolean(value, `undo of '${key}'`) ?? false;
    else if (name === 'tell') {
      reader.remember(['phases', key, 'tell'], node);
      const told = reader.strings(value, `Whom '${key}' tells`) ?? [];
      for (const [role, at] of told) reader.remember(['phases', key, 'tell', role], at);
      tell = told.map(([role]) => role);
    } else reader.unreadable(node, `An end has no '${name}'.`, 'It has undo and tell.');
  }
  if (outcome === '') return reader.unreadable(first, `The end '${key}' has no outcome.`, "Write end('ok').");
  return outcome === undefined ? undefined : { kind: 'end', outcome, undo, tell };
}

interface Draft {
  takesInput: boolean;
  next: readonly string[];
  deadlineMs: number | 'never';
  onTimeout: string | null;
  onError: string | null;
  maxTimes: number | null;
  undo: boolean;
  join: JoinNode | null;
  merges: readonly string[];
}

const known = 'input, next, run, deadline, onTimeout, onError, maxTimes, undo, join and merge';

function readAt(reader: Reader, head: Head, key: string, call: ts.CallExpression): PhaseNode | undefined {
  const [role, spec] = call.arguments;
  if (role === undefined || spec === undefined)
    return reader.unreadable(call, `'${key}' lacks a role or what it does.`, "Write at('role', { next, run }).");
  reader.remember(['phases', key, 'at'], role);
  const at = reader.string(role, `The role of '${key}'`);
  const properties = reader.properties(spec, `'${key}'`);
  if (at === undefined || properties === undefined) return undefined;
  const draft: Draft = {
    ...{ takesInput: false, next: [], deadlineMs: defaultDeadlineMs, onTimeout: null, onError: null },
    ...{ maxTimes: null, undo: false, join: null, merges: [] },
  };
  const functions: { run?: FunctionNode; undo?: FunctionNode } = {};
  let input: Value | undefined;
  for (const property of properties) {
    const { key: name, value } = property;
    reader.remember(['phases', key, name], name === 'deadline' ? value : property.name);
    if (name === 'run' || name === 'undo') {
      const node = functionOf(reader, value);
      if (node !== undefined) functions[name] = node;
      else
        reader.unreadable(value, `${name} of '${key}' is not a function of this file.`, 'Write the function in place.');
      if (name === 'undo') draft.undo = true;
    } else if (name === 'input') {
      draft.takesInput = true;
      input = value;
    } else readSetting(reader, key, property, draft);
  }
  if (!properties.some((each) => each.key === 'run'))
    return reader.unreadable(call, `'${key}' does nothing.`, 'Add run: ({ go }) => go.name().');
  const { run, undo } = functions;
  if (run === undefined) return undefined;
  const phase: PhaseNode = { kind: 'phase', at, ...draft, body: readBody(reader, key, { run, undo }) };
  const kind: RoleNode['kind'] | undefined = head.roles[at]?.kind;
  if (kind === 'chain')
    checkChainPhase(reader, head, { name: key, phase, functions: undo === undefined ? [run] : [run, undo], input });
  return phase;
}

function readSetting(reader: Reader, key: string, { key: name, name: node, value }: Property, draft: Draft): void {
  switch (name) {
    case 'next': {
      const next = reader.strings(value, `next of '${key}'`) ?? [];
      for (const [to, at] of next) reader.remember(['phases', key, 'next', to], at);
      draft.next = next.map(([to]) => to);
      return;
    }
    case 'deadline':
      draft.deadlineMs = reader.duration(value, `The deadline of '${key}'`) ?? defaultDeadlineMs;
      return;
    case 'onTimeout':
    case 'onError':
      draft[name] = reader.string(value, `${name} of '${key}'`) ?? null;
      return;
    case 'maxTimes':
      draft.maxTimes = reader.count(value, `maxTimes of '${key}'`) ?? null;
      return;
    case 'join':
      draft.join = readJoin(reader, key, value) ?? null;
      return;
    case 'merge': {
      const merges = reader.properties(value, `merge of '${key}'`) ?? [];
      for (const each of merges) reader.remember(['phases', key, 'merge', each.key], each.name);
      draft.merges = merges.map((each) => each.key);
      return;
    }
    default:
      reader.unreadable(node, `A phase has no '${name}'.`, `It has ${known}.`);
  }
}

function readJoin(reader: Reader, key: string, value: Value): JoinNode | undefined {
  const node = ts.isMethodDeclaration(value) ? value : reader.source.resolve(value);
  if (ts.isStringLiteralLike(node) && (node.text === 'all' || node.text === 'any')) return node.text;
  const [count] = ts.isCallExpression(node) ? node.arguments : [];
  if (reader.source.calleeOf(node) === 'atLeast' && count !== undefined) {
    const atLeast = reader.count(count, `join of '${key}'`);
    return atLeast === undefined ? undefined : { atLeast };
  }
  return reader.unreadable(value, `How many branches '${key}' joins is not said.`, "Write 'all', 'any' or atLeast(2).");
}
