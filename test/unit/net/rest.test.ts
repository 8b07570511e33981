import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { Packr, unpack } from 'msgpackr';
import t from 'tap';
import { type ErrorName, errorRow } from '../../../lib/errors.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { ok, refused } from '../../../lib/result.ts';
import { createGateway, type GatewayOptions } from '../../../net/gateway/drivers/gateway.ts';
import { exampleOf } from '../../../net/gateway/openapi.ts';
import type { GatewayFault } from '../../../net/gateway/ports.ts';
import { type RpcMethod, rpcMethods, subscriptionMethods, topics } from '../../../net/gateway/protocol.ts';
import { netMetrics } from '../../../net/index.ts';

const methodNames = Object.keys(rpcMethods) as RpcMethod[];
const pack = (value: unknown): Uint8Array => new Packr({ useRecords: false }).pack(value);

/** What each method was called with, and what it answers instead of its example. */
interface Served {
  readonly url: string;
  readonly calls: { method: RpcMethod; params: unknown; traceparent: string | undefined }[];
  readonly answers: Partial<Record<RpcMethod, object | GatewayFault>>;
}

async function serve(test: Tap.Test, options: Partial<GatewayOptions> = {}): Promise<Served> {
  const gateway = createGateway({
    ...{ host: '127.0.0.1', port: 0, metrics: createMetrics(...netMetrics), version: '1.2.3' },
    ...options,
  });
  const calls: Served['calls'] = [];
  const answers: Served['answers'] = {};
  for (const method of methodNames) {
    gateway.registerMethod(method, (params, { traceparent }, answer) => {
      calls.push({ method, params, traceparent });
      const given = answers[method] ?? exampleOf(rpcMethods[method].result);
      answer(
        'name' in (given as object) && !('chains' in (given as object))
          ? refused(given as GatewayFault)
          : ok(given as never),
      );
    });
  }
  const url = await new Promise<string>((resolve, reject) =>
    gateway.start((fault, addresses) => (fault === undefined ? resolve(addresses?.rpc ?? '') : reject(fault))),
  );
  test.teardown(() => new Promise<void>((resolve) => gateway.close(resolve)));
  return { url, calls, answers };
}

declare namespace Tap {
  type Test = { teardown(run: () => Promise<void>): void };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}
interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly json: () => Record<string, unknown>;
}

function ask(url: string, { method, headers = {}, body }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const options = {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...type, ...headers },
      agent: false,
    };
    const request = httpRequest(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          json: () => JSON.parse(bytes.toString()),
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The request that the examples of a method's parameters make. */
function exampleRequest(url: string, name: RpcMethod): { url: string; body?: string } {
  const { rest, params } = rpcMethods[name];
  const example = exampleOf(params) as Record<string, unknown>;
  if (rest.verb === 'POST') return { url: url + rest.path, body: JSON.stringify(example) };
  const inPath = (field: string): boolean => rest.path.includes(`{${field}}`);
  const path = rest.path.replace(/\{(\w+)\}/g, (_, field) => encodeURIComponent(String(example[field])));
  const query = Object.entries(example).filter(([field]) => !inPath(field));
  return {
    url: `${url}${path}?${new URLSearchParams(query.map(([field, value]): [string, string] => [field, String(value)]))}`,
  };
}

t.test('the OpenAPI file is valid, and has every method with described fields, examples and errors', async (t) => {
  const { url } = await serve(t);
  const answer = await ask(`${url}/openapi.json`);
  t.match(answer.headers, { 'content-type': 'application/json' });
  const document = answer.json() as {
    openapi: string;
    info: object;
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, { description: string }> }>>;
    components: { schemas: Record<string, object> };
  };
  t.match(document, { openapi: '3.1.0', info: { version: '1.2.3' } });
  const verdict = await new Validator().validate(structuredClone(document));
  t.ok(verdict.valid, JSON.stringify(verdict.errors));
  const broken = structuredClone(document);
  delete (broken.paths['/v1/status']?.['get'] as Partial<{ responses: unknown }>)['responses'];
  (broken.info as { title?: string }).title = undefined as never;
  t.notOk((await new Validator().validate(JSON.parse(JSON.stringify(broken)))).valid, 'the validator validates');
  for (const name of methodNames) {
    const { rest, errors } = rpcMethods[name];
    const operation = document.paths[rest.path]?.[rest.verb.toLowerCase()];
    t.equal(operation?.operationId, name);
    const said = JSON.stringify(operation?.responses);
    for (const error of errors as readonly ErrorName[]) t.match(said, errorRow(error).meaning, `${name}: ${error}`);
    t.hasOwnProps(operation?.responses ?? {}, Object.keys(rest.answers));
  }
  for (const path of ['/rpc', '/', '/livez', '/readyz', '/openapi.json']) t.hasOwnProp(document.paths, path);
  t.hasOwnProps(document.components.schemas, ['Receipt', 'Block', 'QueryResult', 'Problem', 'Status']);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const verb of Object.keys(operations)) {
      const body = verb === 'post' ? { body: '{}' } : {};
      const { status } = await ask(url + path.replace(/\{\w+\}/g, 'x'), { method: verb.toUpperCase(), ...body });
      t.not(status, 404, `${verb} ${path} is served`);
    }
  }
});

