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
