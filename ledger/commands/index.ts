export {
  defaultExpiryAheadMs,
  maxExpiryAheadMs,
  maxKeyBytes,
  maxOperations,
  maxValueBytes,
  nonceWindow,
} from '../limits.ts';
export { accountOf, type CommandFault, commandHash, commandVersion, decodeCommand, jobOf } from './codec.ts';
export { type SignedEntry, signCommand } from './sign.ts';
export type { Command, Operation, ReceivedCommand, SignedCommand } from './types.ts';
