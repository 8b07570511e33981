// A store in memory and small words for the ledger's tests.

import type { Defer } from '../../../ledger/slices.ts';
import { fromHex, fromUtf8, toHex } from '../../../lib/bytes.ts';
import type { Store } from '../../../storage/index.ts';

export interface TestStore extends Store {
  readonly entries: Map<string, Uint8Array>;
  batches: number;
}

/** Answers at once, or through `defer` when given. */
export function testStore(entries = new Map<string, Uint8Array>(), defer: Defer = (run) => run()): TestStore {
  const inRange = (from: Uint8Array, to: Uint8Array): string[] =>
    [...entries.keys()].filter((key) => key >= toHex(from) && key < toHex(to)).sort();
  const store: TestStore = {
    entries,
    batches: 0,
    get: (key, done) => defer(() => done(undefined, entries.get(toHex(key)))),
    getMany: (keys, done) =>
      defer(() =>
        done(
          undefined,
          keys.map((key) => entries.get(toHex(key))),
        ),
      ),
    batch(writes, _options, done) {
      store.batches++;
      for (const { key, value } of writes) {
        if (value === null) entries.delete(toHex(key));
        else entries.set(toHex(key), Uint8Array.from(value));
      }
      defer(() => done(undefined, undefined));
    },
    range({ from, to, limit, reverse }, done) {
      const keys = inRange(from, to);
      if (reverse === true) keys.reverse();
      const found = keys.slice(0, limit).map((key) => [fromHex(key), entries.get(key)] as [Uint8Array, Uint8Array]);
      defer(() => done(undefined, found));
    },
    clear({ from, to }, done) {
      for (const key of inRange(from, to)) entries.delete(key);
      defer(() => done(undefined, undefined));
    },
    close: (done) => done(undefined, undefined),
  };
  return store;
}

/** The value that a callback brought at once. */
export function now<T>(begin: (done: (fault: unknown, value: T) => void) => void): T {
  let outcome: { readonly fault: unknown; readonly value: T } | undefined;
  begin((fault, value) => {
    outcome = { fault, value };
  });
  if (outcome === undefined) throw new Error('no answer yet');
  if (outcome.fault !== undefined) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

export const inline: Defer = (run) => run();
/** for ledgers that write their state behind every block */
export const atOnce = (_delayMs: number, next: () => void): void => next();
export const text = fromUtf8;
