// Makes the keys of an agent from a seed, and its card.

import { type Bytes, fromUtf8 } from '../../lib/bytes.ts';
import { sha256 } from '../../lib/hash.ts';
import { type Sealing, sealingX25519 } from '../../lib/suites/sealing.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import type { AgentCard, AgentKeys } from './ports.ts';

/** @param seed 32 secret bytes */
export async function agentOf(
  agent: string,
  seed: Bytes,
  {
    suite,
    sealing,
    sealingSuite = sealingX25519,
  }: { readonly suite: SignatureSuite; readonly sealing: Sealing; readonly sealingSuite?: number },
): Promise<{ readonly card: AgentCard; readonly keys: AgentKeys }> {
  const signing = suite.keyPairOf(sha256(fromUtf8('psky agent signing'), seed));
  const keys = { signing, sealing: await sealing.keysOf(sealingSuite, sha256(fromUtf8('psky agent sealing'), seed)) };
  const { publicKey: sealingKey } = keys.sealing;
  return { keys, card: { agent, signingSuite: suite.suite, signingKey: signing.publicKey, sealingSuite, sealingKey } };
}
