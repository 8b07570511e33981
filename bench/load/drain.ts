// Waits until a chain is at rest on every validator: nothing to order, everything ordered is executed. What one run left
// behind must not be measured as part of the next one.

import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from './generator.ts';
import { drainPollMs } from './limits.ts';
import { chainStateAt } from './lookup.ts';

/** @returns names of the validators that were not at rest when the time was up; none when all were */
export async function untilAtRest(
  targets: readonly Target[],
  chain: string,
  timeoutMs: number,
): Promise<readonly string[]> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const busy = await Promise.all(
      targets.map(async ({ name, rpc }) => ((await chainStateAt(rpc, chain)) === 'idle' ? undefined : name)),
    );
    const names = busy.filter((name) => name !== undefined);
    if (names.length === 0 || Date.now() > end) return names;
    await delay(drainPollMs);
  }
}
