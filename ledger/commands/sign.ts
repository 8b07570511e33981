// From a wish to an entry that can be submitted.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { KeyPair, SignatureSuite } from '../../lib/suites/suite.ts';
import { commandHash, encodeUnsigned, sealCommand, signingText } from './codec.ts';
import type { Command } from './types.ts';

export interface SignedEntry {
  /** what is submitted; resending these bytes is harmless */
  readonly entry: Bytes;
  readonly hash: Hash;
}

export function signCommand(command: Command, suite: SignatureSuite, keys: KeyPair): SignedEntry {
  const unsigned = encodeUnsigned(command, suite.suite, keys.publicKey);
  const signature = suite.sign(keys, signingText(command.chain, suite.suite, unsigned));
  const entry = sealCommand(unsigned, signature);
  return { entry, hash: commandHash(entry) };
}
