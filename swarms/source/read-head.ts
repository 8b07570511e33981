// The head of a choreography: who takes part, and who sees what.

import ts from 'typescript';
import type { RoleNode, VariableNode } from '../description.ts';
import type { Property, Reader } from './reader.ts';

export interface Head {
  readonly roles: Readonly<Record<string, RoleNode>>;
  readonly state: Readonly<Record<string, VariableNode>>;
  readonly deadlineMs: number | null;
  /** the schema of each variable, as it is written */
  readonly schemas: ReadonlyMap<string, ts.Expression>;
}

export function readHead(reader: Reader, node: ts.Expression): Head | undefined {
  const properties = reader.properties(node, 'The head of the process');
  if (properties === undefined) return undefined;
  const roles: Record<string, RoleNode> = {};
  const state: Record<string, VariableNode> = {};
  const schemas = new Map<string, ts.Expression>();
  let deadlineMs: number | null = null;
  for (const { key, name, value } of properties) {
    if (key === 'roles') {
      for (const each of reader.properties(value, 'roles') ?? []) {
        reader.remember(['roles', each.key], each.name);
        const role = readRole(reader, each);
        if (role !== undefined) roles[each.key] = role;
      }
    } else if (key === 'state') {
      for (const each of reader.properties(value, 'state') ?? []) {
        reader.remember(['state', each.key], each.name);
        const read = readVariable(reader, each);
        if (read === undefined) continue;
        state[each.key] = read.node;
        schemas.set(each.key, read.schema);
      }
    } else if (key === 'deadline') {
      reader.remember(['deadlineMs'], value);
      const read = reader.duration(value, 'The deadline of the process');
      if (typeof read === 'number') deadlineMs = read;
    } else reader.unreadable(name, `A process has no '${key}'.`, 'It has roles, state and deadline.');
  }
  return reader.findings.length > 0 ? undefined : { roles, state, deadlineMs, schemas };
}

function readRole(reader: Reader, { key, value }: Property): RoleNode | undefined {
  const call = ts.isMethodDeclaration(value) ? value : reader.source.resolve(value);
  const kind = reader.source.calleeOf(call);
  if (ts.isCallExpression(call) && (kind === 'agent' || kind === 'client' || kind === 'group'))
    return { kind, chain: null };
  if (ts.isCallExpression(call) && kind === 'chain') {
    const [named] = call.arguments;
    const name = named === undefined ? undefined : reader.string(named, `The chain of '${key}'`);
    if (name !== undefined) return { kind, chain: name };
  }
  return reader.unreadable(
    value,
    `The role '${key}' is none of the four kinds.`,
    "Write agent(), client(), group() or chain('name').",
  );
}

function readVariable(
  reader: Reader,
  { key, value }: Property,
): { readonly node: VariableNode; readonly schema: ts.Expression } | undefined {
  const call = ts.isMethodDeclaration(value) ? value : reader.source.resolve(value);
  const visibility = reader.source.calleeOf(call);
  const hint = "Write shared(schema), between('a', 'b', schema) or only('a', schema).";
  if (!ts.isCallExpression(call) || !(visibility === 'shared' || visibility === 'between' || visibility === 'only'))
    return reader.unreadable(value, `Who sees '${key}' is not said.`, hint);
  const schema = call.arguments.at(-1);
  const fewest = { shared: 1, only: 2, between: 3 }[visibility];
  if (schema === undefined || call.arguments.length < fewest)
    return reader.unreadable(value, `'${key}' lacks readers or a schema.`, hint);
  const readers: string[] = [];
  for (const each of call.arguments.slice(0, -1)) {
    const role = reader.string(each, `A reader of '${key}'`);
    if (role === undefined) return undefined;
    reader.remember(['state', key, role], each);
    readers.push(role);
  }
  return { node: { visibility, readers }, schema };
}