t.test('every schema says what its fields mean, and its examples fit', async (t) => {
  const schemas: [string, TSchema][] = [
    ...Object.entries({ ...rpcMethods, ...subscriptionMethods }).flatMap(
      ([name, { params, result }]): [string, TSchema][] => [
        [`${name} params`, params],
        [`${name} result`, result],
      ],
    ),
    ...Object.entries(topics).map(([name, { data }]): [string, TSchema] => [`topic ${name}`, data]),
  ];
  const visit = (schema: TSchema, place: string): void => {
    for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>)) {
      const described = field['description'] ?? (field['anyOf'] as TSchema[] | undefined)?.[0]?.['description'];
      t.match(described, /^.+$/, `${place}.${name} is described`);
      visit(field, `${place}.${name}`);
    }
    if (schema['type'] === 'array') visit(schema['items'] as TSchema, `${place}[]`);
    for (const example of (schema['examples'] ?? []) as unknown[])
      t.ok(TypeCompiler.Compile(schema).Check(example), `${place}: ${example}`);
  };
  for (const [place, schema] of schemas) {
    visit(schema, place);
    t.ok(TypeCompiler.Compile(schema).Check(exampleOf(schema)), `the example of ${place}`);
  }
});

t.test('a route and its JSON-RPC method give and take the same, in JSON and in msgpack', async (t) => {
  const { url, calls } = await serve(t);
  for (const name of methodNames) {
    const request = exampleRequest(url, name);
    const rest = await ask(request.url, request);
    t.match(rest, { headers: { 'content-type': 'application/json' } }, name);
    t.equal(String(rest.status), Object.keys(rpcMethods[name].rest.answers)[0], name);
    const packed = await ask(request.url, { ...request, headers: { accept: 'application/msgpack' } });
    t.equal(packed.headers['content-type'], 'application/msgpack');
    t.same(unpack(packed.bytes), rest.json(), `${name}: msgpack says the same`);
    const params = exampleOf(rpcMethods[name].params);
    const call = { jsonrpc: '2.0', id: 7, method: name, params };
    t.same((await ask(`${url}/rpc`, { body: JSON.stringify(call) })).json()['result'], rest.json());
    const headers = { 'content-type': 'application/msgpack' };
    const rpc = await ask(`${url}/rpc`, { headers, body: pack([call, { ...call, id: 8 }]) });
    t.match(unpack(rpc.bytes), [{ id: 7, result: rest.json() }, { id: 8 }], 'what is asked in msgpack is so answered');
    const explicit = await ask(`${url}/rpc`, {
      headers: { ...headers, accept: 'application/msgpack;q=0.5, application/json' },
      body: pack(call),
    });
    t.match(explicit.json(), { id: 7 }, 'unless the client prefers another form');
    for (const { method, params: given } of calls.splice(0)) t.same([method, given], [name, params]);
    if (request.body === undefined) continue;
    await ask(request.url, { headers, body: pack(params) });
    t.same(calls.splice(0)[0]?.params, params, `${name}: a body in msgpack`);
  }
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await ask(`${url}/v1/status`, { headers: { traceparent } });
  t.match(calls, [{ method: 'status', traceparent }]);
});

