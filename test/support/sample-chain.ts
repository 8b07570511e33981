// A chain of a network file, for tests that need one and say themselves what matters to them.

import { devnetChains } from '../../cli/home/create.ts';
import type { ChainEntry } from '../../consensus/genesis/index.ts';
import { present } from '../../lib/assert.ts';
import { MiB } from '../../lib/units.ts';

export const sampleChain: ChainEntry = {
  ...present(devnetChains[0], 'a devnet has a chain'),
  bytesPerAccount: MiB,
  segmentBytes: 256 * MiB,
};
