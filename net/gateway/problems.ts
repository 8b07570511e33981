// Errors over HTTP: which status each has, and RFC 9457 problem details with the PSKY code.

import { type Static, Type } from '@sinclair/typebox';
import { type ErrorName, errorRow, formatErrorCode } from '../../lib/errors.ts';
import type { GatewayFault } from './ports.ts';

export const problemType = 'application/problem+json';

export const problem = Type.Object(
  {
    type: Type.String({ description: 'The name of the error as a URN.', examples: ['urn:psky:error:not-found'] }),
    title: Type.String({ description: 'What happened, in one sentence.' }),
    status: Type.Integer({ description: 'As in the response.', examples: [404] }),
    detail: Type.Optional(Type.String({ description: 'What is special about this case.' })),
    code: Type.String({
      pattern: '^PSKY-\\d{4}$',
      description: 'The stable code of the error; each has a page in docs/errors.',
      examples: ['PSKY-3018'],
    }),
    name: Type.String({ description: 'The stable name of the error.', examples: ['not-found'] }),
    remedy: Type.String({ description: 'What to do about it.' }),
  },
  { title: 'Problem', description: 'RFC 9457 problem details.' },
);
export type Problem = Static<typeof problem>;

/** where the family does not decide */
const statuses: Readonly<Partial<Record<ErrorName, number>>> = {
  'nonce-used': 409,
  'duplicate-command': 409,
  'unknown-path': 404,
  'bad-argument': 400,
  'height-not-kept': 404,
  'no-proof': 400,
  'bad-request': 400,
  'malformed-entries': 400,
  'not-authorized': 401,
  'foreign-origin': 403,
  'unknown-method': 404,
  'not-found': 404,
  'unknown-chain': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  'unsupported-media-type': 415,
  'unknown-host': 421,
  'rate-limited': 429,
  'account-busy': 429,
  'internal-error': 500,
  'query-failed': 500,
  'gateway-busy': 503,
  'node-not-ready': 503,
  'deadline-passed': 504,
  'not-covered-in-time': 504,
};

/** Commands that the ledger refuses are 422; what a disk or consensus cannot do now is 503. */
export function statusOf(name: ErrorName): number {
  const own = statuses[name];
  if (own !== undefined) return own;
  const family = Math.floor(errorRow(name).code / 1000);
  return family === 2 ? 422 : family >= 4 ? 503 : 400;
}

export function problemOf({ name, detail }: GatewayFault): Problem {
  const row = errorRow(name);
  return {
    type: `urn:psky:error:${row.name}`,
    title: row.meaning,
    status: statusOf(name),
    ...(detail === undefined ? {} : { detail }),
    code: formatErrorCode(row.code),
    name: row.name,
    remedy: row.remedy,
  };
}