t.test('what does not fit a schema is refused with its place, and reaches no method', async (t) => {
  const { url, calls } = await serve(t);
  const msgpack = { 'content-type': 'application/msgpack' };
  const nested = Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.from([0xc0])]);
  const table: readonly [string, string, Asked, number, RegExp][] = [
    ['a height in words', '/v1/blocks/two', {}, 400, /\/height/],
    ['a height below 0', '/v1/blocks/-1', {}, 400, /\/height/],
    ['a height beyond 2⁵³', '/v1/blocks/9007199254740993', {}, 400, /\/height/],
    ['half a hash', '/v1/receipts/abcd', {}, 400, /\/hash/],
    ['upper case', `/v1/receipts/${'AB'.repeat(32)}`, {}, 400, /\/hash/],
    ['an unknown field', '/v1/status?colour=red', {}, 400, /\/colour/],
    ['the prototype', '/v1/status?__proto__=1', {}, 400, /__proto__/],
    ['a field twice', '/v1/status?chain=a&chain=b', {}, 400, /\/chain/],
    ['a truth that is none', '/v1/query/value?argument=00&prove=yes', {}, 400, /\/prove/],
    ['too many blocks', '/v1/blocks?from=1&limit=101', {}, 400, /\/limit/],
    ['nothing asked', '/v1/blocks', {}, 400, /\/from/],
    ['a long path', `/v1/query/${'a'.repeat(600)}?argument=`, {}, 400, /\/v1\/query/],
    ['a path that is no text', '/v1/receipts/%ff', {}, 400, /./],
    ['no JSON', '/v1/commands', { body: '{' }, 400, /JSON/],
    ['no UTF-8', '/v1/commands', { body: Uint8Array.of(0x22, 0xff, 0x22) }, 400, /UTF-8/],
    ['a list', '/v1/commands', { body: '[]' }, 400, /params/],
    ['an entry that is a number', '/v1/commands', { body: '{"entry":5}' }, 400, /\/entry/],
    ['no msgpack', '/v1/commands', { body: Uint8Array.of(0xc1), headers: msgpack }, 400, /forbidden-type/],
    ['an extension type', '/v1/commands', { body: Uint8Array.of(0xd4, 1, 0), headers: msgpack }, 400, /forbidden-type/],
    [
      'a map with a list as a key',
      '/v1/commands',
      { body: Uint8Array.of(0x81, 0x91, 0x80, 1), headers: msgpack },
      400,
      /forbidden-type/,
    ],
    ['nested without end', '/v1/commands', { body: nested, headers: msgpack }, 400, /too-deep/],
    [
      'more than comes',
      '/v1/commands',
      { body: Uint8Array.of(0xdd, 255, 255, 255, 255), headers: msgpack },
      400,
      /too-many-items/,
    ],
    ['cut off', '/v1/commands', { body: pack({ entry: 'AAAA' }).subarray(0, 5), headers: msgpack }, 400, /truncated/],
    [
      'bytes for text',
      '/v1/commands',
      { body: pack({ entry: Buffer.from('AAAA') }), headers: msgpack },
      400,
      /\/entry/,
    ],
    ['a form', '/v1/commands', { body: 'entry=AAAA', headers: { 'content-type': 'text/plain' } }, 415, /text\/plain/],
    ['too much', '/v1/commands', { body: 'x'.repeat(2_000_000) }, 413, /./],
    ['another verb', '/v1/commands', {}, 405, /GET \/v1\/commands/],
    ['a verb that nothing has', '/v1/blocks/1', { method: 'DELETE' }, 405, /DELETE/],
    ['a path that nobody serves', '/v2/status', {}, 404, /./],
  ];
  for (const [what, path, asked, status, detail] of table) {
    const answer = await ask(url + path, asked).catch(() => undefined); // a node may hang up on what is too large
    if (answer === undefined) t.equal(status, 413, what);
    else {
      t.match(answer, { status, headers: { 'content-type': 'application/problem+json' } }, what);
      t.match(answer.json(), { status, code: /^PSKY-3\d{3}$/, name: /./, remedy: /./, type: /^urn:psky:error:/ }, what);
      if (status !== 404 && status !== 413) t.match(answer.json()['detail'], detail, what);
    }
  }
  t.match((await ask(`${url}/v1/commands`)).headers, { allow: 'POST' });
  t.match(await ask(`${url}/v1/status`, { method: 'HEAD' }), { status: 200, bytes: { length: 0 } });
  t.same(
    calls.splice(0).map(({ method }) => method),
    ['status'],
  );
  const broken = await ask(`${url}/rpc`, { headers: msgpack, body: Uint8Array.of(0xc1) });
  t.match(unpack(broken.bytes), { id: null, error: { code: -32700 } });
});

