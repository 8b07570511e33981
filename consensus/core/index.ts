export type { Kept } from './adoption.ts';
export { ancestorAt, isAncestor, signedHeader } from './blocks.ts';
export { isAtRest, oldestOpenHeader } from './branches.ts';
export { commitHeight, createCore, maySign } from './core.ts';
export type { Block, Core, CoreOptions, Output, Roots, SnapshotAt, StopReason } from './core-types.ts';
export { appendToHistory, historyRoot, noPeaks, type Peaks } from './history.ts';
export { type BatchContent, maySeal, neededBatches } from './lanes.ts';
export { fittingHeaders, heldHeaders, thinHello } from './links.ts';
export type {
  Base,
  Batch,
  Forwarded,
  Hello,
  JournalRecord,
  PeerMessage,
  Proposal,
  SignedHeader,
  SnapshotHead,
  TimeoutRecord,
  VoteRecord,
} from './messages.ts';
export {
  beginRecovery,
  finishRecovery,
  liveRecords,
  type Recovery,
  recover,
  recoverRecord,
  startFrom,
} from './recovery.ts';
export { type Input, type RoundTripInput, step } from './step.ts';
export { hasUncovered, nextDeadline, workKnown } from './work.ts';
