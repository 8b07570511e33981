// What the store costs on a real disk: batches as a block writes them, and reads of one and of many keys.
// `node dist/bench/micro/store.js [directory] [rocksdb|classic-level]`; the engine that a node would choose where none
// is named.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { bigEndian } from '../../lib/bytes.ts';
import { seededRandom } from '../../lib/random.ts';
import { nodeStores } from '../../storage/drivers/node-stores.ts';
import type { Store, StoreEngine } from '../../storage/index.ts';
import { tell } from '../support/figures.ts';
import { settled } from '../support/memory-store.ts';

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'psky-store-'));
const random = seededRandom(1);
const keys = 200_000;
const perBatch = 1_000;
const rounds = 31;

const keyOf = (id: number): Uint8Array => bigEndian(id, 16);
const someKeys = (count: number): Uint8Array[] => Array.from({ length: count }, () => keyOf(random.below(keys)));

/** Microseconds per key on the clock, over all rounds. */
async function micros(perRound: number, run: () => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const began = performance.now();
    await run();
    values.push(((performance.now() - began) * 1000) / perRound);
  }
  return values;
}

function write(store: Store, ids: readonly number[], sync: boolean): Promise<unknown> {
  const writes = ids.map((id) => ({ key: keyOf(id), value: new Uint8Array(100).fill(id & 0xff) }));
  return settled<void>((done) => store.batch(writes, { sync }, done));
}

try {
  const engine = process.argv[3] as StoreEngine | undefined;
  const opened = await settled<{ engine: StoreEngine; store: Store }>((done) => nodeStores().open(root, engine, done));
  const { store } = opened;
  const facts = { engine: opened.engine, keys };
  for (let from = 0; from < keys; from += 10_000) {
    await write(
      store,
      Array.from({ length: 10_000 }, (_, i) => from + i),
      false,
    );
  }
  const ids = (): number[] => Array.from({ length: perBatch }, () => random.below(keys));
  tell('put in batches of 1,000', 'µs/key', await micros(perBatch, () => write(store, ids(), false)), facts);
  tell('put one, synced', 'µs', await micros(1, () => write(store, [random.below(keys)], true)), facts);
  const get = () => settled<Uint8Array | undefined>((done) => store.get(keyOf(random.below(keys)), done));
  tell('get one', 'µs', await micros(1, get), facts);
  const getMany = () => settled<unknown>((done) => store.getMany(someKeys(perBatch), done));
  tell('get 1,000 at once', 'µs/key', await micros(perBatch, getMany), facts);
  await new Promise<void>((resolve) => store.close(() => resolve()));
} finally {
  rmSync(root, { recursive: true, force: true });
}
