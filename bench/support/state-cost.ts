// What an update of the authenticated state costs against its size: blocks of 1,000 random updates.

import type { StateHead } from '../../ledger/state/head.ts';
import type { HeldValue } from '../../ledger/state/held-value.ts';
import { proveName } from '../../ledger/state/prove.ts';
import { AuthenticatedState, nameOf } from '../../ledger/state/state.ts';
import { bigEndian, noBytes } from '../../lib/bytes.ts';
import { zeroHash } from '../../lib/hash.ts';
import { seededRandom } from '../../lib/random.ts';
import type { Store } from '../../storage/index.ts';
import { cpuSince, tell } from './figures.ts';
import { settled } from './memory-store.ts';

const perBlock = 1_000;
const blocks = 20;
const proofs = 500;

/** Fills a state with so many keys, then tells what updates and proofs cost. */
export async function tellStateCost(
  keys: number,
  options: { readonly store: Store; readonly pageCacheBytes: number; readonly where: string },
): Promise<void> {
  const { store, pageCacheBytes, where } = options;
  const random = seededRandom(1);
  const state = new AuthenticatedState({ store, prefix: noBytes, defer: setImmediate, pageCacheBytes });
  await settled<StateHead>((done) => state.open(done));
  let height = 0;
  const write = async (ids: readonly number[]): Promise<number> => {
    const names = [...new Set(ids)].map((id) => nameOf(bigEndian(id, 8)));
    const values = names.map(() => bigEndian(random.below(2 ** 32), 32));
    const began = process.cpuUsage();
    const held = await settled<readonly HeldValue[]>((done) => state.load(names, done));
    const changes = held.map((each, i) => ({ held: each, value: values[i] }));
    height++;
    const block = { height, timeMs: height, outboxRoot: zeroHash, changes, records: [] };
    await settled<StateHead>((done) => state.commit(block, done));
    return cpuSince(began) / changes.length;
  };
  for (let from = 0; from < keys; from += 10_000) {
    await write(Array.from({ length: Math.min(10_000, keys - from) }, (_, i) => from + i));
  }
  const micros: number[] = [];
  for (let i = 0; i < blocks; i++) micros.push(await write(Array.from({ length: perBlock }, () => random.below(keys))));
  const facts = { keys, pageCacheBytes, perBlock };
  tell(`update at ${keys} keys, ${where}`, 'µs', micros, facts);
  const proveUs: number[] = [];
  for (let i = 0; i < proofs; i++) {
    const began = process.cpuUsage();
    await settled<Uint8Array>((done) => proveName(state, nameOf(bigEndian(random.below(keys), 8)), height, done));
    proveUs.push(cpuSince(began));
  }
  tell(`prove at ${keys} keys, ${where}`, 'µs', proveUs, facts);
}
