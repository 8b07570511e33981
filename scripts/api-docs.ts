// Writes docs/api.md out of the tables and schemas that serve it (net/gateway). `npm run api-docs` brings it up to date,
// test/tidy tells when it is not, and test/e2e runs its examples.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TSchema } from '@sinclair/typebox';
import { type ErrorName, errorRow, formatErrorCode } from '../lib/errors.ts';
import { bodyErrors, commonErrors, exampleOf } from '../net/gateway/openapi.ts';
import { problem, statusOf } from '../net/gateway/problems.ts';
import { type RpcMethod, rpcMethods, subscriptionMethods, topics } from '../net/gateway/protocol.ts';
import { streamPages } from './stream-docs.ts';

const address = 'http://127.0.0.1:27651';
/** what the examples ask with; a name in capitals is a variable that the page explains */
const exampleValues: Readonly<Record<string, string | number | boolean>> = {
  ...{ entry: '$ENTRY', hash: '$HASH', argument: '$ACCOUNT', path: 'account' },
  ...{ height: 1, from: 1, limit: 2, prove: true, timeoutMs: 5000 },
};

export const apiPagePath = 'docs/api.md';

export function apiPage(): string {
  return `${[introduction(), methodsSection(), valuesSection(), subscriptionsSection(), streamSection(), errorsSection()].join('\n\n')}\n`;
}

function introduction(): string {
  return `# API

Generated from the schemas that serve it (\`npm run api-docs\`). How to use it from programs: [clients.md](clients.md). The same for machines: \`GET /openapi.json\`.

A node serves each method in two ways: by **REST** as below, and by **JSON-RPC 2.0** at \`POST /rpc\` (or as text over the WebSocket \`/v1/ws\`), with the same parameters in one object and the same result. Bodies and answers are JSON, or msgpack with the same fields where \`Content-Type\` and \`Accept\` say \`application/msgpack\`.

Heights are numbers, hashes 64 hex digits, bytes lower-case hex, entries base64. A parameter that no method knows, or that does not fit, is refused (PSKY-3001) with its place.

In the examples \`ENTRY\` is a signed command (\`psky tx … --sign-only\` prints one), \`HASH\` the hash of a command, and \`ACCOUNT\` an account.`;
}

function methodsSection(): string {
  const names = Object.keys(rpcMethods) as RpcMethod[];
  const rows = names.map((name) => {
    const { rest, action, summary } = rpcMethods[name];
    return [`[\`${name}\`](#${name.toLowerCase()})`, `\`${rest.verb} ${rest.path}\``, `\`${action}\``, summary];
  });
  const list = table(['Method', 'REST', 'Right', 'What it is for'], rows);
  return `## Methods\n\n${list}\n\n${names.map(methodText).join('\n\n')}`;
}

function methodText(name: RpcMethod): string {
  const { summary, description, params, result, rest, errors } = rpcMethods[name];
  const required = new Set(params['required'] as readonly string[] | undefined);
  const fields = Object.entries(params['properties'] as Readonly<Record<string, TSchema>>);
  const parameters = fields.map(([field, schema]) => [
    `\`${field}\``,
    placeOf(rest, field),
    typeOf(schema),
    `${required.has(field) ? '' : 'Optional. '}${meaningOf(schema)}`,
  ]);
  const answers = Object.entries(rest.answers).map(([status, when]) => `${status}: ${when}`);
  const own =
    errors.length === 0
      ? ''
      : `\n\nErrors beside [those of any request](#errors): ${errors.map(errorLink).join(', ')}.`;
  return `### ${name}

${summary} ${description}

\`${rest.verb} ${rest.path}\` answers ${typeOf(result)}. ${answers.join(' ')}

${table(['Parameter', 'In', 'Type', 'Meaning'], parameters)}

${exampleText(name)}${own}`;
}

