// JSON-RPC 2.0 without any transport or encoding: values in, values out. Parameters are checked against the method's schema, the caller
// against `authorize`, before a handler runs.

import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { assert } from '../../lib/assert.ts';
import { errorRow, formatErrorCode } from '../../lib/errors.ts';
import { type Result, refused } from '../../lib/result.ts';
import type { Action } from './authorize.ts';
import { maxRpcBatch, maxRpcIdLength } from './limits.ts';
import type { GatewayFault, RequestContext, RpcDefinition, RpcHandler } from './ports.ts';
import { type RpcError, rpcErrorCode } from './protocol.ts';

export interface RpcCaller extends RequestContext {
  may(action: Action, resource: string): boolean;
  /** methods that exist for this caller only (subscriptions of its socket) */
  readonly own?: ReadonlyMap<string, OwnMethod>;
}

export interface OwnMethod {
  readonly params: TSchema;
  readonly action: Action;
  call(params: never): Result<unknown, GatewayFault>;
}

export interface RpcDispatcher {
  register(name: string, definition: RpcDefinition, handler: RpcHandler<unknown, unknown>): void;
  /**
   * @param request a JSON-RPC request or a batch of them, or why the body cannot be read
   * @param respond called once: with the response, or with undefined where the request asks for none
   */
  handle(request: Result<unknown, string>, caller: RpcCaller, respond: (response: object | undefined) => void): void;
  /** Calls a registered method for a caller whose right to it was looked at before. */
  invoke(name: string, params: unknown, context: RequestContext, done: (outcome: Outcome) => void): void;
}

interface Registered extends RpcDefinition {
  readonly check: TypeCheck<TSchema>;
  readonly handler: RpcHandler<unknown, unknown>;
}

type Id = string | number | null;
type Outcome = Result<unknown, GatewayFault>;

/** @param count method and `ok` or the slug of its error */
export function createRpcDispatcher(count: (method: string, outcome: string) => void): RpcDispatcher {
  const methods = new Map<string, Registered>();
  const ownChecks = new Map<TSchema, TypeCheck<TSchema>>();

  const checkOf = (schema: TSchema): TypeCheck<TSchema> => {
    const known = ownChecks.get(schema) ?? TypeCompiler.Compile(schema);
    ownChecks.set(schema, known);
    return known;
  };

  /** the methods' names are the only labels: a caller must not be able to invent some */
  function call(method: string, params: unknown, caller: RpcCaller, done: (outcome: Outcome) => void): void {
    const own = caller.own?.get(method);
    const registered = methods.get(method);
    const found = own ?? registered;
    if (found === undefined) {
      count('unknown', 'unknown-method');
      return done(refused({ name: 'unknown-method', detail: method.slice(0, 64) }));
    }
    if (!caller.may(found.action, method)) {
      count(method, 'not-authorized');
      return done(refused({ name: 'not-authorized', detail: method }));
    }
    if (own !== undefined) run(method, checkOf(own.params), params, (once) => once(own.call(params as never)), done);
    else invoke(method, params, caller, done);
  }

  function invoke(name: string, params: unknown, context: RequestContext, done: (outcome: Outcome) => void): void {
    const { check, handler } = methods.get(name) as Registered;
    run(name, check, params, (once) => handler(params, context, once), done);
  }

  function run(
    method: string,
    check: TypeCheck<TSchema>,
    params: unknown,
    start: (once: (outcome: Outcome) => void) => void,
    done: (outcome: Outcome) => void,
  ): void {
    const finish = (outcome: Outcome): void => {
      count(method, outcome.ok ? 'ok' : outcome.error.name);
      done(outcome);
    };
    if (!check.Check(params)) {
      const first = check.Errors(params).First();
      return finish(refused({ name: 'bad-request', detail: `${first?.path || 'params'}: ${first?.message}` }));
    }
    let answered = false;
    start((outcome) => {
      assert(!answered, `the handler of ${method} answers once`);
      answered = true;
      finish(outcome);
    });
  }

  function handleOne(request: unknown, caller: RpcCaller, respond: (response: object | undefined) => void): void {
    const parsed = parseRequest(request);
    if (parsed === undefined) return respond(errorResponse(null, rpcErrorCode.invalidRequest, { name: 'bad-request' }));
    const { id, method, params } = parsed;
    call(method, params, caller, (outcome) => {
      if (id === undefined) respond(undefined);
      else if (outcome.ok) respond({ jsonrpc: '2.0', id, result: outcome.value });
      else respond(errorResponse(id, numberOf(outcome.error), outcome.error));
    });
  }

  function handleBatch(
    requests: readonly unknown[],
    caller: RpcCaller,
    respond: (response: object | undefined) => void,
  ): void {
    if (requests.length === 0 || requests.length > maxRpcBatch) {
      const fault: GatewayFault = { name: 'bad-request', detail: `a batch has 1 to ${maxRpcBatch} requests` };
      return respond(errorResponse(null, rpcErrorCode.invalidRequest, fault));
    }
    const responses: (object | undefined)[] = [];
    let waiting = requests.length;
    for (const [i, request] of requests.entries()) {
      handleOne(request, caller, (response) => {
        responses[i] = response;
        if (--waiting > 0) return;
        const given = responses.filter((each) => each !== undefined);
        respond(given.length === 0 ? undefined : given);
      });
    }
  }

  return {
    register(name, definition, handler) {
      assert(!methods.has(name), `the method ${name} is registered once`);
      methods.set(name, { ...definition, check: TypeCompiler.Compile(definition.params), handler });
    },
    handle(request, caller, respond) {
      if (!request.ok) respond(errorResponse(null, rpcErrorCode.parse, { name: 'bad-request', detail: request.error }));
      else if (Array.isArray(request.value)) handleBatch(request.value, caller, respond);
      else handleOne(request.value, caller, respond);
    },
    invoke,
  };
}

interface ParsedRequest {
  /** undefined: a notification, which gets no response */
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: unknown;
}

function parseRequest(request: unknown): ParsedRequest | undefined {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) return undefined;
  const { jsonrpc, id, method, params } = request as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0' || typeof method !== 'string') return undefined;
  const idFits =
    id === undefined ||
    id === null ||
    typeof id === 'number' ||
    (typeof id === 'string' && id.length <= maxRpcIdLength);
  return idFits ? { id: id as Id | undefined, method, params: params ?? {} } : undefined;
}

const numbers: Readonly<Partial<Record<GatewayFault['name'], number>>> = {
  'unknown-method': rpcErrorCode.methodNotFound,
  'bad-request': rpcErrorCode.invalidParams,
  'internal-error': rpcErrorCode.internal,
};
const numberOf = (fault: GatewayFault): number => numbers[fault.name] ?? rpcErrorCode.application;

function errorResponse(id: Id, code: number, fault: GatewayFault): object {
  return { jsonrpc: '2.0', id, error: rpcErrorOf(fault, code) };
}

/** An error as clients see it: the row's sentence, what is special about this case, and what to do. */
export function rpcErrorOf(fault: GatewayFault, code: number = numberOf(fault)): RpcError {
  const row = errorRow(fault.name);
  return {
    code,
    message: fault.detail === undefined ? row.meaning : `${row.meaning} ${fault.detail}`,
    data: { code: formatErrorCode(row.code), name: row.name, remedy: row.remedy },
  };
}
