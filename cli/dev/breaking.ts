// The admin verb `break`, which a node has only where its genesis says dev: makes its disk slow, failing, full or torn,
// its clock wrong and its links long, until it is told otherwise or ends. With the token in run/dev-token.

import type { Breakage } from '../../drivers.ts';
import { type FieldFault, readFields } from '../../lib/fields.ts';
import type { Result } from '../../lib/result.ts';
import type { AdminServer } from '../../net/drivers/admin-server.ts';
import { issueToken } from './token.ts';

/** longer than every timer of the protocol */
const maxDelayMs = 60_000;
/** a day, either way */
const maxJumpMs = 86_400_000;

export function registerBreaking(server: AdminServer, tokenFile: string, apply: (breakage: Breakage) => void): void {
  const isToken = issueToken(tokenFile);
  server.register('break', ({ token, ...params }, reply) => {
    if (!isToken(token)) return reply.fail({ name: 'not-a-devnet', detail: 'The token is not that of this run.' });
    const breakage = parseBreakage(params);
    if (!breakage.ok) {
      const { place, message } = breakage.error;
      return reply.fail({ name: 'bad-request', detail: `${place}: ${message}.` });
    }
    apply(breakage.value);
    reply.result({ broken: params });
  });
}

/** What is not named is sound. */
function parseBreakage(params: Readonly<Record<string, unknown>>): Result<Breakage, FieldFault> {
  return readFields(params, (fields): Breakage => {
    const whole = (name: string, max: number, min = 0) => (fields.has(name) ? fields.whole(name, { min, max }) : 0);
    return {
      disk: {
        delayMs: whole('delayMs', maxDelayMs),
        failure: fields.has('failure') ? fields.oneOf('failure', ['none', 'io', 'no-space', 'torn']) : 'none',
        tornShare: whole('tornPercent', 100) / 100,
        freeBytes: fields.has('freeBytes') ? whole('freeBytes', Number.MAX_SAFE_INTEGER) : null,
      },
      clockOffsetMs: whole('clockOffsetMs', maxJumpMs, -maxJumpMs),
      linkDelayMs: whole('linkDelayMs', maxDelayMs),
    };
  });
}
