// Writes the network file. 64-bit numbers are decimal strings, keys lower-case hex.

import { toHex } from '../../lib/bytes.ts';
import type { NetworkGenesis } from './network.ts';

/** The file's text; `parseNetwork` reads it back to an equal network. */
export function formatNetwork(network: NetworkGenesis): string {
  const document = {
    format: network.format,
    name: network.name,
    dev: network.dev,
    timeMs: String(network.timeMs),
    validators: network.validators.map((each) => ({
      name: each.name,
      nodeId: each.nodeId,
      suite: each.suite,
      signingKey: toHex(each.signingKey),
      encryptionKey: toHex(each.encryptionKey),
    })),
    followers:
      network.followers.mode === 'listed'
        ? { mode: 'listed', nodeIds: network.followers.nodeIds }
        : { mode: network.followers.mode },
    chains: network.chains.map((each) => ({
      name: each.name,
      application: each.application,
      shard: each.shard,
      epoch: each.epoch,
      window: each.window,
      fastPath: each.fastPath,
      accounts:
        each.accounts.mode === 'listed'
          ? { mode: 'listed', publicKeys: each.accounts.publicKeys.map(toHex) }
          : { mode: 'open' },
      bytesPerAccount: String(each.bytesPerAccount),
      retain: String(each.retainBytes),
      segmentBytes: String(each.segmentBytes),
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
