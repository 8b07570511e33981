export { type Committee, type CommitteeOptions, committeeOf, leaderOf, quorumOf } from './committee.ts';
export { batchDigest, blockId, bodyHash, bodyHashFromOrderHash } from './hashing.ts';
export {
  certifiedBlock,
  checkpointCertShape,
  decodeAs,
  headerOf,
  headerShape,
  makeHeader,
  orderShape,
  quorumCertShape,
  stateShape,
} from './shapes.ts';
export type {
  CheckpointCert,
  Cut,
  Header,
  LaneHead,
  Order,
  QuorumCert,
  StateClaim,
  TimeoutCert,
  Vote,
} from './types.ts';
export { verifyCheckpointCert, verifyQuorumCert, verifyTimeoutCert } from './verify.ts';
