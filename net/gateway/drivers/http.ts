// The HTTP side of the gateway: fastify with the door, the rate and the rights checked before a body is read, and errors
// as RFC 9457 problem details with their PSKY code.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorRow, formatErrorCode } from '../../../lib/errors.ts';
import { isLoopback } from '../../drivers/loopback.ts';
import { type AccessPolicy, type Action, authorize, type Principal } from '../authorize.ts';
import { type Names, refuseAtDoor } from '../doorman.ts';
import { maxHttpConnections, maxRpcBodyBytes, requestTimeoutMs } from '../limits.ts';
import type { GatewayFault, RequestContext, Route } from '../ports.ts';
import { createRateLimit } from '../rate-limit.ts';

export interface TlsFiles {
  /** PEM */
  readonly key: string;
  readonly certificate: string;
}

export interface HttpOptions {
  readonly names: Names;
  readonly policy: AccessPolicy;
  /** SHA-256 of a token (hex) → the name under which `policy` knows it */
  readonly tokens: ReadonlyMap<string, string>;
  readonly tls?: TlsFiles;
  readonly refused: (reason: GatewayFault['name']) => void;
}

/** What is decided about a request before anything is read of it but its head. */
export interface Guard {
  /** @returns why it may not come in */
  inspect(request: IncomingMessage): GatewayFault | undefined;
  principalOf(request: IncomingMessage): Principal;
  may(principal: Principal, action: Action, resource: string): boolean;
}

export function createGuard(options: HttpOptions): Guard {
  const rate = createRateLimit();
  const fault = (request: IncomingMessage): GatewayFault['name'] | undefined => {
    const { host, origin } = request.headers;
    const from = request.socket.remoteAddress ?? '';
    const refusal = refuseAtDoor({ host, origin }, options.names);
    if (refusal !== undefined) return refusal;
    return isLoopback(from) || rate.allow(from, performance.now()) ? undefined : 'rate-limited';
  };
  return {
    inspect(request) {
      const name = fault(request);
      if (name === undefined) return undefined;
      options.refused(name);
      return { name };
    },
    principalOf(request) {
      const token = /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '')?.[1];
      const name = token && options.tokens.get(createHash('sha256').update(token).digest('hex'));
      return name ? { kind: 'token', name } : { kind: 'anonymous' };
    },
    may: (principal, action, resource) => authorize(options.policy, principal, action, resource),
  };
}

const statuses: Readonly<Partial<Record<GatewayFault['name'], number>>> = {
  'bad-request': 400,
  'not-authorized': 401,
  'foreign-origin': 403,
  'unknown-method': 404,
  'not-found': 404,
  'unknown-chain': 404,
  'too-large': 413,
  'unsupported-media-type': 415,
  'unknown-host': 421,
  'rate-limited': 429,
  'internal-error': 500,
  overloaded: 503,
  'gateway-busy': 503,
  'not-ready': 503,
  'node-not-ready': 503,
  'deadline-passed': 504,
};
export const statusOf = (fault: GatewayFault): number => statuses[fault.name] ?? 400;

/** RFC 9457 */
export function problemOf(fault: GatewayFault): string {
  const row = errorRow(fault.name);
  return JSON.stringify({
    type: `urn:psky:error:${row.name}`,
    title: row.meaning,
    status: statusOf(fault),
    ...(fault.detail === undefined ? {} : { detail: fault.detail }),
    code: formatErrorCode(row.code),
    name: row.name,
    remedy: row.remedy,
  });
}

/** A server with nothing behind it yet. */
export function createHttp(options: HttpOptions, guard: Guard): FastifyInstance {
  const fastify = Fastify({
    bodyLimit: maxRpcBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
    ...(options.tls === undefined
      ? {}
      : { https: { key: options.tls.key, cert: options.tls.certificate, minVersion: 'TLSv1.2' as const } }),
  }) as unknown as FastifyInstance;
  fastify.server.maxConnections = maxHttpConnections;
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    reply.header('cache-control', 'no-store');
    const fault = guard.inspect(request.raw);
    if (fault === undefined) done();
    else sendFault(reply, fault);
  });
  fastify.setNotFoundHandler((request, reply) =>
    sendFault(reply, { name: 'not-found', detail: request.url.slice(0, 128) }),
  );
  fastify.setErrorHandler((error: { code?: string; statusCode?: number; message: string }, _, reply) =>
    sendFault(reply, faultOf(error)),
  );
  return fastify;
}

export function addRoute(fastify: FastifyInstance, guard: Guard, route: Route): void {
  fastify.route({
    method: route.method,
    url: route.path,
    bodyLimit: Math.max(1, route.bodyLimit),
    onRequest: (request, reply, done) => {
      const type = mediaType(request);
      if (!guard.may(guard.principalOf(request.raw), route.action, route.path)) {
        return sendFault(reply, { name: 'not-authorized' });
      }
      if (route.method === 'POST' && !route.contentTypes.includes(type ?? '')) {
        return sendFault(reply, { name: 'unsupported-media-type', detail: `not ${type ?? 'without a content type'}` });
      }
      done();
    },
    handler: (request, reply) => {
      const { body } = request;
      route.handle(
        {
          params: request.params as Record<string, string>,
          query: request.query as Record<string, string>,
          contentType: mediaType(request),
          body: body instanceof Uint8Array ? body : new Uint8Array(0),
          context: contextOf(request, reply, guard),
        },
        (outcome) => {
          if (!outcome.ok) return sendFault(reply, outcome.error);
          const { status, contentType, body: answer } = outcome.value;
          reply.code(status).header('content-type', contentType).send(answer);
        },
      );
    },
  });
}

function contextOf(request: FastifyRequest, reply: FastifyReply, guard: Guard): RequestContext {
  return {
    principal: guard.principalOf(request.raw),
    traceparent: traceparentOf(request.raw),
    gone: () => reply.raw.destroyed,
  };
}

export function traceparentOf(request: IncomingMessage): string | undefined {
  const header = request.headers['traceparent'];
  return typeof header === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(header)
    ? header
    : undefined;
}

function sendFault(reply: FastifyReply, fault: GatewayFault): void {
  reply.code(statusOf(fault)).header('content-type', 'application/problem+json').send(problemOf(fault));
}

const mediaType = (request: FastifyRequest): string | undefined =>
  request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();

/** what fastify itself finds wrong with a request */
function faultOf(error: {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
}): GatewayFault {
  if (error.statusCode === 413) return { name: 'too-large' };
  if (error.statusCode === 415) return { name: 'unsupported-media-type' };
  const status = error.statusCode ?? 500;
  return status < 500 ? { name: 'bad-request', detail: error.message } : { name: 'internal-error' };
}
