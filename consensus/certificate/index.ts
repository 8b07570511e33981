export { type Committee, type CommitteeOptions, committeeOf, leaderOf, quorumOf } from './committee.ts';
export {
  batchDigest,
  blockId,
  bodyHash,
  bodyHashFromOrderHash,
  proposalText,
  timeoutText,
  voteText,
} from './hashing.ts';
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
export {
  type CheckpointCert,
  type Cut,
  type Header,
  type LaneHead,
  type Order,
  outranks,
  type QuorumCert,
  type Rank,
  type StateClaim,
  type Timeout,
  type TimeoutCert,
  type Vote,
} from './types.ts';
export { verifyCheckpointCert, verifyQuorumCert, verifyTimeoutCert } from './verify.ts';
