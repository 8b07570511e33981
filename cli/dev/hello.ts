// The first command of a devnet's run: it proves that the whole path works, and gives the chain its first block.

import { randomBytes } from 'node:crypto';
import { chainGenesis, type NetworkGenesis } from '../../consensus/genesis/index.ts';
import { signCommand } from '../../ledger/commands/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { callNode } from '../rpc.ts';

const expiryMs = 60_000;

/**
 * Puts the instant of the start under a key of its own account.
 * @returns the height at which it was committed
 * @throws PskyError `start-failed` when it was not, in time
 */
export async function sayHello(rpc: string, genesis: NetworkGenesis, timeoutMs: number): Promise<number> {
  const [main] = genesis.chains;
  if (main === undefined) throw new PskyError('bad-genesis', 'It has no chain.');
  const { chain } = chainGenesis(genesis, main.name);
  const wallMs = Date.now();
  const { entry } = signCommand(
    {
      chain,
      account: null,
      nonce: 1,
      expiryMs: wallMs + expiryMs,
      after: null,
      atomic: true,
      operations: [{ kind: 'put', key: fromUtf8('started'), value: fromUtf8(new Date(wallMs).toISOString()) }],
    },
    sodiumSuite,
    sodiumSuite.keyPairOf(new Uint8Array(randomBytes(32))),
  );
  const params = { chain, entry: Buffer.from(entry).toString('base64'), timeoutMs };
  const receipt = await callNode(rpc, 'submitAndWait', params, timeoutMs + 1_000);
  if (receipt.status !== 'committed' || receipt.height === null) {
    throw new PskyError('start-failed', `The first command is ${receipt.status}; psky why says more.`);
  }
  return receipt.height;
}
