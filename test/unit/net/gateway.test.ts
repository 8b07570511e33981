import { createHash } from 'node:crypto';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { equalBytes, noBytes } from '../../../lib/bytes.ts';
import type { Hash } from '../../../lib/hash.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { ok, refused } from '../../../lib/result.ts';
import { type AdminClient, type AdminFailure, connectAdmin } from '../../../net/drivers/admin-client.ts';
import { adminSocketPath } from '../../../net/drivers/admin-protocol.ts';
import { createAdminServer } from '../../../net/drivers/admin-server.ts';
import { missingForExposure, openPolicy } from '../../../net/gateway/authorize.ts';
import { refuseAtDoor } from '../../../net/gateway/doorman.ts';
import { createGateway, type GatewayOptions } from '../../../net/gateway/drivers/gateway.ts';
import { maxClientQueueBytes, streamCreditBytes } from '../../../net/gateway/limits.ts';
import type { Gateway, StreamEvents, StreamSession, Subscriber } from '../../../net/gateway/ports.ts';
import {
  type ClientFrame,
  decodeClientFrame,
  decodeNodeFrame,
  encodeClientFrame,
  encodeNodeFrame,
  entryOffsets,
  type NodeFrame,
  packEntries,
  type Submit,
} from '../../../net/gateway/protocol.ts';
import { createRateLimit } from '../../../net/gateway/rate-limit.ts';
import { ClientStream } from '../../../net/gateway/stream-session.ts';
import { netMetrics } from '../../../net/index.ts';

const chainId = 'ab'.repeat(32) as Hash;

interface Served {
  readonly gateway: Gateway;
  readonly rpc: string;
  readonly metrics: string;
  readonly subscribers: Subscriber[];
  readonly streams: StreamSession[];
  readonly submits: Submit[];
}

async function serve(test: Tap.Test, options: Partial<GatewayOptions> = {}): Promise<Served> {
  const gateway = createGateway({
    host: '127.0.0.1',
    port: 0,
    metricsAt: { host: '127.0.0.1', port: 0 },
    metrics: createMetrics(...netMetrics),
    version: '1.2.3',
    ...options,
  });
  const subscribers: Subscriber[] = [];
  const streams: StreamSession[] = [];
  const submits: Submit[] = [];
  gateway.registerMethod('checkpoint', (_, __, answer) => answer(ok({ chain: chainId, height: 7, certificate: null })));
  gateway.registerMethod('submit', (_, __, answer) => answer(refused({ name: 'gateway-busy', detail: 'full' })));
  gateway.registerTopic('blocks', {
    open(_, subscriber) {
      subscribers.push(subscriber);
      return ok({ close: () => {} });
    },
  });
  gateway.registerStream({
    open(session) {
      streams.push(session);
      session.opened(chainId, 7);
      const events: StreamEvents = {
        submit(submit, offsets, bytes) {
          submits.push(submit);
          const accepted = [0, offsets.length - 1];
          session.send({ type: 'answer', frame: submit.frame, accepted, refused: [], place: null });
          session.consumed(bytes);
        },
        watch: () => {},
        closed: () => {},
      };
      return ok(events);
    },
  });
  gateway.registerReadyCheck({ name: 'peers', check: () => ({ ok: true, detail: '3 of 3' }) });
  const { rpc, metrics } = await new Promise<{ rpc: string; metrics: string }>((resolve, reject) =>
    gateway.start((fault, addresses) =>
      fault === undefined ? resolve(addresses as { rpc: string; metrics: string }) : reject(new Error(fault.name)),
    ),
  );
  test.teardown(() => new Promise<void>((resolve) => gateway.close(resolve)));
  return { gateway, rpc, metrics, subscribers, streams, submits };
}

declare namespace Tap {
  type Test = { teardown(run: () => Promise<void>): void };
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(base: string, { method = 'POST', path = '/rpc', headers = {}, body = '' }: Asked) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const url = new URL(path, base);
    const all = { ...(method === 'POST' ? { 'content-type': 'application/json' } : {}), ...headers };
    const request = httpRequest(url, { method, headers: all, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(method === 'POST' ? body : undefined);
  });
}

