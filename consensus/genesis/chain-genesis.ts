// The genesis of one chain: the part of the network file that all its members must agree on, as canonical bytes.
// Chain id = SHA-256 of these bytes; it stands in every signature, message and storage key of the chain.

import { assert, present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Encodable, encode } from '../../lib/codec.ts';
import { type Hash, hashToBytes, parseHash, sha256Hex } from '../../lib/hash.ts';
import type { ChainEntry, NetworkGenesis } from './network.ts';

export interface ChainGenesis {
  readonly entry: ChainEntry;
  readonly chain: Hash;
  readonly bytes: Bytes;
}

/**
 * What is left out is each node's own affair: shard, retention and segment size (where a node keeps the chain may
 * change, its history may not), and who may follow.
 */
export function chainGenesis(network: NetworkGenesis, chainName: string): ChainGenesis {
  const entry = network.chains.find((each) => each.name === chainName);
  assert(entry !== undefined, 'the network has a chain of this name');
  const bytes = encode([
    'privatesky-chain',
    network.format,
    network.name,
    network.dev,
    network.timeMs,
    entry.name,
    entry.application,
    entry.epoch,
    entry.window,
    entry.fastPath,
    network.validators.map(
      (each): Encodable => [each.name, nodeIdBytes(each.nodeId), each.suite, each.signingKey, each.encryptionKey],
    ),
    [entry.accounts.mode, entry.accounts.publicKeys],
    entry.bytesPerAccount,
  ]);
  return { entry, chain: sha256Hex(bytes), bytes };
}

function nodeIdBytes(nodeId: string): Bytes {
  return hashToBytes(present(parseHash(nodeId), 'a node id has 64 hex digits'));
}
