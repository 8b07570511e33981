// What storage needs from a disk. Faults are injected here, below the journal and the store, so that their recovery is
// the production code. Everything answers by callback: the simulator can then order every completion by itself.

import type { Bytes } from '../lib/bytes.ts';

export type Done<T = void> = (error: DiskFault | undefined, value: T) => void;

export interface DiskFault {
  /** `unsupported`: a store's engine does not run on this machine */
  readonly code: 'no-space' | 'io' | 'not-found' | 'exists' | 'locked' | 'denied' | 'unsupported';
  readonly message: string;
}

export interface DiskFile {
  /** bytes; grows with writes beyond it */
  readonly size: number;
  /** Whether a completed `write` is already durable (O_DSYNC), so that no `sync` need follow it. */
  readonly writesAreSynced: boolean;
  /** Offsets, lengths and buffers of writes must be multiples of this (1 where the file is not opened O_DIRECT). */
  readonly alignment: number;
  write(offset: number, parts: readonly Bytes[], done: Done): void;
  /** fdatasync, always: what an earlier process wrote may not be durable even where this file's writes are */
  sync(done: Done): void;
  /** fewer bytes than asked for only at the end of the file; the file may be opened without `direct` for reading */
  read(offset: number, length: number, done: Done<Bytes>): void;
  close(done: Done): void;
}

export interface OpenOptions {
  readonly create: boolean;
  /** Ask for O_DIRECT and O_DSYNC; the file says by its properties what it got. */
  readonly direct?: boolean;
  readonly readOnly?: boolean;
}

export interface Disk {
  open(path: string, options: OpenOptions, done: Done<DiskFile>): void;
  /** names in a directory, sorted */
  list(directory: string, done: Done<readonly string[]>): void;
  makeDirectory(directory: string, done: Done): void;
  /** whole small files: manifests, safety markers. `writeFile` is atomic: temporary file, sync, rename, directory sync. */
  readFile(path: string, done: Done<Bytes>): void;
  writeFile(path: string, bytes: Bytes, done: Done): void;
  rename(from: string, to: string, done: Done): void;
  remove(path: string, done: Done): void;
  syncDirectory(directory: string, done: Done): void;
  freeBytes(directory: string, done: Done<number>): void;
  /** A buffer whose memory suits `alignment`-constrained writes. */
  allocate(length: number): Bytes;
}

export type StoreWrite = { readonly key: Bytes; readonly value: Bytes } | { readonly key: Bytes; readonly value: null };

export interface RangeQuery {
  /** inclusive */
  readonly from: Bytes;
  /** exclusive */
  readonly to: Bytes;
  readonly limit: number;
  readonly reverse?: boolean;
}

/** Ordered key-value store; keys compare as unsigned bytes. `value: null` deletes. */
export interface Store {
  get(key: Bytes, done: Done<Bytes | undefined>): void;
  getMany(keys: readonly Bytes[], done: Done<readonly (Bytes | undefined)[]>): void;
  /** All or nothing; keys and values are the store's from then on and must not change. With `sync` it is durable when `done` is called; without, a crash may undo it, but only whole batches and only newest first. */
  batch(writes: readonly StoreWrite[], options: { readonly sync: boolean }, done: Done): void;
  range(query: RangeQuery, done: Done<readonly (readonly [Bytes, Bytes])[]>): void;
  clear(range: { readonly from: Bytes; readonly to: Bytes }, done: Done): void;
  close(done: Done): void;
}

export type StoreEngine = 'rocksdb' | 'classic-level' | 'memory';

/** Opens stores; the engines it knows depend on the machine. */
export interface StoreOpener {
  /**
   * Opens the store in `directory`, creating it when absent, and holds its lock: a second opener anywhere gets `locked`.
   * @param engine the one that the shard's manifest names, or undefined for the default of this machine
   */
  open(
    directory: string,
    engine: StoreEngine | undefined,
    done: Done<{ readonly engine: StoreEngine; readonly store: Store }>,
  ): void;
}
