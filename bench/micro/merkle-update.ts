// What an update of the authenticated state costs against its size: blocks of 1,000 random updates, all in memory, and
// once with a page cache that holds a tenth. `node dist/bench/micro/merkle-update.js [--large]` prints one JSON line each.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import type { StateHead } from '../../ledger/state/head.ts';
import { proveName } from '../../ledger/state/prove.ts';
import { AuthenticatedState, nameOf } from '../../ledger/state/state.ts';
import { bigEndian, noBytes } from '../../lib/bytes.ts';
import { accelerateSha256, zeroHash } from '../../lib/hash.ts';
import { seededRandom } from '../../lib/random.ts';
import { cpuSince, memoryStore, settled } from './ledger-world.ts';

accelerateSha256(nativeSha256);
const sizes = process.argv.includes('--large') ? [1e3, 1e4, 1e5, 1e6] : [1e3, 1e4, 1e5];
const perBlock = 1000;
const blocks = 20;

async function measure(keys: number, pageCacheBytes: number): Promise<void> {
  const random = seededRandom(1);
  const state = new AuthenticatedState({ store: memoryStore(), prefix: noBytes, defer: setImmediate, pageCacheBytes });
  await settled<StateHead>((done) => state.open(done));
  let height = 0;
  const write = async (ids: readonly number[]): Promise<number> => {
    const changes = [...new Set(ids)].map((id) => ({
      ...nameOf(bigEndian(id, 8)),
      value: bigEndian(random.below(2 ** 32), 32),
    }));
    const began = process.cpuUsage();
    await settled<void>((done) => state.load(changes, done));
    height++;
    const block = { height, timeMs: height, outboxRoot: zeroHash, changes, writes: [], sync: false };
    await settled<StateHead>((done) => state.commit(block, done));
    return cpuSince(began) / changes.length;
  };
  for (let from = 0; from < keys; from += 10_000) {
    await write(Array.from({ length: Math.min(10_000, keys - from) }, (_, i) => from + i));
  }
  const micros: number[] = [];
  for (let i = 0; i < blocks; i++) micros.push(await write(Array.from({ length: perBlock }, () => random.below(keys))));
  micros.sort((a, b) => a - b);
  const began = process.cpuUsage();
  for (let i = 0; i < 500; i++) {
    await settled<Uint8Array>((done) => proveName(state, nameOf(bigEndian(random.below(keys), 8)), height, done));
  }
  const proveUs = cpuSince(began) / 500;
  const figures = {
    bench: 'merkle-update',
    keys,
    pageCacheBytes,
    perBlock,
    medianUs: round(micros[blocks >> 1]),
    minUs: round(micros[0]),
    maxUs: round(micros[blocks - 1]),
    proveUs: round(proveUs),
  };
  console.log(JSON.stringify(figures));
}

const round = (value: number | undefined): number => Math.round((value ?? 0) * 10) / 10;

for (const keys of sizes) await measure(keys, 2 ** 30);
await measure(sizes[sizes.length - 1] as number, 2 ** 22);
