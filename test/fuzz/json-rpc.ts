// JSON-RPC in both of its forms: every public method with its schema, behind the dispatcher that HTTP and WebSockets
// share. An input that begins like a map or an array of msgpack is read as one, others as JSON. The handlers check what
// reaches them with another implementation of JSON schema than the one that let it in.

import { Value } from '@sinclair/typebox/value';
import { fromUtf8 } from '../../lib/bytes.ts';
import { encodeDocument } from '../../lib/document.ts';
import { errorRows, formatErrorCode } from '../../lib/errors.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import { formatOf } from '../../net/gateway/formats.ts';
import { maxRpcBatch } from '../../net/gateway/limits.ts';
import { type RpcMethod, rpcMethods } from '../../net/gateway/protocol.ts';
import { createRpcDispatcher, type RpcCaller } from '../../net/gateway/rpc.ts';
import { createSubscriptions } from '../../net/gateway/subscriptions.ts';
import { type FuzzTarget, promise } from './target.ts';

const hash = 'ab'.repeat(32);
const samples: Readonly<Record<RpcMethod, object>> = {
  submit: { chain: 'main', entry: 'AAAA', traceparent: `00-${'0a'.repeat(16)}-${'0b'.repeat(8)}-01` },
  submitAndWait: { entry: 'AAAA', timeoutMs: 60_000 },
  query: { path: 'state/get', argument: '6b', prove: true, minHeight: 9, timeoutMs: 1 },
  block: { height: 1 },
  blocks: { from: 1, limit: 100 },
  validators: { chain: hash },
  status: {},
  receipt: { hash },
  checkpoint: {},
  evidence: {},
};
const subscribe = { topic: 'blocks', cursor: '1', credit: 10, filter: 'a' };
const request = (method: string, params?: unknown, id?: unknown): object => ({
  jsonrpc: '2.0',
  method,
  ...(id === undefined ? {} : { id }),
  ...(params === undefined ? {} : { params }),
});
const requests: readonly object[] = [
  ...Object.entries(samples).map(([method, params], i) => request(method, params, i)),
  request('subscribe', subscribe, 'a'),
  request('credit', { subscription: 1, credit: 1 }, null),
  request('unsubscribe', { subscription: 1 }, 1.5),
  request('status'),
  request('nothing', {}, -1),
];

/** the methods that the dispatcher counted for the current input */
const counted: string[] = [];
const dispatcher = createRpcDispatcher((method) => void counted.push(method));
for (const [name, { params }] of Object.entries(rpcMethods)) {
  dispatcher.register(name, { params, action: 'read' }, (given, _, answer) => {
    promise(Value.Check(params, given), `${name} gets what its schema allows`);
    answer(counted.length % 2 === 0 ? ok({ given }) : refused({ name: 'gateway-busy' }));
  });
}

const errorCodes = new Set(errorRows.map((row) => formatErrorCode(row.code)));

export const jsonRpc: FuzzTarget = {
  name: 'json-rpc',
  maxBytes: 8_192,
  dictionary: [
    ...Object.keys(rpcMethods),
    ...['"jsonrpc":"2.0"', '"id":', '"method":', '"params":', '{', '}', '[', ']', ',', ':', 'null', 'true', '""'],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '1e400', '-0', '9007199254740993', '1.0', '\\ud800'],
    ...['\ufeff', '\u0000', '[[[[[[[[', '{"a":{"a":{"a":', hash, 'chain', 'entry', 'timeoutMs', 'credit'],
  ].map((text) => fromUtf8(text)),
  seeds: () => [...requests, requests].flatMap((each) => [fromUtf8(JSON.stringify(each)), encodeDocument(each)]),
  run(input) {
    const first = input[0] ?? 0;
    const format = formatOf(first >= 0x80 && first < 0xa0 ? 'application/msgpack' : 'application/json');
    const request = format.read(input);
    counted.length = 0;
    const notices: string[] = [];
    const subscriptions = createSubscriptions({
      topics: new Map([['blocks', { open: (_, to) => ok({ close: () => void to.push('1', {}) }) }]]),
      notify: (notice) => void notices.push(notice),
      soon: (run) => run(),
    });
    const caller: RpcCaller = {
      principal: { kind: 'anonymous' },
      traceparent: undefined,
      gone: () => false,
      may: () => true,
      own: subscriptions.methods,
    };
    let responses = 0;
    let response: object | undefined;
    dispatcher.handle(request, caller, (given) => {
      responses++;
      response = given;
    });
    subscriptions.close();
    promise(responses === 1, 'a request is answered once');
    for (const method of counted) promise(known.has(method), 'callers invent no labels');
    if (response !== undefined) checkResponse(request, input.length, format.read(format.write(response)));
  },
};

const known = new Set([...Object.keys(rpcMethods), 'subscribe', 'credit', 'unsubscribe', 'unknown']);

function checkResponse(request: Result<unknown, string>, askedBytes: number, response: Result<unknown, string>): void {
  promise(response.ok, 'an answer can be read in the form of its question');
  const asked = request.ok ? request.value : undefined;
  const answered = response.ok ? response.value : undefined;
  // an error repeats at most a piece of what it is about; an id is at most 128 characters, a path as long as its field
  const answeredBytes = JSON.stringify(answered).length;
  promise(answeredBytes <= 8 * askedBytes + 1_024 * maxRpcBatch, 'an answer is not much larger than its question');
  const answers = Array.isArray(answered) ? answered : [answered];
  if (Array.isArray(asked) && Array.isArray(answered)) promise(answers.length <= asked.length, 'one answer a request');
  const ids = (Array.isArray(asked) ? asked : [asked]).map((each) => JSON.stringify((each as { id?: unknown })?.id));
  for (const each of answers as readonly Readonly<Record<string, unknown>>[]) {
    promise(each['jsonrpc'] === '2.0', 'an answer says its version');
    promise('result' in each !== 'error' in each, 'an answer has a result or an error');
    promise(each['id'] === null || ids.includes(JSON.stringify(each['id'])), 'an answer has the id of a request');
    const error = each['error'] as { code: unknown; message: unknown; data: { code: string; remedy: string } };
    if (error === undefined) continue;
    promise(Number.isInteger(error.code) && typeof error.message === 'string', 'an error has a code and a message');
    promise(errorCodes.has(error.data.code) && error.data.remedy !== '', 'an error has a row and says what to do');
  }
}
