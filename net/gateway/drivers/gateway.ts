// The client gateway: what rooms registered, served over HTTP and WebSockets on one port, and metrics and health on
// another. It knows no ledger and no consensus.

import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { assert } from '../../../lib/assert.ts';
import type { Metrics } from '../../../lib/metrics.ts';
import { ok } from '../../../lib/result.ts';
import { isLoopback } from '../../drivers/loopback.ts';
import { type AccessPolicy, missingForExposure, openPolicy } from '../authorize.ts';
import { loopbackHosts } from '../doorman.ts';
import { answerFormat, contentTypes, formatOf } from '../formats.ts';
import { maxRpcBodyBytes } from '../limits.ts';
import { rpcOperation } from '../openapi.ts';
import { healthRoutes, metricsOf, openapiRoute } from '../plain-routes.ts';
import type {
  Gateway,
  GatewayAddresses,
  GatewayFault,
  ReadyCheck,
  Route,
  RpcHandler,
  StreamHandler,
  TopicSource,
} from '../ports.ts';
import { rpcMethods, rpcPath } from '../protocol.ts';
import { restRoute } from '../rest.ts';
import { createRpcDispatcher } from '../rpc.ts';
import {
  addPreflight,
  addRoute,
  createGuard,
  createHttp,
  type HttpOptions,
  refuseOtherMethods,
  type TlsFiles,
} from './http.ts';
import { createSockets } from './sockets.ts';

export interface GatewayOptions {
  readonly host: string;
  /** 0 picks a free one */
  readonly port: number;
  /** absent: no metrics port */
  readonly metricsAt?: { readonly host: string; readonly port: number };
  readonly tls?: TlsFiles;
  /** host names beside loopback's and `host`, as a proxy passes them on */
  readonly hosts?: readonly string[];
  /** whose pages may use it beside its own: `https://app.example`, without a path */
  readonly origins?: readonly string[];
  /** by default what `openPolicy` grants */
  readonly policy?: AccessPolicy;
  /** SHA-256 of a token (hex) → its name in `policy` */
  readonly tokens?: ReadonlyMap<string, string>;
  readonly metrics: Metrics;
  /** of the program, for the OpenAPI file */
  readonly version: string;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { metrics } = options;
  const policy = options.policy ?? openPolicy;
  const routes: Route[] = [];
  const checks: ReadyCheck[] = [];
  const topics = new Map<string, TopicSource>();
  const servers: FastifyInstance[] = [];
  let streamHandler: StreamHandler | undefined;
  let started = false;
  let draining: string | undefined;

