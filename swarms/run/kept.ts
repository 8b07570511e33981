// What an agent keeps beside all instances: its balances, its stock. A phase sees the values and writes into a draft; the
// draft becomes true in the same write to the disk as the phase's result, so both are there once or not at all. Where
// another phase changed meanwhile what a draft has read, the phase runs again.

import { type Bytes, fromUtf8, toUtf8 } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { maxKeptBytes } from './limits.ts';
import type { SwarmWrite } from './ports.ts';
import { decodeValue, encodeValue } from './values.ts';

/** What a phase is given. Keys are any text. */
export interface Kept {
  /** a copy; undefined where there is none */
  get(key: string): unknown;
  /** `undefined` removes it */
  set(key: string, value: unknown): void;
  keys(): readonly string[];
}

/** A phase's reads and writes. */
export interface Draft {
  readonly kept: Kept;
  readonly reads: ReadonlyMap<string, number>;
  readonly writes: ReadonlyMap<string, Bytes | null>;
}

interface Entry {
  readonly value: Bytes | null;
  readonly version: number;
}

/** every key together: whoever lists them has read them all */
const list = '\0list';

export class KeptValues {
  readonly #entries = new Map<string, Entry>();
  #version = 0;
  #bytes = 0;

  load(key: Bytes, value: Bytes): void {
    this.#put(toUtf8(key) ?? '', value);
  }

  draft(): Draft {
    const reads = new Map<string, number>();
    const writes = new Map<string, Bytes | null>();
    const read = (key: string): Bytes | null => {
      const entry = this.#entries.get(key);
      if (!reads.has(key)) reads.set(key, entry?.version ?? 0);
      return entry?.value ?? null;
    };
    const kept: Kept = {
      get: (key) => {
        const bytes = writes.has(key) ? writes.get(key) : read(key);
        return bytes === null || bytes === undefined ? undefined : decodeValue(bytes)?.value;
      },
      set: (key, value) => {
        if (value === undefined) return void writes.set(key, null);
        const encoded = encodeValue(value);
        if (!encoded.ok) throw new PskyError(encoded.error.name, `Kept '${key}': ${encoded.error.detail}`);
        writes.set(key, encoded.value);
        if (this.#bytes + encoded.value.length > maxKeptBytes)
          throw new PskyError('swarm-value-too-large', 'The agent keeps too much.');
      },
      keys: () => {
        if (!reads.has(list)) reads.set(list, this.#entries.get(list)?.version ?? 0);
        const known = [...this.#entries].flatMap(([key, { value }]) => (value === null || key === list ? [] : [key]));
        return [...new Set([...known, ...writes.keys()])].filter((key) => writes.get(key) !== null).sort();
      },
    };
    return { kept, reads, writes };
  }

  /** @returns what to write to the disk; undefined where the draft rests on what is no longer so */
  commit({ reads, writes }: Draft, keyOf: (key: Bytes) => Bytes): readonly SwarmWrite[] | undefined {
    for (const [key, version] of reads) if ((this.#entries.get(key)?.version ?? 0) !== version) return undefined;
    return [...writes].map(([key, value]) => {
      this.#put(key, value);
      return { key: keyOf(fromUtf8(key)), value };
    });
  }

  #put(key: string, value: Bytes | null): void {
    const before = this.#entries.get(key)?.value ?? null;
    this.#bytes += (value?.length ?? 0) - (before?.length ?? 0);
    const version = ++this.#version;
    this.#entries.set(key, { value, version });
    if ((before === null) !== (value === null)) this.#entries.set(list, { value: null, version });
  }
}