t.test('results that are no success over HTTP have the status of their error', async (t) => {
  const { url, answers } = await serve(t);
  const receipt = exampleOf(rpcMethods.submit.result) as object;
  const post = (path: string) => ask(url + path, { body: '{"entry":"AAAA"}' });
  const code = (name: ErrorName): number => errorRow(name).code;
  for (const [status, name] of [
    [409, 'nonce-used'],
    [422, 'bad-signature'],
    [503, 'fenced'],
    [503, 'low-disk'],
    [400, 'malformed-entries'],
  ] as const) {
    answers.submit = answers.submitAndWait = { ...receipt, status: 'refused', code: code(name) };
    for (const path of ['/v1/commands', '/v1/commands/wait']) {
      const answer = await post(path);
      t.match(answer.json(), { name, status, code: `PSKY-${code(name)}` });
      t.equal(answer.headers['retry-after'], status === 503 ? '1' : undefined);
    }
  }
  answers.submit = { ...receipt, status: 'accepted' };
  answers.submitAndWait = { ...receipt, status: 'pending' };
  t.match([await post('/v1/commands'), await post('/v1/commands/wait')], [{ status: 202 }, { status: 202 }]);
  answers.submitAndWait = { ...receipt, status: 'committed', code: code('nonce-used') };
  t.match(
    (await post('/v1/commands/wait')).json(),
    { status: 'committed', code: 2010 },
    'an outcome on the chain is a receipt',
  );
  answers.receipt = { ...receipt, status: 'unknown' };
  t.match(await ask(`${url}/v1/receipts/${'ab'.repeat(32)}`), { status: 404 });
  answers.query = { name: 'not-covered-in-time', detail: 'halted' };
  t.match((await ask(`${url}/v1/query/value?argument=`)).json(), { status: 504, detail: 'halted' });
});

t.test('each route asks for the right of its method, before the body is read', async (t) => {
  const tokens = new Map([[createHash('sha256').update('s3cret').digest('hex'), 'reader']]);
  const policy = { anonymous: ['health'] as const, tokens: { reader: ['read'] as const } };
  const { url, calls } = await serve(t, { policy, tokens });
  for (const name of methodNames) {
    const request = exampleRequest(url, name);
    const without = await ask(request.url, request);
    t.match(without, { status: 401, headers: { 'www-authenticate': 'Bearer' } }, name);
    const { status } = await ask(request.url, { ...request, headers: { authorization: 'Bearer s3cret' } });
    t.equal(status === 401, rpcMethods[name].action !== 'read', name);
  }
  t.notOk(calls.some(({ method }) => method.startsWith('submit')));
  t.match(await ask(`${url}/v1/commands`, { body: '{' }), { status: 401 });
  t.match(await ask(`${url}/openapi.json`), { status: 200 });
});

t.test('pages: no CORS unless their origin is listed, and then only on routes for programs', async (t) => {
  const page = 'https://app.example';
  const listed = await serve(t, { origins: [page] });
  const { url } = await serve(t);
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
  for (const path of ['/v1/commands', '/rpc', '/v1/status']) {
    t.match(
      await ask(listed.url + path, { method: 'OPTIONS', headers: { origin: page, ...preflight } }),
      {
        status: 204,
        headers: {
          'access-control-allow-origin': page,
          'access-control-allow-methods': /GET|POST/,
          'access-control-allow-headers': /content-type/,
          vary: 'origin',
        },
      },
      path,
    );
    for (const [origin, at, status] of [
      ['https://app.example.evil', listed.url, 403],
      ['http://app.example', listed.url, 403],
      ['null', listed.url, 403],
      [page, url, 403],
    ] as const) {
      const answer = await ask(at + path, { method: 'OPTIONS', headers: { origin, ...preflight } });
      t.equal(answer.status, status, `${origin} ${path}`);
      t.equal(answer.headers['access-control-allow-origin'], undefined);
    }
  }
  const headers = { origin: page };
  t.match((await ask(`${listed.url}/v1/status`, { headers })).headers, { 'access-control-allow-origin': page });
  const failed = await ask(`${listed.url}/v1/blocks/x`, { headers });
  t.match(failed.headers, { 'access-control-allow-origin': page }, 'a page may read its errors');
  t.equal(failed.headers['access-control-allow-credentials'], undefined);
  for (const path of ['/livez', '/readyz', '/nothing'])
    t.equal((await ask(listed.url + path, { headers })).headers['access-control-allow-origin'], undefined, path);
  t.match(await ask(`${listed.url}/livez`, { method: 'OPTIONS', headers }), { status: 404 });
});
