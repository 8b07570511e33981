export { placeOf } from './format.ts';
export { type JournalWorld, openJournal } from './journal.ts';
export type {
  Journal,
  JournalFault,
  JournalOptions,
  JournalRecord,
  JournalStats,
  JournalView,
  LiveRecord,
} from './journal-port.ts';
export type { Manifest, ShardFault } from './manifest.ts';
export { storageMetrics } from './metrics.ts';
export { openShard, type Shard, type ShardEvents, type ShardOptions, type ShardWorld } from './open-shard.ts';
export type {
  Disk,
  DiskFault,
  DiskFile,
  Done,
  OpenOptions,
  RangeQuery,
  Store,
  StoreEngine,
  StoreOpener,
  StoreWrite,
} from './ports.ts';
export { prefixedStore } from './prefixed-store.ts';
export { type AdmissionMessage, type ShardActorOptions, shardBehavior, shardSupervision } from './shard.ts';
export { type ShardMessage, shardMachine } from './shard-machine.ts';
