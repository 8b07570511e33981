// Store on LevelDB: the default where rocksdb does not load (Node 22 and newer).

import { ClassicLevel } from 'classic-level';
import type { Bytes } from '../../lib/bytes.ts';
import type { Done, Store } from '../ports.ts';
import { Pending, storeFault, toBuffer, toBytes } from './level-values.ts';

const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

export function openClassicLevel(directory: string, done: Done<Store>): void {
  const database = new ClassicLevel<Buffer, Buffer>(directory, encodings);
  answer(
    database.open({ createIfMissing: true }).then(() => storeOf(database)),
    done,
  );
}

function storeOf(database: ClassicLevel<Buffer, Buffer>): Store {
  const pending = new Pending();
  const run = <T>(done: Done<T>, begin: () => Promise<T>): void => {
    const tracked = pending.begin(done);
    if (tracked) answer(begin(), tracked);
  };
  return {
    get: (key, done) => run(done, async () => bytesOrNone(await database.get(toBuffer(key)))),
    getMany: (keys, done) => run(done, async () => (await database.getMany(keys.map(toBuffer))).map(bytesOrNone)),
    batch: (writes, { sync }, done) =>
      run(done, () =>
        database.batch(
          writes.map(({ key, value }) =>
            value === null
              ? { type: 'del' as const, key: toBuffer(key) }
              : { type: 'put' as const, key: toBuffer(key), value: toBuffer(value) },
          ),
          { sync },
        ),
      ),
    range: ({ from, to, limit, reverse = false }, done) =>
      run(done, async () => {
        const found = await database.iterator({ gte: toBuffer(from), lt: toBuffer(to), limit, reverse }).all();
        return found.map(([key, value]) => [toBytes(key), toBytes(value)] as const);
      }),
    clear: ({ from, to }, done) => run(done, () => database.clear({ gte: toBuffer(from), lt: toBuffer(to) })),
    close: (done) => pending.close(() => answer(database.close(), done)),
  };
}

function bytesOrNone(value: Buffer | undefined): Bytes | undefined {
  return value && toBytes(value);
}

/** Leaves the promise before it answers, so that an exception of the receiver is not swallowed. */
function answer<T>(promise: Promise<T>, done: Done<T>): void {
  promise.then(
    (value) => process.nextTick(done, undefined, value),
    (error) => process.nextTick(done, storeFault(error), undefined),
  );
}
