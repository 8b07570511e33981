// What an update of the authenticated state costs, without a disk: all in memory, and once with a page cache that holds
// a tenth. `node dist/bench/micro/merkle-update.js`; bench/growth/state-update.ts goes on to 10⁶ keys in a real store.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { GiB, MiB } from '../../lib/units.ts';
import { memoryStore } from '../support/memory-store.ts';
import { tellStateCost } from '../support/state-cost.ts';

accelerateSha256(nativeSha256);
for (const keys of [1e3, 1e4, 1e5]) {
  await tellStateCost(keys, { store: memoryStore(), pageCacheBytes: GiB, where: 'all cached' });
}
await tellStateCost(1e5, { store: memoryStore(), pageCacheBytes: 4 * MiB, where: 'a tenth cached' });
