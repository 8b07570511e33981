// Store on RocksDB 5.2.1: the default on Node 20. Its binary aborts newer Nodes when it is used, so load this file only
// after `probeRocksdb` said that it works.

import openDatabase, { type Database } from 'rocksdb';
import type { Bytes } from '../../lib/bytes.ts';
import { engineBufferBytes, rowsPerSlice } from '../limits.ts';
import type { Done, Store, StoreWrite } from '../ports.ts';
import { Pending, storeFault, toBuffer, toBytes } from './level-values.ts';

export function openRocksdb(directory: string, done: Done<Store>): void {
  const database = openDatabase(directory);
  const options = { createIfMissing: true, errorIfExists: false, writeBufferSize: engineBufferBytes };
  database.open(options, (error) =>
    error ? done(storeFault(error), undefined as unknown as Store) : done(undefined, storeOf(database)),
  );
}

function storeOf(database: Database): Store {
  const pending = new Pending();
  const getMany = (keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void => {
    const tracked = pending.begin(done);
    if (!tracked) return;
    database.getMany(keys.map(toBuffer), (error, values) =>
      error
        ? tracked(storeFault(error), [])
        : tracked(
            undefined,
            values.map((value) => value && toBytes(value)),
          ),
    );
  };
  const settle = (done: Done) => (error: Error | null | undefined) =>
    error ? done(storeFault(error), undefined) : done(undefined, undefined);
  return {
    get: (key, done) => getMany([key], (error, values) => done(error, values[0])),
    getMany,
    batch(writes, { sync }, done) {
      const tracked = pending.begin(done);
      if (!tracked) return;
      const batch = database.batch();
      const fill = (from: number): void => {
        const to = Math.min(from + rowsPerSlice, writes.length);
        for (let i = from; i < to; i++) {
          const { key, value } = writes[i] as StoreWrite;
          if (value === null) batch.del(toBuffer(key));
          else batch.put(toBuffer(key), toBuffer(value));
        }
        if (to < writes.length) setImmediate(() => fill(to));
        else batch.write({ sync }, settle(tracked));
      };
      fill(0);
    },
    range({ from, to, limit, reverse = false }, done) {
      const tracked = pending.begin(done);
      if (!tracked) return;
      const found: (readonly [Bytes, Bytes])[] = [];
      const iterator = database.iterator({ gte: toBuffer(from), lt: toBuffer(to), limit, reverse });
      const step = (error: Error | null | undefined, key?: Buffer, value?: Buffer): void => {
        if (!error && key !== undefined && value !== undefined) {
          found.push([toBytes(key), toBytes(value)]);
          return iterator.next(step);
        }
        iterator.end((endError) => {
          const failure = error ?? endError;
          tracked(failure ? storeFault(failure) : undefined, found);
        });
      };
      iterator.next(step);
    },
    clear({ from, to }, done) {
      const tracked = pending.begin(done);
      if (tracked) database.clear({ gte: toBuffer(from), lt: toBuffer(to) }, settle(tracked));
    },
    close: (done) => pending.close(() => database.close(settle(done))),
  };
}
