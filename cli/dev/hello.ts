// The first command of a devnet's run: it proves that the whole path works, and gives the chain its first block.

import { chainGenesis, type NetworkGenesis } from '../../consensus/genesis/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { formatErrorCode, PskyError } from '../../lib/errors.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { Client, newKey } from '../../sdk/index.ts';

/**
 * Puts the instant of the start, signed by a key that is used once.
 * @returns the height at which it was committed
 * @throws PskyError `start-failed` when it was not, in time
 */
export async function sayHello(rpc: readonly string[], genesis: NetworkGenesis, timeoutMs: number): Promise<number> {
  // by its id, so that nothing is asked of a node that may still be opening its chains
  const { chain } = chainGenesis(genesis, genesis.chains[0]?.name ?? '');
  const client = new Client({ endpoints: rpc, platform: nodePlatform, chain });
  const operation = { kind: 'put', key: fromUtf8('started'), value: fromUtf8(new Date().toISOString()) } as const;
  const signed = await client.sign(newKey(nodePlatform), [operation], 1);
  const receipt = await client.submitAndWait(signed, { timeoutMs });
  if (receipt.status !== 'committed' || receipt.height === null) {
    const why = receipt.code === null || receipt.code === 0 ? '' : ` (${formatErrorCode(receipt.code)})`;
    throw new PskyError('start-failed', `The first command is ${receipt.status}${why}; psky why says more.`);
  }
  return receipt.height;
}
