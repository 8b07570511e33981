export type { Counts } from './counts.ts';
export { type DiskRoom, describeShortage, diskRoomFor, growthOf, type ShardHome } from './disk-room.ts';
export type { Target } from './generator.ts';
export { type LatencyMs, shareWithin, summarise } from './latency.ts';
export {
  defaultCoalesceMs,
  maxClients,
  maxCommandBytes,
  maxFrameBytes,
  maxRate,
  maxSeconds,
  minBlobBytes,
} from './limits.ts';
export { callNode } from './lookup.ts';
export { type LoadMode, type LoadPlan, Schedule } from './plan.ts';
export {
  type LoadOptions,
  type LoadOutcome,
  type LoadProgress,
  type LoadRun,
  type LoadSecond,
  startLoad,
} from './run-load.ts';
export { checkSignedSize } from './signed-workload.ts';
