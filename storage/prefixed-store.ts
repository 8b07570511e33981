// A part of a store under a key prefix: the chains of a shard share one store and never meet each other's keys.

import { type Bytes, concatBytes } from '../lib/bytes.ts';
import type { Store } from './ports.ts';

/**
 * @param prefix no prefix of one shard may begin another: a fixed length makes sure of that
 * @returns a store of the same behaviour; closing it leaves the shared one open
 */
export function prefixedStore(store: Store, prefix: Bytes): Store {
  const full = (key: Bytes): Bytes => concatBytes([prefix, key]);
  const bare = (key: Bytes): Bytes => key.subarray(prefix.length);
  return {
    get: (key, done) => store.get(full(key), done),
    getMany: (keys, done) => store.getMany(keys.map(full), done),
    batch: (writes, options, done) =>
      store.batch(
        writes.map((write) => ({ ...write, key: full(write.key) })),
        options,
        done,
      ),
    range: (query, done) =>
      store.range({ ...query, from: full(query.from), to: full(query.to) }, (fault, entries) =>
        done(fault, fault === undefined ? entries.map(([key, value]) => [bare(key), value] as const) : entries),
      ),
    clear: ({ from, to }, done) => store.clear({ from: full(from), to: full(to) }, done),
    close: (done) => done(undefined),
  };
}
