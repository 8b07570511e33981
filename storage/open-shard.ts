// Opens a shard: manifest, store and its lock, lease epoch + 1, journal. Layout of the directory: `manifest.json`,
// `store/`, `journal/`.

import type { Clock, Note } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { openJournal } from './journal.ts';
import type { Journal, JournalOptions } from './journal-port.ts';
import {
  type Manifest,
  readManifest,
  type ShardFault,
  shardDiskFault,
  shardFormat,
  writeManifest,
} from './manifest.ts';
import type { Disk, DiskFault, Store, StoreEngine, StoreOpener } from './ports.ts';
import { WriteBehind } from './write-behind.ts';

export interface ShardWorld {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly stores: StoreOpener;
  /** 16 bytes from a secure source of randomness (the simulator: from its seed) */
  newShardId(): Bytes;
  /** metrics and log lines of journals */
  note(note: Note): void;
}

export interface ShardOptions {
  readonly directory: string;
  /** refuse a shard that another engine made; by default any that runs here */
  readonly engine?: StoreEngine;
  readonly journal?: Omit<JournalOptions, 'directory' | 'shardId'>;
}

export interface Shard {
  readonly directory: string;
  readonly engine: StoreEngine;
  readonly leaseEpoch: number;
  /** the very first opening: there is nothing to recover */
  readonly isNew: boolean;
  readonly journal: Journal;
  /** A write that fails is never answered: it is fatal. */
  readonly store: Store;
  /** Answers `lease-lost` when another opening took the shard over. */
  checkLease(done: (fault: ShardFault | undefined) => void): void;
  /**
   * Journal first, then the store, whose lock goes last. What is under way in the store ends; nothing begins there any
   * more, and nobody hears of it: as at a crash, what was not written is not there.
   */
  close(done: (fault: ShardFault | undefined) => void): void;
}

export interface ShardEvents {
  /** A write or sync failed: the process stops before anything depends on it. */
  fatal(fault: ShardFault): void;
}

const noShard = undefined as unknown as Shard;

export function openShard(
  world: ShardWorld,
  options: ShardOptions,
  events: ShardEvents,
  done: (fault: ShardFault | undefined, shard: Shard) => void,
): void {
  const { disk } = world;
  const { directory } = options;
  disk.makeDirectory(directory, (error) => {
    if (error) return done(shardDiskFault(directory, error), noShard);
    readManifest(disk, directory, (fault, before) => {
      if (fault) return done(fault, noShard);
      if (before && options.engine && before.engine !== options.engine) {
        const message = `${directory} was made by ${before.engine}, and ${options.engine} was asked for.`;
        return done({ code: 'shard-engine-mismatch', message }, noShard);
      }
      world.stores.open(`${directory}/store`, before?.engine ?? options.engine, (openError, opened) => {
        if (openError) return done(openingFault(directory, openError), noShard);
        takeLease(world, directory, opened.engine, (leaseFault, lease) => {
          const abandon = (why: ShardFault): void => opened.store.close(() => done(why, noShard));
          if (leaseFault) return abandon(leaseFault);
          const { manifest, isNew } = lease;
          const settings = { ...options.journal, directory: `${directory}/journal`, shardId: manifest.shardId };
          openJournal({ ...world, ...events }, settings, (journalFault, journal) => {
            if (journalFault) return abandon(journalFault);
            done(undefined, shardOf({ world, directory, manifest, isNew, journal, store: opened.store }, events));
          });
        });
      });
    });
  });
}

/** The manifest is read again under the store's lock: another opening may have come in between. */
function takeLease(
  world: ShardWorld,
  directory: string,
  engine: StoreEngine,
  done: (fault: ShardFault | undefined, lease: { readonly manifest: Manifest; readonly isNew: boolean }) => void,
): void {
  const none = undefined as unknown as { manifest: Manifest; isNew: boolean };
  readManifest(world.disk, directory, (fault, found) => {
    if (fault) return done(fault, none);
    const manifest: Manifest = {
      format: shardFormat,
      engine,
      shardId: found?.shardId ?? world.newShardId(),
      leaseEpoch: (found?.leaseEpoch ?? 0) + 1,
      createdMs: found?.createdMs ?? world.clock.wallMs(),
    };
    writeManifest(world.disk, directory, manifest, (writeFault) =>
      done(writeFault, { manifest, isNew: found === undefined }),
    );
  });
}

function openingFault(directory: string, error: DiskFault): ShardFault {
  const message = `${directory}: ${error.message}`;
  if (error.code === 'locked') return { code: 'shard-locked', message, disk: error };
  if (error.code === 'unsupported') return { code: 'shard-engine-unavailable', message, disk: error };
  return { code: 'shard-disk-failed', message, disk: error };
}

interface Parts {
  readonly world: ShardWorld;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly isNew: boolean;
  readonly journal: Journal;
  readonly store: Store;
}

function shardOf({ world, directory, manifest, isNew, journal, store }: Parts, events: ShardEvents): Shard {
  let closing = false;
  const fatal = (fault: DiskFault): void => events.fatal(shardDiskFault(`${directory}/store`, fault));
  const behind = new WriteBehind(store, { clock: world.clock, fatal });
  return {
    directory,
    engine: manifest.engine,
    leaseEpoch: manifest.leaseEpoch,
    isNew,
    journal,
    store: untilClosing(behind, () => closing),
    checkLease: (done) =>
      readManifest(world.disk, directory, (fault, found) => {
        if (fault || found?.leaseEpoch === manifest.leaseEpoch) return done(fault);
        const message = `${directory} has lease epoch ${found?.leaseEpoch ?? 'none'}, this opening ${manifest.leaseEpoch}.`;
        done({ code: 'lease-lost', message });
      }),
    close(done) {
      closing = true;
      journal.close((fault) => behind.close((error) => done(fault ?? (error && shardDiskFault(directory, error)))));
    },
  };
}

function untilClosing(store: Store, closing: () => boolean): Store {
  return {
    get: (key, done) => void (closing() || store.get(key, done)),
    getMany: (keys, done) => void (closing() || store.getMany(keys, done)),
    batch: (writes, options, done) => void (closing() || store.batch(writes, options, done)),
    range: (range, done) => void (closing() || store.range(range, done)),
    clear: (range, done) => void (closing() || store.clear(range, done)),
    close: (done) => store.close(done),
  };
}
