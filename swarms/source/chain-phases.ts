// Rules for phases on a chain, which need the source itself: every validator executes them alike, so they call nothing that
// differs from one machine to another; and their data is checked natively by JSON Schema, so it must fit into one.

import ts from 'typescript';
import type { PhaseNode } from '../description.ts';
import type { FunctionNode } from './read-body.ts';
import type { Head } from './read-head.ts';
import type { Reader, Value } from './reader.ts';
import { walk } from './syntax.ts';

export interface ChainPhase {
  readonly name: string;
  readonly phase: PhaseNode;
  readonly functions: readonly FunctionNode[];
  readonly input: Value | undefined;
}

export function checkChainPhase(reader: Reader, head: Head, { name, phase, functions, input }: ChainPhase): void {
  for (const each of functions) checkDeterminism(reader, name, each);
  const schemas = new Map<string, Value>();
  for (const variable of [...(phase.body?.reads ?? []), ...(phase.body?.writes ?? [])]) {
    const schema = head.schemas.get(variable);
    if (schema !== undefined) schemas.set(`'${variable}'`, schema);
  }
  if (input !== undefined) schemas.set(`the input of '${name}'`, input);
  for (const [what, schema] of schemas) checkSchema(reader, { what, phase: name, schema });
}

/** what gives another answer on another machine, at another time, or in another release of Node */
const ambient = new Set([
  ...['Date', 'performance', 'crypto', 'fetch', 'process', 'globalThis', 'Intl', 'WeakRef', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'RegExp', 'Proxy'],
]);
/** IEEE 754 says what these give; of the others of Math it does not */
const exactMath = new Set('abs ceil clz32 floor fround imul max min round sign sqrt trunc'.split(' '));
const localeMethods = new Set(['localeCompare', 'toLocaleString', 'toLocaleUpperCase', 'toLocaleLowerCase']);

function checkDeterminism(reader: Reader, phase: string, node: FunctionNode): void {
  const refuse = (at: ts.Node, what: string, suggestion: string): void => {
    const message = `'${phase}' is executed by every validator of a chain, and ${what} differs between them.`;
    reader.report('swarm-chain-nondeterministic', at, message, suggestion);
  };
  const outside = 'Take it as input from a phase of an agent.';
  walk(node, (each) => {
    if (ts.isAwaitExpression(each) || (ts.isFunctionLike(each) && hasAsync(each)))
      refuse(each, 'what is waited for', 'Do it in a phase of an agent, before or after.');
    if (ts.isRegularExpressionLiteral(each)) refuse(each, 'how regular expressions run', 'Compare strings.');
    if (ts.isPropertyAccessExpression(each)) {
      const { name, expression } = each;
      if (ts.isIdentifier(expression) && expression.text === 'Math' && isUnsafeMath(name.text))
        refuse(each, `Math.${name.text}`, outside);
      if (localeMethods.has(name.text)) refuse(name, name.text, 'Use a comparison that knows no locale.');
    }
    const isProperty = ts.isIdentifier(each) && ts.isPropertyAccessExpression(each.parent) && each.parent.name === each;
    const isKey = ts.isIdentifier(each) && ts.isPropertyAssignment(each.parent) && each.parent.name === each;
    if (ts.isIdentifier(each) && !isProperty && !isKey && ambient.has(each.text)) refuse(each, each.text, outside);
  });
}

const isUnsafeMath = (name: string): boolean => /^[a-z]/.test(name) && !exactMath.has(name);

function hasAsync(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((each) => each.kind === ts.SyntaxKind.AsyncKeyword)
  );
}

/** Parts of zod that z.toJSONSchema refuses or that JSON Schema cannot check. */
const inexpressible = new Set([
  ...['date', 'bigint', 'int64', 'uint64', 'symbol', 'undefined', 'void', 'map', 'set', 'nan', 'function', 'promise'],
  ...[
    'custom',
    'instanceof',
    'file',
    'transform',
    'pipe',
    'preprocess',
    'codec',
    'refine',
    'superRefine',
    'check',
    'lazy',
  ],
]);

interface NamedSchema {
  readonly what: string;
  readonly phase: string;
  readonly schema: Value;
}

function checkSchema(reader: Reader, { what, phase, schema }: NamedSchema): void {
  const refuse = (at: ts.Node, why: string): void => {
    const message = `${what} is used on a chain by '${phase}', where JSON Schema checks it, and ${why}.`;
    const suggestion = 'Use what JSON has: strings, numbers, booleans, lists, objects; write large numbers as strings.';
    reader.report('swarm-chain-schema', at, message, suggestion);
  };
  const visit = (value: ts.Node, depth: number): void => {
    walk(value, (each) => {
      if (ts.isPropertyAccessExpression(each) && inexpressible.has(each.name.text))
        refuse(each.name, `JSON Schema cannot express ${each.name.text}`);
      if (!ts.isIdentifier(each) || !standsForSchema(each)) return;
      const resolved = reader.source.resolve(each);
      if (resolved !== each && depth < maxDepth) visit(resolved, depth + 1);
      else if (!reader.source.imported.has(each.text) || !isNamespaceUse(each))
        refuse(each, `'${each.text}' is not written in this file`);
    });
  };
  visit(schema, 0);
}

/** of constants that name constants */
const maxDepth = 20;

/** `z` of `z.string()` is the library itself */
const isNamespaceUse = (node: ts.Identifier): boolean =>
  ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node;

function standsForSchema(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !ts.isParameter(parent);
}
