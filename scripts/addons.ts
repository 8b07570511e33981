// Prints which addons run on this Node, and the store engine that a new home would get: one line of JSON, for test-nodes.mjs.

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeStores, probeRocksdb } from '../storage/drivers/node-stores.ts';
import type { StoreEngine } from '../storage/index.ts';

const require = createRequire(import.meta.url);

type State = 'runs' | 'does not run';

function stateOf(load: () => unknown): State {
  try {
    load();
    return 'runs';
  } catch {
    return 'does not run';
  }
}

/** bufferutil falls back to JavaScript without a word: only its binary is asked for. */
function loadBufferutil(): unknown {
  const folder = dirname(require.resolve('bufferutil/package.json'));
  const buildTool = createRequire(join(folder, 'package.json'))('node-gyp-build') as (folder: string) => unknown;
  return buildTool(folder);
}

function chosenEngine(folder: string): Promise<StoreEngine> {
  return new Promise((resolve, reject) => {
    nodeStores().open(join(folder, 'store'), undefined, (error, { engine, store }) => {
      if (error) reject(new Error(error.message));
      else store.close(() => resolve(engine));
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'psky-addons-'));
try {
  const engine = await chosenEngine(folder);
  const addons: Record<string, State> = {
    'sodium-native': stateOf(() => require('sodium-native')),
    bufferutil: stateOf(loadBufferutil),
    rocksdb: (await probeRocksdb()) ? 'runs' : 'does not run',
  };
  process.stdout.write(`${JSON.stringify({ engine, addons })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
