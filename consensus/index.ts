// What other rooms may use of consensus. Certificates, the genesis and the core have doors of their own.

export type {
  Admission,
  Answer,
  Application,
  Applied,
  BatchOutcome,
  ChainContext,
  Entry,
  HeightRoots,
  Opened,
  OrderedBatch,
  OrderedBlock,
  QueryAnswer,
  QueryRequest,
} from './application.ts';
export type { Archive, ArchivedBlock } from './archive.ts';
export { type ChainHandle, type ChainOptions, type ChainParts, startChain, writeSafetyRecord } from './chain.ts';
export { chainMachine } from './chain-machine.ts';
export {
  type Accepted,
  type AwaitOutcome,
  type BlockExecuted,
  type ChainAddresses,
  type ChainStatus,
  type Cover,
  type Covered,
  chainAddresses,
  type Evidence,
  type Execute,
  type ExecutedHeight,
  type NotSealed,
  type Outcome,
  type Place,
  type Queried,
  type Query,
  type Reappended,
  type Refusal,
  type Seal,
  type Sealing,
  type Submit,
  type Submitted,
  type Subscribe,
  type Unsubscribe,
  type ValidatorLife,
} from './chain-messages.ts';
export type { CoreHooks } from './hooks.ts';
export { plannedTerm } from './limits.ts';
export { consensusMetrics } from './metrics.ts';
export { createReadiness, type Readiness } from './readiness.ts';
export { validatorMachine } from './validator-machine.ts';
