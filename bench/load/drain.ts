// Waits until a chain is at rest on every validator: nothing to order, everything ordered is executed. What one run left
// behind must not be measured as part of the next one.

import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from './generator.ts';
import { drainPollMs } from './limits.ts';
import { callNode } from './lookup.ts';

/** @returns names of the validators that were not at rest when the time was up; none when all were */
export async function untilAtRest(
  targets: readonly Target[],
  chain: string,
  timeoutMs: number,
): Promise<readonly string[]> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const busy = await Promise.all(
      targets.map(async (target) => ((await isAtRest(target, chain)) ? undefined : target.name)),
    );
    const names = busy.filter((name) => name !== undefined);
    if (names.length === 0 || Date.now() > end) return names;
    await delay(drainPollMs);
  }
}

async function isAtRest(target: Target, chain: string): Promise<boolean> {
  const status = await callNode(target.rpc, 'status', { chain }).catch(() => undefined);
  const state = status?.chains.find((each) => each.chain === chain)?.state ?? status?.chains[0]?.state;
  return state === 'idle';
}
