// The HTTP side of the gateway: fastify with the door, the rate and the rights checked before a body is read, and errors
// as RFC 9457 problem details with their PSKY code. Pages of origins that the operator lists get CORS headers, on the
// routes that declare it; nobody else does.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isLoopback } from '../../drivers/loopback.ts';
import { type AccessPolicy, type Action, authorize, type Principal } from '../authorize.ts';
import { type Names, refuseAtDoor } from '../doorman.ts';
import { maxHttpConnections, maxRpcBodyBytes, preflightSeconds, requestTimeoutMs } from '../limits.ts';
import type { GatewayFault, RequestContext, Route } from '../ports.ts';
import { problemOf, problemType, statusOf } from '../problems.ts';
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
  /** counts what was refused after it was let in, and before a handler saw it */
  refused(reason: GatewayFault['name']): void;
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
    refused: options.refused,
  };
}

/** how often Node looks for requests whose time is over; 30 s by itself */
const connectionsCheckingInterval = 1_000;

/** A server with nothing behind it yet. */
export function createHttp(options: HttpOptions, guard: Guard): FastifyInstance {
  const fastify = Fastify({
    bodyLimit: maxRpcBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, options.refused),
    routerOptions: { maxParamLength: 512 },
    // before the hooks below: a path that cannot be decoded, or has a part that is too long
    frameworkErrors: (error, _, reply) => refuse(reply as unknown as FastifyReply, faultOf(error), guard),
    ...(options.tls === undefined
      ? { http: { connectionsCheckingInterval } }
      : {
          https: {
            key: options.tls.key,
            cert: options.tls.certificate,
            minVersion: 'TLSv1.2' as const,
            connectionsCheckingInterval,
          },
        }),
  }) as unknown as FastifyInstance;
  fastify.server.maxConnections = maxHttpConnections;
  fastify.server.on('drop', () => options.refused('gateway-busy'));
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    reply.header('cache-control', 'no-store');
    letPagesRead(request, reply, options.names.origins);
    const fault = guard.inspect(request.raw);
    if (fault === undefined) done();
    else sendFault(reply, fault);
  });
  fastify.setNotFoundHandler((request, reply) =>
    refuse(reply, { name: 'not-found', detail: request.url.slice(0, 128) }, guard),
  );
  fastify.setErrorHandler((error: { code?: string; statusCode?: number; message: string }, _, reply) =>
    refuse(reply, faultOf(error), guard),
  );
  return fastify;
}

/** What a page may read is decided by its browser, which looks for these headers. */
function letPagesRead(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const { origin } = request.headers;
  const { crossOrigin } = request.routeOptions.config as RouteConfig;
  if (origins.length === 0 || crossOrigin !== true) return;
  reply.header('vary', 'origin');
  if (origin === undefined || !origins.includes(origin)) return;
  reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'retry-after');
}

interface RouteConfig {
  readonly crossOrigin?: boolean;
}

export function addRoute(fastify: FastifyInstance, guard: Guard, route: Route): void {
  fastify.route({
    method: route.method,
    url: fastifyPath(route),
    config: { crossOrigin: route.crossOrigin },
    bodyLimit: Math.max(1, route.bodyLimit),
    onRequest: (request, reply, done) => {
      const type = mediaType(request);
      if (!guard.may(guard.principalOf(request.raw), route.action, route.resource)) {
        return refuse(reply, { name: 'not-authorized' }, guard);
      }
      if (route.method === 'POST' && !route.contentTypes.includes(type ?? '')) {
        return refuse(
          reply,
          { name: 'unsupported-media-type', detail: `not ${type ?? 'without a content type'}` },
          guard,
        );
      }
      done();
    },
    handler: (request, reply) => {
      const { body } = request;
      route.handle(
        {
          params: request.params as Record<string, string>,
          query: request.query as Record<string, string | string[]>,
          contentType: mediaType(request),
          accept: request.headers.accept,
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

/** Answers what a browser asks before it lets a page of a listed origin send JSON or a token. */
export function addPreflight(fastify: FastifyInstance, guard: Guard, path: string, methods: readonly string[]): void {
  fastify.route({
    method: 'OPTIONS',
    url: fastifyPath({ path }),
    config: { crossOrigin: true },
    handler: (request, reply) => {
      if (reply.getHeader('access-control-allow-origin') === undefined)
        return refuse(reply, { name: 'not-found', detail: request.url.slice(0, 128) }, guard);
      reply
        .header('access-control-allow-methods', methods.join(', '))
        .header('access-control-allow-headers', 'accept, authorization, content-type, traceparent')
        .header('access-control-max-age', preflightSeconds)
        .code(204)
        .send();
    },
  });
}

/** What else may be asked of a path is refused by name. @param methods that it is served for */
export function refuseOtherMethods(
  fastify: FastifyInstance,
  guard: Guard,
  path: string,
  methods: readonly string[],
): void {
  fastify.route({
    method: (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter((each) => !methods.includes(each)),
    url: fastifyPath({ path }),
    exposeHeadRoute: false,
    onRequest: (request, reply) => {
      reply.header('allow', methods.join(', '));
      refuse(reply, { name: 'method-not-allowed', detail: `${request.method} ${request.url.slice(0, 128)}` }, guard);
    },
    handler: () => {},
  });
}

const fastifyPath = ({ path }: Pick<Route, 'path'>): string => path.replace(/\{(\w+)\}/g, ':$1');

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
  const status = statusOf(fault.name);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 429 || status === 503) reply.header('retry-after', 1);
  reply
    .code(status)
    .header('content-type', problemType)
    .send(JSON.stringify(problemOf(fault)));
}

function refuse(reply: FastifyReply, fault: GatewayFault, guard: Guard): void {
  guard.refused(fault.name);
  sendFault(reply, fault);
}

/** What Node's own parser gives up on: no HTTP, heads that are too long, requests that do not come to their end. */
function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  refused: (reason: GatewayFault['name']) => void,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return; // gone, or answered already
  const name = { ERR_HTTP_REQUEST_TIMEOUT: 'deadline-passed', HPE_HEADER_OVERFLOW: 'too-large' } as const;
  const fault: GatewayFault = { name: name[error.code as keyof typeof name] ?? 'bad-request' };
  refused(fault.name);
  endWithProblem(socket, fault);
}

/** An answer where there is no request to answer: the connection ends with it. */
export function endWithProblem(socket: Socket, fault: GatewayFault): void {
  const body = JSON.stringify(problemOf(fault));
  socket.end(
    `HTTP/1.1 ${statusOf(fault.name)} Refused\r\nConnection: close\r\nContent-Type: ${problemType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.destroySoon();
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
  return status < 500 ? { name: 'bad-request', detail: error.message.slice(0, 256) } : { name: 'internal-error' };
}
