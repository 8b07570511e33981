// The OpenAPI 3.1 file, made from the routes that are served: each route brings its operation, and those of methods are
// made of the table that also serves them. Schemas with a title become components.

import { type TSchema, Type } from '@sinclair/typebox';
import { type ErrorName, errorRow, formatErrorCode } from '../../lib/errors.ts';
import { contentTypes } from './formats.ts';
import { type RpcMethod, rpcMethods } from './methods.ts';
import type { Route } from './ports.ts';
import { problem, problemOf, problemType, statusOf } from './problems.ts';

/** An OpenAPI Operation Object; schemas in it may be TypeBox's. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly ['commands' | 'reads' | 'health' | 'interface'];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** what may go wrong with any request to a method */
export const commonErrors: readonly ErrorName[] = [
  'bad-request',
  'not-authorized',
  'foreign-origin',
  'unknown-chain',
  'unknown-host',
  'rate-limited',
  'internal-error',
  'gateway-busy',
  'node-not-ready',
  'deadline-passed',
];
/** and with one that has a body */
export const bodyErrors: readonly ErrorName[] = ['too-large', 'unsupported-media-type'];

export function openapiDocument(routes: readonly Route[], version: string): object {
  const components: Record<string, object> = {};
  const paths: Record<string, Record<string, object>> = {};
  for (const { path, method, operation } of routes) {
    const plain = JSON.parse(JSON.stringify(operation)) as object;
    paths[path] = { ...paths[path], [method.toLowerCase()]: referTo(plain, components) as object };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'PrivateSky node',
      version,
      summary: 'Commands, reads with proofs, and the state of a node.',
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The node that serves this file.' }],
    security: [{}, { token: [] }],
    tags: [
      { name: 'commands', description: 'Changing the state.' },
      { name: 'reads', description: 'Reading it, with or without proofs.' },
      { name: 'health', description: 'For those who run nodes.' },
      { name: 'interface', description: 'This file, and JSON-RPC.' },
    ],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Where the operator configured tokens.' },
      },
    },
  };
}

const description = `Heights are numbers, hashes and bytes lower-case hex. Bodies and answers are JSON or msgpack with the same fields, by \
Content-Type and Accept. Errors are RFC 9457 problem details with a stable PSKY code, in JSON.

The same methods are served as JSON-RPC 2.0 at /rpc, and as text over the WebSocket /v1/ws, which also has subscriptions \
(commits, blocks, events) with a cursor to go on from. The binary stream /v1/stream carries many commands at once. Both are \
described in docs/api.md, and the sdk has clients of them.`;

/** Replaces schemas that have a title by references, and collects them. */
function referTo(value: unknown, components: Record<string, object>): unknown {
  if (Array.isArray(value)) return value.map((each) => referTo(each, components));
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, isExample(name) ? field : referTo(field, components)]),
  );
  const { title, type } = inner;
  if (typeof title !== 'string' || type !== 'object') return inner;
  components[title] = inner;
  return { $ref: `#/components/schemas/${title}` };
}

const isExample = (name: string): boolean => name === 'example' || name === 'examples';

export function operationOf(name: RpcMethod): Operation {
  const { action, summary, description, params, result, rest, errors } = rpcMethods[name];
  const posts = rest.verb === 'POST';
  const answers = Object.entries(rest.answers).map(([status, when]) => [
    status,
    { description: when, content: contentOf(result) },
  ]);
  return {
    operationId: name,
    summary,
    description,
    tags: [action === 'submit' ? 'commands' : 'reads'],
    ...(posts
      ? { requestBody: { required: true, content: contentOf(params) } }
      : { parameters: parametersOf(params, rest.path) }),
    responses: {
      ...Object.fromEntries(answers),
      ...problemResponses([...commonErrors, ...(posts ? bodyErrors : []), ...errors]),
    },
  };
}

function parametersOf(params: TSchema, path: string): readonly object[] {
  const required = new Set(params['required'] as readonly string[] | undefined);
  return Object.entries(params['properties'] as Readonly<Record<string, TSchema>>).map(([name, schema]) => {
    const { description, examples, ...plain } = schema;
    const inPath = path.includes(`{${name}}`);
    const [example] = examples as readonly unknown[];
    return { name, in: inPath ? 'path' : 'query', required: required.has(name), description, example, schema: plain };
  });
}

/** In every format the same. */
function contentOf(schema: TSchema): object {
  return Object.fromEntries(contentTypes.map((type) => [type, { schema, example: exampleOf(schema) }]));
}

