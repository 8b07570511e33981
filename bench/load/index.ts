export { type Calibration, type Conditions, conditions, type Machine } from '../conditions/index.ts';
export type { Counts } from './counts.ts';
export { type DiskRoom, describeShortage, diskRoomFor, growthOf, type ShardHome } from './disk-room.ts';
export {
  type Calibrations,
  calibrated,
  type Observed,
  observe,
  type Site,
  type Validator,
  type ValidatorUse,
} from './experiment.ts';
export { findMax, type MaxEvents, type MaxOutcome, type Try } from './find-max.ts';
export { gapMs, longestGaps } from './gaps.ts';
export { type LatencyMs, shareWithin, summarise } from './latency.ts';
export {
  defaultCoalesceMs,
  defaultWarmUpSeconds,
  maxClients,
  maxCommandBytes,
  maxFrameBytes,
  maxRate,
  maxRepeats,
  maxSeconds,
  maxWarmUpSeconds,
  minBlobBytes,
} from './limits.ts';
export { type LoadMode, type LoadPlan, Schedule } from './plan.ts';
export type { ProfileSummary } from './profile/profiler.ts';
export { type ReportData, reportPage } from './report/page.ts';
export type { LoadOutcome, LoadProgress, LoadRun } from './run-load.ts';
export { checkSignedSize } from './signed-workload.ts';
export { type Spread, spreadOf } from './spread.ts';
export type { LoadSecond } from './tally.ts';
