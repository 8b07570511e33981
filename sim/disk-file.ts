// What a process of a simulated machine has of its disk: answers that come after a while, and open files whose writes and
// syncs take their time, fail, and go on after the process is gone.

import { assert } from '../lib/assert.ts';
import { type Bytes, concatBytes, equalBytes } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type { DiskFault, DiskFile, Done, OpenOptions } from '../storage/ports.ts';
import type { DelayRange, SimDisk } from './disk.ts';
import { FileImage } from './disk-image.ts';
import { directAlignment } from './limits.ts';
import type { SimProcess } from './machine.ts';
import { traced } from './trace.ts';

/** Buffers up to this length are compared after a write with what was written. */
const comparedBytes = 65_536;

/** What the answers of one process's port depend on. */
export interface DiskContext {
  readonly disk: SimDisk;
  readonly process: SimProcess;
  readonly random: Random;
}

export const notFound = (path: string): DiskFault => ({ code: 'not-found', message: `no file ${path}` });
export const noSpace = (path: string): DiskFault => ({ code: 'no-space', message: `no space left on device: ${path}` });
const failedSync = (path: string): DiskFault => ({ code: 'io', message: `input/output error: ${path}` });

export function isDiskFault(value: unknown): value is DiskFault {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/** Performs `act` after a delay, unless the process has died, and answers with what it returned. */
export function answer<T>(
  context: DiskContext,
  kind: (typeof traced)['diskRead' | 'diskName'],
  delay: DelayRange,
  done: Done<T>,
  act: () => T | DiskFault,
): void {
  const { disk, process, random } = context;
  const { world, index } = disk.machine;
  world.after(random.between(delay[0], delay[1]), () => {
    if (!process.alive) return;
    world.trace.add(kind, index, world.nowUs, 0);
    const outcome = act();
    process.deliver(() => (isDiskFault(outcome) ? done(outcome, undefined as T) : done(undefined, outcome)));
  });
}

export function openFile(context: DiskContext, path: string, options: OpenOptions, done: Done<DiskFile>): void {
  const { disk } = context;
  answer(context, traced.diskName, disk.profile.readMs, done, () => {
    const synced = options.direct === true && disk.profile.direct;
    let image = disk.names.find(path);
    if (image === undefined) {
      if (!options.create) return notFound(path);
      image = new FileImage(synced);
      disk.names.create(path, image);
    }
    return new SimFile(context, path, image, synced);
  });
}

class SimFile implements DiskFile {
  readonly writesAreSynced: boolean;
  readonly alignment: number;
  #context: DiskContext;
  #path: string;
  #image: FileImage;
  #open = true;

  constructor(context: DiskContext, path: string, image: FileImage, synced: boolean) {
    this.#context = context;
    this.#path = path;
    this.#image = image;
    this.writesAreSynced = synced;
    this.alignment = synced ? directAlignment : 1;
  }

  get size(): number {
    return this.#image.size;
  }

  write(offset: number, parts: readonly Bytes[], done: Done): void {
    const { disk, process, random } = this.#context;
    const { world, index } = disk.machine;
    const bytes = concatBytes(parts);
    assert(this.#open, 'an open file is written');
    assert(offset % this.alignment === 0 && bytes.length % this.alignment === 0, 'a direct write is aligned');
    const image = this.#image;
    const growth = Math.max(0, offset + bytes.length - image.size);
    if (growth > 0 && disk.usedBytes() + growth > disk.capacityBytes) return this.#fail(noSpace(this.#path), done);
    if (this.writesAreSynced && this.#syncFails()) return this.#fail(failedSync(this.#path), done);
    const write = image.begin(offset, bytes);
    disk.onWriteBegun?.();
    world.after(this.#writeDelay(random), () => {
      // also after its process was killed: the disk goes on by itself
      image.complete(write, this.writesAreSynced);
      world.trace.addBytes(traced.diskWrite, index, world.nowUs, [bytes]);
      process.deliver(() => {
        if (bytes.length <= comparedBytes)
          assert(equalBytes(bytes, concatBytes(parts)), 'a buffer does not change while it is being written');
        done(undefined);
      });
    });
  }

  sync(done: Done): void {
    const { disk, process, random } = this.#context;
    const { world, index } = disk.machine;
    const image = this.#image;
    const mark = image.beginSync();
    const fails = this.#syncFails();
    const [low, high] = disk.slowSyncMs ?? disk.profile.syncMs;
    world.after(random.between(low, high), () => {
      if (!process.alive) return;
      world.trace.add(traced.diskSync, index, world.nowUs, mark);
      if (fails) image.dropUnsynced();
      else image.endSync(mark);
      process.deliver(() => done(fails ? failedSync(this.#path) : undefined));
    });
  }

  read(offset: number, length: number, done: Done<Bytes>): void {
    answer(this.#context, traced.diskRead, this.#context.disk.profile.readMs, done, () =>
      this.#image.read(offset, length),
    );
  }

  close(done: Done): void {
    this.#open = false;
    answer<void>(this.#context, traced.diskName, this.#context.disk.profile.readMs, done, () => undefined);
  }

  #writeDelay(random: Random): number {
    const { profile, slowSyncMs } = this.#context.disk;
    const [low, high] = profile.writeMs;
    if (!this.writesAreSynced) return random.between(low, high);
    const sync = slowSyncMs ?? profile.syncMs;
    return random.between(low, high) + random.between(sync[0], sync[1]);
  }

  #syncFails(): boolean {
    const { disk } = this.#context;
    if (disk.failingSyncs === 0) return false;
    disk.failingSyncs--;
    return true;
  }

  #fail(fault: DiskFault, done: Done): void {
    const { disk, process, random } = this.#context;
    const { world } = disk.machine;
    world.after(random.between(disk.profile.writeMs[0], disk.profile.writeMs[1]), () =>
      process.deliver(() => done(fault)),
    );
  }
}
