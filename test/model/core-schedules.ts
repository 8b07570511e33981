// Which schedules drive the real core, and how many of each.
import type { Schedule } from './core-schedule.ts';

export const CORE_SCHEDULES: readonly {
  readonly schedule: Schedule;
  readonly firstSeed: number;
  readonly seeds: number;
}[] = [
  {
    schedule: { name: 'one validator', n: 1, byzantine: [], window: 8, steps: 200, crashes: true },
    firstSeed: 1,
    seeds: 10,
  },
  {
    schedule: { name: 'four validators', n: 4, byzantine: [], window: 8, steps: 600, crashes: true },
    firstSeed: 1,
    seeds: 20,
  },
  {
    schedule: { name: 'four validators, one Byzantine', n: 4, byzantine: [3], window: 8, steps: 600, crashes: true },
    firstSeed: 1,
    seeds: 40,
  },
  {
    schedule: {
      name: 'seven validators, two Byzantine',
      n: 7,
      byzantine: [1, 4],
      window: 4,
      steps: 1000,
      crashes: true,
    },
    firstSeed: 1,
    seeds: 10,
  },
];