const call = (method: string, params: unknown = {}, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

t.test('JSON-RPC: results, typed errors, batches, notifications', async (t) => {
  const { rpc } = await serve(t);
  const answers = async (body: string) => {
    const { status, text } = await ask(rpc, { body });
    return [status, text === '' ? undefined : JSON.parse(text)] as const;
  };
  t.match(await answers(call('checkpoint')), [200, { id: 1, result: { height: 7 } }]);
  t.match(await ask(rpc, { path: '/', body: call('checkpoint') }), { status: 200 });
  t.match(await answers(call('nothing')), [
    200,
    { error: { code: -32601, data: { code: 'PSKY-3002', name: 'unknown-method' } } },
  ]);
  t.match(await answers(call('checkpoint', { surplus: 1 })), [
    200,
    { error: { code: -32602, data: { name: 'bad-request' } } },
  ]);
  t.match(await answers(call('checkpoint', JSON.parse('{"__proto__":{"chain":1}}'))), [
    200,
    { error: { code: -32602 } },
  ]);
  t.match(await answers(call('submit', { entry: 'AAAA' })), [
    200,
    { error: { code: -32000, message: /full$/, data: { name: 'gateway-busy', remedy: /again/ } } },
  ]);
  t.match(await answers('{'), [200, { id: null, error: { code: -32700 } }]);
  t.match(await answers('7'), [200, { error: { code: -32600 } }]);
  t.match(await answers('[]'), [200, { error: { code: -32600 } }]);
  t.match(await answers(`[${Array(65).fill(call('checkpoint')).join()}]`), [200, { error: { code: -32600 } }]);
  t.match(await answers(`[${call('checkpoint')},${call('nothing', {}, 'x')}]`), [
    200,
    [{ id: 1, result: {} }, { id: 'x' }],
  ]);
  t.same(await answers('{"jsonrpc":"2.0","method":"checkpoint"}'), [204, undefined]);
  t.match(
    await answers(
      `{"jsonrpc":"2.0","id":1,"method":"checkpoint","params":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ),
    [200, { error: { code: -32602 } }],
  );
});

t.test('the door: who comes from elsewhere, or says it wants another place, is turned away', async (t) => {
  const { rpc, metrics } = await serve(t);
  const { port } = new URL(rpc);
  const table: readonly [string, Asked, number][] = [
    ['another host', { headers: { host: 'evil.example' } }, 421],
    ['a name that resolves here', { headers: { host: `rebound.example:${port}` } }, 421],
    ['localhost', { headers: { host: `localhost:${port}` }, body: call('checkpoint') }, 200],
    ['a page of another origin', { headers: { origin: 'https://evil.example' } }, 403],
    ['a page of another port', { headers: { origin: 'http://127.0.0.1:1' } }, 403],
    ['a sandboxed page', { headers: { origin: 'null' } }, 403],
    ['its own page', { headers: { origin: rpc }, body: call('checkpoint') }, 200],
    ['text, as forms send it', { headers: { 'content-type': 'text/plain' }, body: call('checkpoint') }, 415],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' }, 415],
    ['no content type', { headers: { 'content-type': '' }, body: call('checkpoint') }, 415],
    ['a preflight', { method: 'OPTIONS', headers: { origin: rpc, 'access-control-request-method': 'POST' } }, 404],
    ['an unknown path', { method: 'GET', path: '/etc/passwd' }, 404],
    ['too much', { body: 'x'.repeat(2_000_000) }, 413],
    ['metrics on the wrong port', { method: 'GET', path: '/metrics' }, 404],
  ];
  for (const [what, asked, status] of table) {
    const answer = await ask(rpc, asked).catch(() => ({ status: 413, headers: {} as IncomingHttpHeaders, text: '' }));
    t.equal(answer.status, status, what);
    t.notOk(
      Object.keys(answer.headers).some((name) => name.startsWith('access-control')),
      'no CORS',
    );
    if (status >= 400 && answer.text !== '') t.match(JSON.parse(answer.text), { code: /^PSKY-3/, status });
  }
  for (const [headers, path, status] of [
    [{ host: 'evil.example' }, '/v1/ws', 421],
    [{ origin: 'https://evil.example' }, '/v1/stream', 403],
    [{}, '/v1/nothing', 404],
  ] as const) {
    const socket = new WebSocket(`${rpc.replace('http', 'ws')}${path}`, { headers });
    const failed = await new Promise<Error>((resolve) => socket.on('error', resolve));
    t.match(failed.message, String(status), `upgrade ${path} ${JSON.stringify(headers)}`);
  }
  const { text } = await ask(metrics, { method: 'GET', path: '' });
  const counts = {
    'unknown-host': 3,
    'foreign-origin': 4,
    'unsupported-media-type': 3,
    'not-found': 4,
    'too-large': 1,
  };
  for (const [reason, count] of Object.entries(counts))
    t.match(text, `psky_gateway_refused_total{reason="${reason}"} ${count}\n`, 'each is counted');
});

t.test('what is no HTTP at all gets a problem, is counted, and ends its connection', async (t) => {
  const { rpc, metrics } = await serve(t);
  const say = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      let heard = '';
      const socket = connect(Number(new URL(rpc).port), '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => (heard += chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve(heard));
    });
  t.match(await say('\x16\x03\x01\x02\x00 no HTTP\r\n\r\n'), /^HTTP\/1\.1 400 [^]*"name":"bad-request"/);
  const long = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`;
  t.match(await say(long), /^HTTP\/1\.1 413 [^]*"name":"too-large"/);
  const { text } = await ask(metrics, { method: 'GET', path: '' });
  for (const reason of ['bad-request', 'too-large'])
    t.match(text, `psky_gateway_refused_total{reason="${reason}"} 1\n`);
  const socket = new WebSocket(`${rpc.replace('http', 'ws')}/v1/stream`);
  await new Promise((resolve) => socket.on('open', resolve));
  socket.on('error', () => {});
  socket.send(new Uint8Array(2_000_000));
  await new Promise((resolve) => socket.on('close', resolve));
  t.match((await ask(metrics, { method: 'GET', path: '' })).text, 'psky_gateway_refused_total{reason="too-large"} 2\n');
});

t.test('rights: without its token a caller may only ask for health', async (t) => {
  const tokens = new Map([[createHash('sha256').update('s3cret').digest('hex'), 'reader']]);
  const policy = { anonymous: ['health'] as const, tokens: { reader: ['read', 'subscribe'] as const } };
  const { rpc, metrics } = await serve(t, { policy, tokens });
  const as = async (authorization: string, body: string) =>
    JSON.parse((await ask(rpc, { headers: { authorization }, body })).text);
  t.match(await as('', call('checkpoint')), { error: { data: { name: 'not-authorized' } } });
  t.match(await as('Bearer wrong', call('checkpoint')), { error: { data: { name: 'not-authorized' } } });
  t.match(await as('Bearer s3cret', call('checkpoint')), { result: { height: 7 } });
  t.match(await as('Bearer s3cret', call('submit', { entry: 'AAAA' })), {
    error: { data: { name: 'not-authorized' } },
  });
  t.match(await ask(rpc, { method: 'GET', path: '/livez' }), { status: 200 });
  t.match(await ask(metrics, { method: 'GET', path: '/metrics' }), { status: 401 });
  t.equal(missingForExposure({ loopback: true, tls: false, policy: openPolicy }), undefined);
  t.equal(missingForExposure({ loopback: false, tls: false, policy: openPolicy }), 'tls');
  t.equal(missingForExposure({ loopback: false, tls: true, policy: openPolicy }), 'authentication');
  t.equal(missingForExposure({ loopback: false, tls: true, policy }), undefined);
  const exposed = createGateway({ host: '0.0.0.0', port: 0, metrics: createMetrics(...netMetrics), version: '' });
  const fault = await new Promise((resolve) => exposed.start(resolve));
  t.match(fault, { name: 'insecure-bind' });
  const twice = createGateway({
    host: '127.0.0.1',
    port: Number(new URL(rpc).port),
    metrics: createMetrics(),
    version: '',
  });
  t.match(await new Promise((resolve) => twice.start(resolve)), { name: 'address-in-use' });
  for (const each of [exposed, twice]) await new Promise<void>((resolve) => each.close(resolve));
});

t.test('health and metrics', async (t) => {
  const { gateway, rpc, metrics } = await serve(t);
  t.match(await ask(rpc, { method: 'GET', path: '/readyz?verbose' }), {
    status: 200,
    text: '[+]peers ok: 3 of 3\nok\n',
  });
  await ask(rpc, { body: call('checkpoint') });
  const { text } = await ask(metrics, { method: 'GET', path: '' });
  t.match(text, 'psky_rpc_requests_total{method="checkpoint",outcome="ok"} 1');
  gateway.drain('stopping');
  t.match(await ask(rpc, { method: 'GET', path: '/readyz' }), { status: 503, text: /serving failed: stopping/ });
});

t.test('subscriptions: credit, a loud lagged, and no reader waits for another', async (t) => {
  const { rpc, subscribers } = await serve(t);
  const socket = new WebSocket(`${rpc.replace('http', 'ws')}/v1/ws`);
  await new Promise((resolve) => socket.on('open', resolve));
  const got: { method?: string; params?: Record<string, unknown>; result?: unknown }[] = [];
  let wake = (): void => {};
  socket.on('message', (data) => {
    got.push(JSON.parse(String(data)));
    wake();
  });
  const until = async (count: number) => {
    while (got.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  socket.send(call('subscribe', { topic: 'blocks', credit: 2 }));
  socket.send(call('subscribe', { topic: 'blocks', credit: 10_000 }));
  socket.send(call('subscribe', { topic: 'events', credit: 1 }));
  await until(3);
  t.match(got, [
    { result: { subscription: 1 } },
    { result: { subscription: 2 } },
    { error: { data: { name: 'not-found' } } },
  ]);
  const [slow, fast] = subscribers as [Subscriber, Subscriber];
  for (let i = 1; i <= 300; i++) {
    slow.push(`c${i}`, { i });
    fast.push(`c${i}`, { i });
  }
  await until(3 + 2 + 300 + 1);
  const lagged = got.filter((each) => each.method === 'lagged');
  t.match(lagged, [{ params: { subscription: 1, cursor: 'c2' } }], 'it names the last one that was sent');
  t.equal(got.filter((each) => each.params?.['subscription'] === 2).length, 300);
  t.equal(slow.push('c301', {}), false);
  socket.send(call('credit', { subscription: 1, credit: 1 }));
  await until(307);
  t.match(got.at(-1), { error: { data: { name: 'not-found' } } }, 'it is over');
  socket.close();
});

t.test('the stream over a socket: one answer per frame, credit back, goodbye when the node drains', async (t) => {
  const { gateway, rpc, submits } = await serve(t);
  const socket = new WebSocket(`${rpc.replace('http', 'ws')}/v1/stream`);
  await new Promise((resolve) => socket.on('open', resolve));
  const got: NodeFrame[] = [];
  socket.on('message', (data) => {
    const frame = decodeNodeFrame(data as Buffer);
    if (frame.ok) got.push(frame.value);
  });
  const send = (frame: ClientFrame) => socket.send(encodeClientFrame(frame));
  const entries = packEntries([new Uint8Array(512), new Uint8Array(3)]);
  send({ type: 'open', version: 1, chain: 'bench', credit: 1000 });
  send({ type: 'submit', frame: 1, kind: 2, count: 2, entries, traceparent: null });
  while (got.length < 3) await new Promise((resolve) => socket.once('message', resolve));
  t.match(got, [
    { type: 'opened', chain: chainId, height: 7, credit: streamCreditBytes },
    { type: 'answer', frame: 1, accepted: [0, 2], refused: [] },
    { type: 'credit' },
  ]);
  t.ok(equalBytes(submits[0]?.entries ?? noBytes, entries));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  gateway.drain('stopping');
  await closed;
  t.match(got.at(-1), { type: 'goodbye', reason: 'stopping' });
});

// — without sockets —

function stream() {
  const sent: NodeFrame[] = [];
  const closes: string[] = [];
  const submits: number[] = [];
  let session: StreamSession | undefined;
  const waiting: (() => void)[] = [];
  const client = new ClientStream({
    id: 's',
    principal: { kind: 'anonymous' },
    handler: {
      open(opened) {
        session = opened;
        opened.opened(chainId, 1);
        return ok({ submit: (submit) => void submits.push(submit.frame), watch: () => {}, closed: () => {} });
      },
    },
    socket: {
      bufferedBytes: 0,
      close: (reason) => void closes.push(reason),
      send(message) {
        const frame = decodeNodeFrame(message);
        if (frame.ok) sent.push(frame.value);
      },
    },
    soon: (run) => void waiting.push(run),
  });
  const say = (frame: ClientFrame) => client.message(encodeClientFrame(frame));
  const open = (credit: number) => say({ type: 'open', version: 1, chain: '', credit });
  const submit = (frame: number, entries = packEntries([new Uint8Array(9)]), count = 1) =>
    say({ type: 'submit', frame, kind: 0, count, entries, traceparent: null });
  const settle = () => waiting.splice(0).forEach((run) => run());
  return { client, sent, closes, submits, say, open, submit, settle, session: () => session as StreamSession };
}

t.test('a stream in disorder is closed with the reason', async (t) => {
  const cases: readonly [string, (s: ReturnType<typeof stream>) => void][] = [
    ['submit before open', (s) => s.submit(1)],
    ['open twice', (s) => [s.open(1), s.open(1)]],
    ['another version', (s) => s.say({ type: 'open', version: 9, chain: '', credit: 1 })],
    ['frame numbers fall', (s) => [s.open(1), s.submit(2), s.submit(2)]],
    ['no entries', (s) => [s.open(1), s.submit(1, noBytes, 0)]],
    ['a length beyond the end', (s) => [s.open(1), s.submit(1, Uint8Array.of(9, 0, 0, 0, 1))]],
    ['bytes left over', (s) => [s.open(1), s.submit(1, Uint8Array.of(1, 0, 0, 0, 1, 7))]],
    ['an empty entry', (s) => [s.open(1), s.submit(1, Uint8Array.of(0, 0, 0, 0))]],
    ['not msgpack', (s) => s.client.message(Uint8Array.of(0xc1))],
    ['an extension type', (s) => s.client.message(Uint8Array.of(0x91, 0xd4, 0x01, 0x00))],
    [
      'a node’s frame',
      (s) => s.client.message(encodeNodeFrame({ type: 'answer', frame: 1, accepted: [], refused: [], place: null })),
    ],
  ];
  for (const [what, run] of cases) {
    const s = stream();
    run(s);
    t.same(s.closes, ['bad-frame'], what);
    t.match(s.sent.slice(-2), [{ type: 'fault', frame: null, code: 3011 }, { type: 'goodbye' }]);
    const before = s.submits.length;
    s.submit(100);
    t.equal(s.submits.length, before, 'nothing is heard after it');
  }
});

t.test('credit both ways: what a client may send, and what waits for one that does not read', async (t) => {
  const s = stream();
  s.open(200);
  const full = packEntries([new Uint8Array(1 << 20)]);
  for (let frame = 1; frame <= 3; frame++) s.submit(frame, full);
  s.session().consumed(1000);
  s.session().consumed(500);
  s.settle();
  t.same(s.sent.slice(1), [{ type: 'credit', bytes: 1500 }], 'given back once a turn');
  for (let frame = 4; frame <= 5; frame++) s.submit(frame, full);
  t.same(s.closes, ['credit-exceeded']);

  const slow = stream();
  slow.open(10);
  const answer: NodeFrame = { type: 'answer', frame: 1, accepted: Array(1000).fill(2 ** 40), refused: [], place: null };
  slow.session().send(answer);
  t.equal(slow.sent.length, 1, 'it waits for credit');
  slow.say({ type: 'credit', bytes: 20_000 });
  t.match(slow.sent[1], { type: 'answer' });
  const bytes = encodeNodeFrame(answer).length;
  for (let i = 0; i < maxClientQueueBytes / bytes + 3; i++) slow.session().write([encodeNodeFrame(answer)]);
  t.same(slow.closes, ['lagged']);
});

t.test('frames survive the wire, and entries keep their places', async (t) => {
  const place = { lane: 3, seq: 99, digest: chainId, offset: 12 };
  const frames: readonly NodeFrame[] = [
    { type: 'answer', frame: 5, accepted: [0, 10], refused: [10, 2001], place },
    { type: 'notice', height: 2 ** 40, timeMs: 1_700_000_000_000, ranges: [5, 0, 10], exceptions: [5, 3, 2002] },
    { type: 'fault', frame: 5, code: 3006, detail: 'full' },
  ];
  for (const frame of frames) t.same(decodeNodeFrame(encodeNodeFrame(frame)), { ok: true, value: frame });
  const watch: ClientFrame = { type: 'watch', frame: 5, place, accepted: [0, 10] };
  t.same(decodeClientFrame(encodeClientFrame(watch)), { ok: true, value: watch });
  const entries = [1, 300, 70_000].map((length) => new Uint8Array(length).fill(length & 0xff));
  const packed = packEntries(entries);
  const offsets = entryOffsets(packed, 3) as Uint32Array;
  t.same(
    entries.map((_, i) => packed.subarray((offsets[i] as number) + 4, offsets[i + 1])),
    entries,
  );
});

t.test('door and pace, by the table', async (t) => {
  const names = { hosts: ['localhost', '[::1]', 'node.example'], origins: ['https://observer.example'] };
  for (const [host, origin, expected] of [
    ['localhost:27651', undefined, undefined],
    ['LOCALHOST', undefined, undefined],
    ['[::1]:1', undefined, undefined],
    [undefined, undefined, 'unknown-host'],
    ['localhost.evil.example', undefined, 'unknown-host'],
    ['localhost:1:2', undefined, 'unknown-host'],
    ['node.example', 'https://observer.example', undefined],
    ['node.example', 'https://node.example', undefined],
    ['node.example', 'https://node.example.evil', 'foreign-origin'],
    ['node.example', 'file://', 'foreign-origin'],
  ] as const) {
    t.equal(refuseAtDoor({ host, origin }, names), expected, `${host} ${origin}`);
  }
  const rate = createRateLimit(10);
  const allowed = (at: number, times: number) =>
    Array.from({ length: times }, () => rate.allow('a', at)).filter(Boolean).length;
  t.same([allowed(0, 50), allowed(500, 50), allowed(60_000, 50)], [20, 5, 20]);
  t.ok(rate.allow('b', 0), 'another address has its own share');
});

const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no fault',
    (failure) => (failure as AdminFailure).error,
  );

t.test('admin socket: private, one per home, also where the home’s path is long', async (t) => {
  const long = join(mkdtempSync(join(tmpdir(), 'psky-')), 'x'.repeat(120));
  for (const home of [mkdtempSync(join(tmpdir(), 'psky-')), long]) {
    const path = adminSocketPath(home);
    t.ok(path.length <= 100);
    if (home !== long) writeFileSync(path, ''); // what a killed node left behind
    const server = createAdminServer();
    let gone = 0;
    server.register('status', (params, reply) => reply.result({ echo: params }));
    server.register('broken', (_, reply) => reply.fail({ name: 'node-not-ready' }));
    server.register('follow', (_, reply) => {
      reply.onGone(() => gone++);
      for (let i = 0; i < 3; i++) reply.event(i);
    });
    const fault = await new Promise((resolve) => server.listen(home, resolve));
    t.equal(fault, undefined);
    t.equal(statSync(path).mode & 0o777, 0o600);
    const second = createAdminServer();
    t.match(await new Promise((resolve) => second.listen(home, resolve)), { name: 'address-in-use' });
    const client: AdminClient = await connectAdmin(home);
    t.same(await client.call('status', { a: 1 }), { echo: { a: 1 } });
    t.match(await faultOf(client.call('broken')), { name: 'node-not-ready', code: 'PSKY-3015' });
    t.match(await faultOf(client.call('nothing')), { name: 'unknown-method' });
    const events: unknown[] = [];
    await new Promise<void>((resolve) => {
      const following = client.follow(
        'follow',
        {},
        (event) => {
          events.push(event);
          if (events.length === 3) following.cancel();
        },
        () => resolve(),
      );
    });
    t.same([events, gone], [[0, 1, 2], 1]);
    const rude = connect(path, () => rude.write('nonsense\n'));
    rude.on('error', () => {});
    await new Promise((resolve) => rude.on('close', resolve));
    client.close();
    await new Promise<void>((resolve) => server.close(resolve));
    t.match(await faultOf(connectAdmin(home)), { name: 'node-unreachable' });
  }
});
