// A store that is only in memory: for tests of choreographies, and for runs that leave nothing behind.

import { type Bytes, fromHex, toHex } from '../../lib/bytes.ts';
import type { SwarmStore } from './ports.ts';

export class MemoryStore implements SwarmStore {
  readonly #rows: Map<string, Bytes>;
  readonly #later: (run: () => void) => void;

  /** @param later answers come by it, never inside the call */
  constructor(later: (run: () => void) => void, rows: ReadonlyMap<string, Bytes> = new Map()) {
    this.#later = later;
    this.#rows = new Map(rows);
  }

  /** what it holds now, for a store that goes on from here */
  get rows(): ReadonlyMap<string, Bytes> {
    return this.#rows;
  }

  get(key: Bytes, done: Parameters<SwarmStore['get']>[1]): void {
    this.#later(() => done(undefined, this.#rows.get(toHex(key))));
  }

  batch(writes: Parameters<SwarmStore['batch']>[0], _: unknown, done: Parameters<SwarmStore['batch']>[2]): void {
    this.#later(() => {
      for (const { key, value } of writes) {
        if (value === null) this.#rows.delete(toHex(key));
        else this.#rows.set(toHex(key), value);
      }
      this.#later(() => done(undefined));
    });
  }

  range({ from, to, limit }: Parameters<SwarmStore['range']>[0], done: Parameters<SwarmStore['range']>[1]): void {
    this.#later(() => {
      const [low, high] = [toHex(from), toHex(to)];
      const found = [...this.#rows].filter(([key]) => key >= low && key < high).sort(([a], [b]) => (a < b ? -1 : 1));
      const rows = found.slice(0, limit).map(([key, value]) => [fromHex(key) ?? new Uint8Array(0), value] as const);
      done(undefined, rows);
    });
  }
}