/** A status for each of these errors, with all errors that have it. */
export function problemResponses(names: readonly ErrorName[]): Readonly<Record<string, object>> {
  const byStatus = new Map<number, ErrorName[]>();
  for (const name of new Set(names)) byStatus.set(statusOf(name), [...(byStatus.get(statusOf(name)) ?? []), name]);
  const responses = [...byStatus].map(([status, those]) => [
    status,
    {
      description: those
        .map((name) => `${formatErrorCode(errorRow(name).code)} ${name}: ${errorRow(name).meaning}`)
        .join('\n\n'),
      content: {
        [problemType]: {
          schema: problem,
          examples: Object.fromEntries(those.map((name) => [name, { value: problemOf({ name }) }])),
        },
      },
    },
  ]);
  return {
    ...Object.fromEntries(responses),
    default: { description: 'Any other error.', content: { [problemType]: { schema: problem } } },
  };
}

/** What a value of this schema may look like, out of the examples of its parts. */
export function exampleOf(schema: TSchema): unknown {
  const [example] = (schema['examples'] ?? []) as readonly unknown[];
  if (example !== undefined) return example;
  const alternatives = schema['anyOf'] as readonly TSchema[] | undefined;
  if (alternatives !== undefined) return exampleOf(alternatives[0] as TSchema);
  if (schema['const'] !== undefined) return schema['const'];
  if (schema['type'] === 'array') return [exampleOf(schema['items'] as TSchema)];
  const fields = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>);
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field)]));
}

const id = Type.Union([Type.String({ maxLength: 128 }), Type.Number(), Type.Null()], {
  description: 'Chosen by the client; the response repeats it.',
  examples: [1],
});
const request = Type.Object(
  {
    jsonrpc: Type.Literal('2.0'),
    id: Type.Optional(id),
    method: Type.Union(
      Object.keys(rpcMethods).map((name) => Type.Literal(name)),
      { description: 'A method.', examples: ['status'] },
    ),
    params: Type.Optional(
      Type.Object(
        {},
        { additionalProperties: true, description: 'As the REST route of the method takes them, in one object.' },
      ),
    ),
  },
  { title: 'JsonRpcRequest', description: 'A JSON-RPC 2.0 request; without an id it gets no response.' },
);
const response = Type.Object(
  {
    jsonrpc: Type.Literal('2.0'),
    id,
    result: Type.Optional(Type.Unknown({ description: 'As the REST route of the method answers.' })),
    error: Type.Optional(
      Type.Object(
        {
          code: Type.Integer({
            description: 'Of the JSON-RPC specification; -32000 where the data tells.',
            examples: [-32000],
          }),
          message: Type.String({ description: 'What happened.' }),
          data: Type.Optional(
            Type.Object(
              {
                code: Type.String({ examples: ['PSKY-3018'] }),
                name: Type.String({ examples: ['not-found'] }),
                remedy: Type.String({ description: 'What to do about it.' }),
              },
              { description: 'The error as in problem details.' },
            ),
          ),
        },
        { description: 'Instead of a result.' },
      ),
    ),
  },
  { title: 'JsonRpcResponse' },
);

/** @param operationId the two paths of JSON-RPC need names of their own */
export function rpcOperation(operationId: string): Operation {
  const bodyOf = (schema: TSchema, example: object) => ({
    content: Object.fromEntries(
      contentTypes.map((type) => [type, { schema: { anyOf: [schema, Type.Array(schema)] }, example }]),
    ),
  });
  const errors: readonly ErrorName[] = ['foreign-origin', 'unknown-host', 'rate-limited', ...bodyErrors];
  return {
    operationId,
    summary: 'Call a method by JSON-RPC 2.0, or several in one batch of up to 64.',
    description: 'Errors of a method are in its response, whose status is 200.',
    tags: ['interface'],
    requestBody: { required: true, ...bodyOf(request, { jsonrpc: '2.0', id: 1, method: 'status', params: {} }) },
    responses: {
      200: { description: 'What the methods answered.', ...bodyOf(response, { jsonrpc: '2.0', id: 1, result: {} }) },
      204: { description: 'Nothing in the request asked for a response.' },
      ...problemResponses(errors),
    },
  };
}

/** A GET that answers with something else than a method's result. */
export function plainOperation(
  operation: Pick<Operation, 'operationId' | 'summary' | 'tags' | 'parameters'>,
  answers: Readonly<Record<number, string>>,
  contentType: string,
): Operation {
  const schema = { type: contentType === 'text/plain' ? 'string' : 'object' };
  return {
    ...operation,
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, when]) => [
          status,
          { description: when, content: { [contentType]: { schema } } },
        ]),
      ),
      ...problemResponses(['not-authorized', 'foreign-origin', 'unknown-host', 'rate-limited']),
    },
  };
}
