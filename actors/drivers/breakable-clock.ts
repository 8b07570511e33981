// A clock whose wall time can be set wrong on purpose, for tests of real processes. Timers go on as they are.

import type { Clock } from '../ports.ts';

export interface BreakableClock {
  readonly clock: Clock;
  /** @param offsetMs what the wall time is wrong by from now on; 0: nothing */
  jump(offsetMs: number): void;
}

export function breakableClock(sound: Clock): BreakableClock {
  let offset = 0;
  return {
    clock: { ...sound, wallMs: () => sound.wallMs() + offset },
    jump(offsetMs) {
      offset = offsetMs;
    },
  };
}
