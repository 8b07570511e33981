// A part of a store under a key prefix: the chains of a shard share one store and never meet each other's keys.

import { type Bytes, concatBytes } from '../lib/bytes.ts';
import type { Done, RangeQuery, Store, StoreWrite } from './ports.ts';

/**
 * @param prefix no prefix of one shard may begin another: a fixed length makes sure of that
 * @returns a store of the same behaviour; closing it leaves the shared one open
 */
export function prefixedStore(store: Store, prefix: Bytes): Store {
  // a part of a part is a part of the whole: each key is joined once
  if (store instanceof PrefixedStore) return new PrefixedStore(store.whole, concatBytes([store.prefix, prefix]));
  return new PrefixedStore(store, prefix);
}

class PrefixedStore implements Store {
  readonly whole: Store;
  readonly prefix: Bytes;

  constructor(whole: Store, prefix: Bytes) {
    this.whole = whole;
    this.prefix = prefix;
  }

  get(key: Bytes, done: Done<Bytes | undefined>): void {
    this.whole.get(this.#full(key), done);
  }

  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void {
    this.whole.getMany(
      keys.map((key) => this.#full(key)),
      done,
    );
  }

  batch(writes: readonly StoreWrite[], options: { readonly sync: boolean }, done: Done): void {
    this.whole.batch(
      writes.map(({ key, value }) => ({ key: this.#full(key), value })),
      options,
      done,
    );
  }

  range(query: RangeQuery, done: Done<readonly (readonly [Bytes, Bytes])[]>): void {
    const { from, to } = query;
    this.whole.range({ ...query, from: this.#full(from), to: this.#full(to) }, (fault, entries) =>
      done(
        fault,
        fault === undefined ? entries.map(([key, value]) => [key.subarray(this.prefix.length), value]) : entries,
      ),
    );
  }

  clear({ from, to }: { readonly from: Bytes; readonly to: Bytes }, done: Done): void {
    this.whole.clear({ from: this.#full(from), to: this.#full(to) }, done);
  }

  close(done: Done): void {
    done(undefined);
  }

  #full(key: Bytes): Bytes {
    return concatBytes([this.prefix, key]);
  }
}
