// Bad input and faults are values inside a turn: an actor that its supervisor had to restart has met a bug of ours.

import type { SystemReport } from '../../actors/index.ts';

/** @returns which actor failed and why, as a sentence */
export function crashed({ actors }: SystemReport): string | undefined {
  const failed = actors.find(({ restarts }) => restarts > 0);
  return failed === undefined
    ? undefined
    : `${failed.address} was restarted: ${failed.lastError?.message ?? 'no reason known'}`;
}
