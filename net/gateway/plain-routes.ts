// Routes that are no methods: the OpenAPI file, and what monitors ask a node.

import { ok } from '../../lib/result.ts';
import { type Operation, openapiDocument, plainOperation } from './openapi.ts';
import type { ReadyCheck, Route, RouteAnswer } from './ports.ts';
import { openapiPath } from './protocol.ts';

/** @param described the routes that are served beside it */
export function openapiRoute(described: readonly Route[], version: string): Route {
  const operation = plainOperation(
    { operationId: 'openapi', summary: 'This file.', tags: ['interface'] },
    { 200: 'OpenAPI 3.1.' },
    'application/json',
  );
  let body: string | undefined;
  const route: Route = {
    ...get(openapiPath, operation, () => {
      body ??= JSON.stringify(openapiDocument([...described, route], version));
      return { status: 200, contentType: 'application/json', body };
    }),
    crossOrigin: true,
  };
  return route;
}

export function healthRoutes(checks: () => readonly ReadyCheck[]): readonly Route[] {
  const alive = plainOperation(
    { operationId: 'livez', summary: 'Whether the process answers.', tags: ['health'] },
    { 200: 'It does.' },
    'text/plain',
  );
  const ready = plainOperation(
    {
      operationId: 'readyz',
      summary: 'Whether the node serves: enough peers, little lag, and progress while there is work.',
      tags: ['health'],
      parameters: [
        {
          name: 'verbose',
          in: 'query',
          required: false,
          description: 'A line for every check, also for those that are well.',
          schema: { type: 'string' },
          allowEmptyValue: true,
        },
      ],
    },
    { 200: 'It does.', 503: 'It does not; a line for every check that is not well.' },
    'text/plain',
  );
  return [
    get('/livez', alive, () => ({ status: 200, contentType: 'text/plain', body: 'ok\n' })),
    get('/readyz', ready, (verbose) => readiness(checks(), verbose)),
  ];
}

/** On a port of its own. */
export function metricsOf(render: () => string): Route {
  const operation = plainOperation(
    { operationId: 'metrics', summary: 'Metrics for Prometheus.', tags: ['health'] },
    { 200: 'All of them.' },
    'text/plain',
  );
  const answer = (): RouteAnswer => ({ status: 200, contentType: 'text/plain; version=0.0.4', body: render() });
  return { ...get('/metrics', operation, answer), action: 'metrics' };
}

function get(path: string, operation: Operation, answer: (verbose: boolean) => RouteAnswer): Route {
  return {
    method: 'GET',
    path,
    action: 'health',
    resource: path,
    crossOrigin: false,
    operation,
    bodyLimit: 0,
    contentTypes: [],
    handle: (request, done) => done(ok(answer(request.query['verbose'] !== undefined))),
  };
}

/** One line a check, as Kubernetes' own components write them. */
function readiness(checks: readonly ReadyCheck[], verbose: boolean): RouteAnswer {
  const results = checks.map((each) => ({ name: each.name, ...each.check() }));
  const ready = results.every((each) => each.ok);
  const lines = results.map(
    (each) => `[${each.ok ? '+' : '-'}]${each.name} ${each.ok ? 'ok' : 'failed'}: ${each.detail}`,
  );
  const shown = verbose ? lines : lines.filter((line) => line.startsWith('[-]'));
  const body = [...shown, ready ? 'ok' : 'not ready'].join('\n');
  return { status: ready ? 200 : 503, contentType: 'text/plain', body: `${body}\n` };
}
