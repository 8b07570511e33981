// The clock of a real node.

import { performance } from 'node:perf_hooks';
import { milliseconds } from '../../lib/units.ts';
import { longestTimerMs } from '../limits.ts';
import type { Clock, Timer } from '../ports.ts';

export interface RealClockOptions {
  /** Whether a timer alone keeps the process alive. A node lives by its sockets, so by default it does not. */
  readonly timersKeepAlive?: boolean;
}

export function createRealClock({ timersKeepAlive = false }: RealClockOptions = {}): Clock {
  const now = () => milliseconds(performance.now());

  const after = (delayMs: number, fire: () => void): Timer => {
    const due = now() + delayMs;
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      timer = setTimeout(expire, Math.min(Math.max(0, Math.ceil(leftMs)), longestTimerMs));
      if (!timersKeepAlive) timer.unref();
    };
    // node rounds down and cannot count far: a timer never fires early
    const expire = (): void => {
      const leftMs = due - now();
      if (leftMs > 0) wait(leftMs);
      else fire();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(timer) };
  };

  return {
    now,
    wallMs: () => Date.now(),
    after,
    // after the poll phase: all inputs that have arrived are in their mailboxes by then
    soon: (run) => void setImmediate(run),
    next: (run) => process.nextTick(run),
  };
}
