// Whether an update stays cheap as the state grows: 10³ to 10⁶ keys in the store that a node would use, with a page cache
// of a node's size. Flat but for the logarithm: a key more costs no more than the deeper path to it.
// `node dist/bench/growth/state-update.js [most keys]`; a million takes a few minutes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { maxPageCacheBytes } from '../../ledger/limits.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { nodeStores } from '../../storage/drivers/node-stores.ts';
import type { Store, StoreEngine } from '../../storage/index.ts';
import { settled } from '../support/memory-store.ts';
import { tellStateCost } from '../support/state-cost.ts';

accelerateSha256(nativeSha256);
const most = Number(process.argv[2] ?? 1e6);
for (const keys of [1e3, 1e4, 1e5, 1e6].filter((each) => each <= most)) {
  const root = mkdtempSync(join(tmpdir(), 'psky-state-'));
  try {
    const { store, engine } = await settled<{ engine: StoreEngine; store: Store }>((done) =>
      nodeStores().open(root, undefined, done),
    );
    await tellStateCost(keys, { store, pageCacheBytes: maxPageCacheBytes, where: engine });
    await new Promise<void>((resolve) => store.close(() => resolve()));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
