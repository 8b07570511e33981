// REST routes, made from the table of methods: a route turns a request into the parameters of its method, and the result
// into a status and a body. What a method is, and what it checks, is the same for JSON-RPC.

import type { TSchema } from '@sinclair/typebox';
import { ok, type Result, refused } from '../../lib/result.ts';
import { answerFormat, contentTypes, formatOf } from './formats.ts';
import { maxRpcBodyBytes } from './limits.ts';
import { type RpcMethod, rpcMethods } from './methods.ts';
import { operationOf } from './openapi.ts';
import type { GatewayFault, Route, RouteAnswer, RouteRequest } from './ports.ts';
import type { RpcDispatcher } from './rpc.ts';

export function restRoute(name: RpcMethod, dispatcher: Pick<RpcDispatcher, 'invoke'>): Route {
  const { rest, action } = rpcMethods[name];
  const posts = rest.verb === 'POST';
  return {
    method: rest.verb,
    path: rest.path,
    action,
    resource: name,
    crossOrigin: true,
    bodyLimit: posts ? maxRpcBodyBytes : 0,
    contentTypes: posts ? contentTypes : [],
    operation: operationOf(name),
    handle(request, answer) {
      const params = posts ? readBody(request) : ok(readFields(rpcMethods[name].params, request));
      if (!params.ok) return answer(params);
      dispatcher.invoke(name, params.value, request.context, (outcome) =>
        answer(outcome.ok ? answerOf(name, outcome.value, request) : outcome),
      );
    },
  };
}

function readBody({ contentType, body }: RouteRequest): Result<unknown, GatewayFault> {
  const read = formatOf(contentType).read(body);
  return read.ok ? read : refused({ name: 'bad-request', detail: read.error });
}

/** Text from the path and the query becomes what the schema of the field asks for; what does not fit is left to its check. */
function readFields(params: TSchema, { params: path, query }: RouteRequest): object {
  const schemas = params['properties'] as Readonly<Record<string, TSchema>>;
  const given = Object.entries({ ...query, ...path });
  return Object.fromEntries(given.map(([field, text]) => [field, valueOf(schemas[field], text)]));
}

function valueOf(schema: TSchema | undefined, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (schema?.['type'] === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text);
  if (schema?.['type'] === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function answerOf(
  name: RpcMethod,
  result: unknown,
  { accept, contentType }: RouteRequest,
): Result<RouteAnswer, GatewayFault> {
  const { rest } = rpcMethods[name];
  const verdict = rest.judge?.(result as never) ?? Number(Object.keys(rest.answers)[0]);
  if (typeof verdict === 'string') return refused({ name: verdict });
  const format = answerFormat(accept, formatOf(contentType));
  return ok({ status: verdict, contentType: format.contentType, body: format.write(result) });
}
