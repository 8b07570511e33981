// Which schedules drive the real core, how many of each, and what must make them fail.
import type { Schedule } from './core-schedule.ts';

interface Seeds {
  readonly schedule: Schedule;
  readonly firstSeed: number;
  readonly seeds: number;
}

const four = { n: 4, window: 8, steps: 600, crashes: true };

export const CORE_SCHEDULES: readonly Seeds[] = [
  {
    schedule: { name: 'one validator', n: 1, byzantine: [], window: 8, steps: 200, crashes: true },
    firstSeed: 1,
    seeds: 20,
  },
  { schedule: { ...four, name: 'four validators', byzantine: [] }, firstSeed: 1, seeds: 30 },
  { schedule: { ...four, name: 'four validators, one Byzantine', byzantine: [3] }, firstSeed: 1, seeds: 60 },
  {
    schedule: { ...four, name: 'seven validators, two Byzantine', n: 7, byzantine: [1, 4], window: 4, steps: 1000 },
    firstSeed: 1,
    seeds: 12,
  },
];

/** Each must be noticed within its seeds. */
export const CORE_DELETIONS: readonly Seeds[] = [
  {
    schedule: { ...four, name: 'a disk that says "synced" too early', byzantine: [], deleted: 'D1 syncs are real' },
    firstSeed: 1,
    seeds: 10,
  },
  {
    schedule: { ...four, name: 'a quorum too small', byzantine: [3], deleted: 'quorum too small' },
    firstSeed: 1,
    seeds: 10,
  },
];