function placeOf({ verb, path }: { readonly verb: string; readonly path: string }, field: string): string {
  return verb === 'POST' ? 'body' : path.includes(`{${field}}`) ? 'path' : 'query';
}

/** A request by REST and the same by JSON-RPC, and a part of what both print. */
function exampleText(name: RpcMethod): string {
  const { params, result, rest } = rpcMethods[name];
  const fields = Object.keys(params['properties'] as object).filter((field) => exampleValues[field] !== undefined);
  const given = Object.fromEntries(fields.map((field) => [field, exampleValues[field]]));
  const path = rest.path.replace(/\{(\w+)\}/g, (_, field) => String(given[field]));
  const query = fields.filter((field) => !rest.path.includes(`{${field}}`)).map((field) => `${field}=${given[field]}`);
  const body = (value: object): string =>
    `-H 'content-type: application/json' \\\n  -d "${JSON.stringify(value).replaceAll('"', '\\"')}"`;
  const [first] = Object.keys(result['properties'] as object);
  const request =
    rest.verb === 'POST'
      ? `curl -s ${address}${path} ${body(given)}`
      : `curl -s "${address}${path}${query.length === 0 ? '' : `?${query.join('&')}`}"`;
  const call = `curl -s ${address}/rpc ${body({ jsonrpc: '2.0', id: 1, method: name, params: given })}`;
  return [request, call].map((each) => `\`\`\`bash\n${each}\n# → "${first}":\n\`\`\``).join('\n\n');
}

/** Objects that have a name of their own. */
function valuesSection(): string {
  const named = new Map<string, TSchema>();
  const visit = (schema: TSchema): void => {
    const { title } = schema;
    if (title !== undefined && schema['type'] === 'object') named.set(title, schema);
    for (const inner of innerOf(schema)) visit(inner);
  };
  for (const { result } of Object.values(rpcMethods)) visit(result);
  visit(problem);
  const texts = [...named].map(
    ([title, schema]) =>
      `### ${title} object\n\n${schema.description === undefined ? '' : `${schema.description}\n\n`}${fieldTable(schema)}`,
  );
  return `## Values\n\n${texts.join('\n\n')}`;
}

function innerOf(schema: TSchema): readonly TSchema[] {
  const properties = Object.values((schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>);
  return [
    ...properties,
    ...((schema['anyOf'] ?? []) as TSchema[]),
    ...(schema['items'] === undefined ? [] : [schema['items'] as TSchema]),
  ];
}

function fieldTable(schema: TSchema): string {
  return table(['Field', 'Type', 'Meaning'], fieldRows(schema, ''));
}

/** Fields of nameless objects inside follow theirs, with its name before their own. */
function fieldRows(schema: TSchema, before: string): string[][] {
  const required = new Set(schema['required'] as readonly string[] | undefined);
  return Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>).flatMap(([name, field]) => {
    const optional = required.has(name) ? '' : 'Optional. ';
    const row = [`\`${before}${name}\``, typeOf(field), `${optional}${meaningOf(field)}`];
    const inner = (field['items'] as TSchema | undefined) ?? field;
    const nameless = inner['type'] === 'object' && inner.title === undefined;
    return [row, ...(nameless ? fieldRows(inner, `${before}${name}${inner === field ? '.' : '[].'}`) : [])];
  });
}

/** The type says already what is hex. */
const meaningOf = ({ description }: TSchema): string => (description ?? '').replace(' Lower-case hex.', '');

function typeOf(schema: TSchema): string {
  const alternatives = schema['anyOf'] as readonly TSchema[] | undefined;
  if (alternatives !== undefined) {
    const words = alternatives.every((each) => each['const'] !== undefined);
    return words
      ? alternatives.map((each) => `\`${each['const']}\``).join(', ')
      : alternatives.map(typeOf).join(' or ');
  }
  if (schema['type'] === 'array') return `list of ${typeOf(schema['items'] as TSchema)}`;
  if (schema['type'] === 'object')
    return schema.title === undefined ? 'object' : `[${schema.title}](#${schema.title.toLowerCase()}-object)`;
  if (schema['type'] === 'integer') return `integer${rangeOf(schema)}`;
  if (schema['type'] !== 'string') return String(schema['type']);
  if (schema['contentEncoding'] !== undefined) return String(schema['contentEncoding']);
  if (schema['pattern'] === '^[0-9a-f]{64}$') return 'hash';
  return String(schema['pattern'] ?? '').startsWith('^([0-9a-f]{2})') ? 'hex' : 'text';
}

