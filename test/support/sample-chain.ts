// A chain of a network file, for tests that need one and say themselves what matters to them.

import type { ChainEntry } from '../../consensus/genesis/index.ts';
import { MiB } from '../../lib/units.ts';

export const sampleChain: ChainEntry = {
  name: 'main',
  application: 'key-value',
  shard: 'main',
  epoch: 0,
  window: 64,
  fastPath: false,
  accounts: { mode: 'open', publicKeys: [] },
  bytesPerAccount: MiB,
  retainBytes: 'all',
  segmentBytes: 256 * MiB,
};
