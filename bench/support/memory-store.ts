// A store in memory and promises around callbacks, for benchmarks of the ledger alone.

import type { Store } from '../../storage/index.ts';

/** Keys and values in a map; ranges are not asked for. Answers on a later turn of the loop, as a disk does. */
export function memoryStore(): Store {
  const entries = new Map<string, Uint8Array>();
  const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
  const none = (): void => {
    throw new Error('not in a benchmark');
  };
  return {
    get: (key, done) => setImmediate(() => done(undefined, entries.get(nameOf(key)))),
    getMany: (keys, done) =>
      setImmediate(() =>
        done(
          undefined,
          keys.map((key) => entries.get(nameOf(key))),
        ),
      ),
    batch(writes, _options, done) {
      for (const { key, value } of writes) {
        if (value === null) entries.delete(nameOf(key));
        else entries.set(nameOf(key), value);
      }
      setImmediate(() => done(undefined, undefined));
    },
    range: (_query, done) => setImmediate(() => done(undefined, [])),
    clear: none,
    close: none,
  };
}

export function settled<T>(
  begin: (done: (fault: { readonly message: string } | undefined, value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    begin((fault, value) => (fault === undefined ? resolve(value) : reject(new Error(fault.message))));
  });
}