function rangeOf({ minimum, maximum }: TSchema): string {
  const bounded = maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER;
  if (bounded) return ` from ${minimum} to ${maximum}`;
  return minimum === undefined ? '' : ` ≥ ${minimum}`;
}

function subscriptionsSection(): string {
  const methods = Object.entries(subscriptionMethods).map(([name, { summary, params }]) => {
    const call = { jsonrpc: '2.0', id: 1, method: name, params: exampleOf(params) };
    return `### ${name}\n\n${summary}\n\n${fieldTable(params)}\n\n\`\`\`json\n${JSON.stringify(call)}\n\`\`\``;
  });
  const told = Object.entries(topics).map(
    ([name, { summary, data }]) =>
      `### Topic ${name}\n\n${summary}\n\n${data.title === undefined ? fieldTable(data) : `\`data\` is a ${typeOf(data)}.`}`,
  );
  return `## Subscriptions

Over the WebSocket \`/v1/ws\` only, by JSON-RPC as text; the right is \`subscribe\`. Each notification is a JSON-RPC request without an id: \`event\` with \`subscription\`, \`cursor\` and \`data\`. When the credit is used up the node keeps a few notifications, then ends the subscription with one \`lagged\` (\`subscription\`, \`cursor\`, \`missed\`): subscribe again with that cursor.

${[...methods, ...told].join('\n\n')}`;
}

function streamSection(): string {
  const frames = streamPages().map(
    ({ type, kind, from, about, fields }) =>
      `### ${type[0]?.toUpperCase()}${type.slice(1)} (${kind}, from the ${from})\n\n${about}\n\n${table(
        ['Field', 'Form', 'Meaning'],
        fields.map(({ name, form, meaning }) => [`\`${name}\``, form, meaning]),
      )}`,
  );
  return `## Stream

Over the WebSocket \`/v1/stream\`; the right is \`submit\`. One message is one msgpack list: the kind of the frame, then its fields in this order. Canonical msgpack only: the shortest form of everything, no maps, no extension types. How a stream runs is in [network.md](network.md).

${frames.join('\n\n')}`;
}

function errorsSection(): string {
  const every: readonly ErrorName[] = [
    ...new Set<ErrorName>([
      ...commonErrors,
      ...bodyErrors,
      'unknown-method',
      'method-not-allowed',
      ...Object.values(rpcMethods).flatMap(({ errors }) => errors),
    ]),
  ];
  const rows = [...every]
    .sort((a, b) => errorRow(a).code - errorRow(b).code)
    .map((name) => [errorLink(name), `\`${name}\``, String(statusOf(name)), errorRow(name).meaning]);
  return `## Errors

By REST an error is a [Problem](#problem-object) (\`application/problem+json\`). By JSON-RPC it is an \`error\` whose \`data\` has the same \`code\`, \`name\` and \`remedy\`; its number is -32601 for an unknown method, -32602 for parameters that do not fit, -32603 for a fault of the node, else -32000. Any request may meet ${commonErrors.map(errorLink).join(', ')}, and one with a body ${bodyErrors.map(errorLink).join(', ')}.

${table(['Code', 'Name', 'Status', 'What happened'], rows)}`;
}

const errorLink = (name: ErrorName): string => {
  const code = formatErrorCode(errorRow(name).code);
  return `[${code}](errors/${code}.md)`;
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(join(apiPagePath), apiPage());