  const http: HttpOptions = {
    names: {
      hosts: [...loopbackHosts, options.host.toLowerCase(), ...(options.hosts ?? [])],
      origins: options.origins ?? [],
    },
    policy,
    tokens: options.tokens ?? new Map(),
    refused: (reason) => metrics.count('psky_gateway_refused_total', 1, { reason }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
  const guard = createGuard(http);
  const dispatcher = createRpcDispatcher((method, outcome) =>
    metrics.count('psky_rpc_requests_total', 1, { method, outcome }),
  );
  const sockets = createSockets({
    guard,
    dispatcher,
    topics,
    streamHandler: () => streamHandler,
    onLagged: (kind) => metrics.count('psky_gateway_lagged_total', 1, { kind }),
    refused: http.refused,
  });
  metrics.collect(() => {
    for (const kind of ['rpc', 'stream'] as const) metrics.gauge('psky_gateway_sockets', sockets.count(kind), { kind });
  });

  const register = (): void => assert(!started, 'everything is registered before the gateway starts');

  const rpcRoute = (path: string, operationId: string): Route => ({
    method: 'POST',
    path,
    action: 'health', // each method has its own action
    resource: path,
    crossOrigin: true,
    bodyLimit: maxRpcBodyBytes,
    contentTypes,
    operation: rpcOperation(operationId),
    handle({ context, contentType, accept, body }, answer) {
      const caller = {
        ...context,
        may: (action: Route['action'], of: string) => guard.may(context.principal, action, of),
      };
      const format = answerFormat(accept, formatOf(contentType));
      dispatcher.handle(formatOf(contentType).read(body), caller, (response) =>
        answer(
          ok({
            status: response === undefined ? 204 : 200,
            contentType: format.contentType,
            body: response === undefined ? '' : format.write(response),
          }),
        ),
      );
    },
  });

  const metricsRoute = metricsOf(() => metrics.render());
  const health = healthRoutes(() => (draining === undefined ? checks : [...checks, drainingCheck(draining)]));

  function listen(
    at: { readonly host: string; readonly port: number },
    own: readonly Route[],
    done: (fault: GatewayFault | undefined, url: string, server: FastifyInstance) => void,
  ): void {
    const fastify = createHttp(http, guard);
    servers.push(fastify);
    for (const route of own) addRoute(fastify, guard, route);
    for (const path of new Set(own.map((each) => each.path))) {
      const those = own.filter((each) => each.path === path);
      const methods = those.map((each) => each.method);
      refuseOtherMethods(fastify, guard, path, methods);
      const open = those.every((each) => each.crossOrigin);
      if (open && http.names.origins.length > 0) addPreflight(fastify, guard, path, methods);
    }
    fastify.listen({ host: at.host, port: at.port }, (error) => {
      if (error !== null) return done(faultOf(error, at), '', fastify);
      const { port } = fastify.server.address() as AddressInfo;
      const host = at.host.includes(':') ? `[${at.host}]` : at.host;
      done(undefined, `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`, fastify);
    });
  }

  return {
    registerMethod(name, handler) {
      register();
      dispatcher.register(name, rpcMethods[name], handler as RpcHandler<unknown, unknown>);
      routes.push(restRoute(name, dispatcher));
    },
    registerTopic(topic, source) {
      register();
      topics.set(topic, source);
    },
    registerStream(handler) {
      register();
      streamHandler = handler;
    },
    registerRoute(route) {
      register();
      routes.push(route);
    },
    registerReadyCheck: (check) => void checks.push(check),
    start(done) {
      register();
      started = true;
      for (const { host } of [options, ...(options.metricsAt === undefined ? [] : [options.metricsAt])]) {
        const missing = missingForExposure({ loopback: isLoopback(host), tls: options.tls !== undefined, policy });
        if (missing !== undefined) return done({ name: 'insecure-bind', detail: `${host}: no ${missing}` }, undefined);
      }
      const described = [...routes, rpcRoute(rpcPath, 'rpc'), rpcRoute('/', 'rpcAtRoot'), ...health];
      const served = [...described, openapiRoute(described, options.version)];
      listen(options, served, (fault, rpc, fastify) => {
        if (fault !== undefined) return done(fault, undefined);
        fastify.server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket as never, head));
        if (options.metricsAt === undefined) return done(undefined, { rpc, metrics: undefined });
        listen(options.metricsAt, [metricsRoute, ...health], (failed, url) => {
          const addresses: GatewayAddresses = { rpc, metrics: `${url}/metrics` };
          done(failed, failed === undefined ? addresses : undefined);
        });
      });
    },
    drain(reason) {
      draining = reason;
      sockets.drain(reason);
    },
    close(done) {
      sockets.close();
      void Promise.all(servers.map((each) => each.close())).then(
        () => done(),
        () => done(),
      );
    },
  };
}

const drainingCheck = (reason: string): ReadyCheck => ({
  name: 'serving',
  check: () => ({ ok: false, detail: reason }),
});

function faultOf(error: NodeJS.ErrnoException, at: { readonly host: string; readonly port: number }): GatewayFault {
  const detail = `${at.host}:${at.port}: ${error.message}`;
  return { name: error.code === 'EADDRINUSE' ? 'address-in-use' : 'internal-error', detail };
}
