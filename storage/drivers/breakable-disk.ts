// A disk and its stores behind a switch that breaks them on purpose, for tests of real processes: slow, failing or full, or
// a write that is torn as the process dies. Below the journal and the store, as a real disk would.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import type { Disk, DiskFault, DiskFile, Done, Store, StoreOpener } from '../ports.ts';

export interface DiskBreakage {
  /** before every write and sync */
  readonly delayMs: number;
  /** `io`: what is written arrives, and its sync fails. `no-space`: nothing arrives. `torn`: see `tornShare` */
  readonly failure: 'none' | 'io' | 'no-space' | 'torn';
  /** 0 to 1: so much of the next write reaches the disk, in whole sectors, and the process is gone before it returns */
  readonly tornShare: number;
  /** what the disk says it has left; null: the truth */
  readonly freeBytes: number | null;
}

export const soundDisk: DiskBreakage = { delayMs: 0, failure: 'none', tornShare: 0, freeBytes: null };

export interface BreakableDisk {
  readonly disk: Disk;
  readonly stores: StoreOpener;
  /** from the next operation on */
  break(breakage: DiskBreakage): void;
}

/** What a power cut leaves whole. */
const sectorBytes = 512;
const faults = {
  io: { code: 'io', message: 'the sync failed, on purpose' },
  'no-space': { code: 'no-space', message: 'no space is left, on purpose' },
} as const satisfies Record<string, DiskFault>;

export function breakableDisk(sound: { readonly disk: Disk; readonly stores: StoreOpener }): BreakableDisk {
  let now = soundDisk;

  /** What every write goes through. */
  function write(perform: (done: Done) => void, done: Done): void {
    const { failure } = now;
    afterDelay(() => {
      if (failure === 'no-space') setImmediate(() => done(faults['no-space'], undefined));
      else if (failure === 'io') perform(() => done(faults.io, undefined));
      else perform(done);
    });
  }

  function afterDelay(run: () => void): void {
    if (now.delayMs > 0) setTimeout(run, now.delayMs);
    else run();
  }

  function breakableFile(file: DiskFile, path: string): DiskFile {
    return {
      get size() {
        return file.size;
      },
      writesAreSynced: file.writesAreSynced,
      alignment: file.alignment,
      write(offset, parts, done) {
        const { failure, tornShare } = now;
        if (failure === 'torn') afterDelay(() => tear(path, offset, concatBytes(parts), tornShare));
        else write((written) => file.write(offset, parts, written), done);
      },
      sync: (done) => write((synced) => file.sync(synced), done),
      read: (offset, length, done) => file.read(offset, length, done),
      close: (done) => file.close(done),
    };
  }

  const breakableStore = (store: Store): Store => ({
    ...store,
    batch: (writes, options, done) => write((written) => store.batch(writes, options, written), done),
  });

  return {
    disk: {
      ...sound.disk,
      open: (path, options, done) =>
        sound.disk.open(path, options, (error, file) => done(error, error ? file : breakableFile(file, path))),
      writeFile: (path, bytes, done) => write((written) => sound.disk.writeFile(path, bytes, written), done),
      freeBytes(directory, done) {
        const { freeBytes } = now;
        if (freeBytes === null) sound.disk.freeBytes(directory, done);
        else setImmediate(() => done(undefined, freeBytes));
      },
    },
    stores: {
      open: (directory, engine, done) =>
        sound.stores.open(directory, engine, (error, opened) =>
          done(error, error ? opened : { ...opened, store: breakableStore(opened.store) }),
        ),
    },
    break(breakage) {
      now = breakage;
    },
  };
}

/** The beginning of the write arrives, and nobody hears of it: the process dies in the same instant. */
function tear(path: string, offset: number, bytes: Bytes, share: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, Math.floor((share * bytes.length) / sectorBytes) * sectorBytes, offset);
  fsyncSync(file);
  closeSync(file);
  process.kill(process.pid, 'SIGKILL');
}
