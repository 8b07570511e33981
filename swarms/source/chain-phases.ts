// Rules for phases on a chain, which need the source itself: every validator executes them alike, so they call nothing that
// differs from one machine to another; and their data is checked natively by JSON Schema, so it must fit into one.

import ts from 'typescript';
import type { PhaseNode } from '../description.ts';
import type { FunctionNode } from './read-body.ts';
import type { Head } from './read-head.ts';
import type { Reader, Value } from './reader.ts';
import { isUse, walk } from './syntax.ts';

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
  ...['Date', 'performance', 'crypto', 'fetch', 'process', 'globalThis', 'Intl', 'WeakRef', 'FinalizationRegistry'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'RegExp', 'Proxy', 'Function', 'require'],
  ...['Atomics', 'SharedArrayBuffer', 'navigator', 'WebAssembly', 'Worker'],
]);
/** IEEE 754 says what these give; of the others of Math it does not */
const exactMath = new Set('abs ceil clz32 floor fround imul max min round sign sqrt trunc'.split(' '));
const constantOfMath = /^[A-Z]/;
const differingMembers = new Set([
  'localeCompare',
  'toLocaleString',
  'toLocaleUpperCase',
  'toLocaleLowerCase',
  'stack',
]);

/** The function, and every function of the file that it names. */
function checkDeterminism(reader: Reader, phase: string, node: FunctionNode): void {
  const seen = new Set<ts.Node>();
  const look = (each: ts.Node): void => {
    if (seen.has(each)) return;
    seen.add(each);
    walk(each, (inner) => {
      const found = differenceIn(inner) ?? importIn(reader, inner);
      if (found !== undefined) {
        const message = `'${phase}' is executed by every validator of a chain, and ${found.what}.`;
        reader.report('swarm-chain-nondeterministic', inner, message, found.suggestion);
      }
      if (!isUse(inner)) return;
      const named = reader.source.resolve(inner);
      if (named !== inner) look(named);
    });
  };
  look(node);
}

interface Difference {
  readonly what: string;
  readonly suggestion: string;
}

function differenceIn(node: ts.Node): Difference | undefined {
  const differs = (what: string): Difference => ({
    what: `${what} differs between them`,
    suggestion: 'Take the value as input from a phase of an agent.',
  });
  if (ts.isAwaitExpression(node) || (ts.isFunctionLike(node) && hasAsync(node)))
    return { ...differs('what is waited for'), suggestion: 'Do it in a phase of an agent, before or after.' };
  if (ts.isRegularExpressionLiteral(node))
    return { ...differs('how regular expressions run'), suggestion: 'Compare strings.' };
  if (ts.isMetaProperty(node)) return differs('import.meta');
  if (node.kind === ts.SyntaxKind.ImportKeyword) return differs('what is imported while it runs');
  if (ts.isIdentifier(node) && ts.isPropertyAccessExpression(node.parent) && node.parent.name === node)
    return differingMembers.has(node.text)
      ? { ...differs(node.text), suggestion: 'Use what knows no locale and no machine.' }
      : undefined;
  if (!isUse(node)) return undefined;
  if (node.text === 'Math') return isExactMath(node) ? undefined : differs(node.parent.getText());
  return ambient.has(node.text) ? differs(node.text) : undefined;
}

/** `Math.max`, and nothing that could become another of its functions */
function isExactMath({ parent }: ts.Identifier): boolean {
  if (!ts.isPropertyAccessExpression(parent)) return false;
  return exactMath.has(parent.name.text) || constantOfMath.test(parent.name.text);
}

/** Other files are not read, so what they do on a chain nobody could say. */
function importIn(reader: Reader, node: ts.Node): Difference | undefined {
  if (!isUse(node) || !reader.source.imported.has(node.text)) return undefined;
  return {
    what: `what '${node.text}' does stands in another file, which is not read`,
    suggestion: 'Write the function in this file.',
  };
}

function hasAsync(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((each) => each.kind === ts.SyntaxKind.AsyncKeyword)
  );
}

/** Parts of zod that z.toJSONSchema refuses or that JSON Schema cannot check. */
const inexpressible = new Set([
  ...['date', 'bigint', 'int64', 'uint64', 'symbol', 'undefined', 'void', 'map', 'set', 'nan', 'function', 'promise'],
  ...['custom', 'instanceof', 'file', 'transform', 'pipe', 'preprocess', 'codec', 'stringbool'],
  ...['refine', 'superRefine', 'check', 'overwrite'],
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
