// The store of a simulated machine: the Store port in memory, with what a crash does to one. Batches without a sync may be
// undone by it, whole and newest first; synced ones never are.

import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type { DiskFault, Done, Store, StoreEngine, StoreOpener, StoreWrite } from '../storage/ports.ts';
import type { SimDisk } from './disk.ts';
import { isDiskFault } from './disk-file.ts';
import type { SimProcess } from './machine.ts';
import { OrderedMap } from './ordered-map.ts';
import { traced } from './trace.ts';

/** What a batch replaced, to be put back. */
type Undo = readonly (readonly [key: string, before: Bytes | undefined])[];

interface Database {
  readonly content: OrderedMap<Bytes>;
  /** of batches that no sync covers, oldest first */
  undo: Undo[];
  openedBy: SimProcess | undefined;
}

/** Contents of all stores, by directory. */
export type StoresCopy = readonly {
  readonly directory: string;
  readonly entries: readonly (readonly [key: string, value: Bytes])[];
}[];

/** All stores of one machine, by directory. */
export class SimStores {
  readonly disk: SimDisk;
  #databases = new Map<string, Database>();
  #random: Random;

  constructor(disk: SimDisk) {
    this.disk = disk;
    this.#random = disk.machine.world.random.disk.fork(`store ${disk.machine.index}`);
  }

  /** @param survive whether the page cache does: a killed process loses nothing that it wrote */
  crash(survive: boolean): void {
    for (const database of this.#databases.values()) {
      database.openedBy = undefined;
      const undone = survive ? 0 : this.#random.below(database.undo.length + 1);
      for (let i = 0; i < undone; i++) restore(database, database.undo.pop() as Undo);
      database.undo = survive ? database.undo : [];
    }
  }

  copy(): StoresCopy {
    return [...this.#databases].map(([directory, { content }]) => ({ directory, entries: content.entries() }));
  }

  /** Nothing is open. Without a copy there is nothing in them. */
  replace(copy: StoresCopy | undefined): void {
    this.#databases.clear();
    for (const { directory, entries } of copy ?? []) {
      const content = new OrderedMap<Bytes>();
      for (const [key, value] of entries) content.set(key, value);
      this.#databases.set(directory, { content, undo: [], openedBy: undefined });
    }
  }

  port(process: SimProcess): StoreOpener {
    return {
      open: (directory, _engine, done) => {
        const { world, index } = this.disk.machine;
        world.after(this.#random.between(0.1, 0.5), () => {
          if (!process.alive) return;
          world.trace.add(traced.diskName, index, world.nowUs, directory.length);
          let database = this.#databases.get(directory);
          if (database === undefined) {
            database = { content: new OrderedMap<Bytes>(), undo: [], openedBy: undefined };
            this.#databases.set(directory, database);
          }
          const opened: { engine: StoreEngine; store: Store } | DiskFault =
            database.openedBy?.alive === true
              ? { code: 'locked', message: `the store in ${directory} is open` }
              : { engine: 'memory', store: this.#open(database, process) };
          process.deliver(() => ('code' in opened ? done(opened, undefined as never) : done(undefined, opened)));
        });
      },
    };
  }

  #open(database: Database, process: SimProcess): Store {
    const { world, index } = this.disk.machine;
    const { content } = database;
    database.openedBy = process;
    let open = true;
    let underWay = 0;
    let closeAtRest: (() => void) | undefined;
    const answer = <T>(low: number, high: number, done: Done<T>, act: () => T | DiskFault): void => {
      assert(open, 'an open store is used');
      underWay++;
      world.after(this.#random.between(low, high), () => {
        if (!process.alive) return;
        const outcome = act();
        process.deliver(() => {
          underWay--;
          if (isDiskFault(outcome)) done(outcome, undefined as T);
          else done(undefined, outcome);
          if (underWay === 0) closeAtRest?.();
        });
      });
    };
    const write = (writes: readonly StoreWrite[], sync: boolean): undefined | DiskFault => {
      if (this.disk.usedBytes() >= this.disk.capacityBytes)
        return { code: 'no-space', message: 'no space for the store' };
      if (sync && this.disk.failingSyncs > 0) {
        this.disk.failingSyncs--;
        return { code: 'io', message: 'input/output error in the store' };
      }
      database.undo.push(apply(content, writes));
      if (sync) database.undo = [];
      return undefined;
    };
    const [syncLow, syncHigh] = this.disk.profile.syncMs;
    return {
      get: (key, done) => answer(0.005, 0.02, done, () => content.get(textOf(key))?.slice()),
      getMany: (keys, done) => answer(0.01, 0.05, done, () => keys.map((key) => content.get(textOf(key))?.slice())),
      batch: (writes, { sync }, done) => {
        const copy = writes.map(({ key, value }) => ({
          key: key.slice(),
          value: value?.slice() ?? null,
        })) as StoreWrite[];
        const [low, high] = sync ? (this.disk.slowSyncMs ?? [syncLow, syncHigh]) : [0.01, 0.05];
        answer<void>(low, high, done, () => {
          for (const { key, value } of copy)
            world.trace.addBytes(traced.storeBatch, index, world.nowUs, value === null ? [key] : [key, value]);
          return write(copy, sync) as undefined;
        });
      },
      range: ({ from, to, limit, reverse }, done) =>
        answer<readonly (readonly [Bytes, Bytes])[]>(0.01, 0.1, done, () =>
          content
            .keys(textOf(from), textOf(to), limit, reverse === true)
            .map((key) => [bytesOf(key), (content.get(key) as Bytes).slice()] as const),
        ),
      clear: ({ from, to }, done) =>
        answer<void>(0.05, 0.2, done, () => {
          const keys = content.keys(textOf(from), textOf(to), Number.POSITIVE_INFINITY, false);
          return write(
            keys.map((key) => ({ key: bytesOf(key), value: null })),
            false,
          ) as undefined;
        }),
      // the engines wait for what is under way, too
      close(done) {
        closeAtRest = () => {
          closeAtRest = undefined;
          answer<void>(0.1, 0.3, done, () => {
            open = false;
            database.openedBy = undefined;
            database.undo = [];
          });
        };
        if (underWay === 0) closeAtRest();
      },
    };
  }
}

function apply(content: OrderedMap<Bytes>, writes: readonly StoreWrite[]): Undo {
  const undo: (readonly [string, Bytes | undefined])[] = [];
  for (const { key, value } of writes) {
    const text = textOf(key);
    undo.push([text, content.get(text)]);
    if (value === null) content.delete(text);
    else content.set(text, value);
  }
  return undo;
}

function restore(database: Database, undo: Undo): void {
  for (const [key, before] of [...undo].reverse())
    if (before === undefined) database.content.delete(key);
    else database.content.set(key, before);
}

/** One character per byte, so that texts compare as the bytes do. */
function textOf(bytes: Bytes): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
