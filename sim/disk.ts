// The disk of a simulated machine: the Disk port over images in memory, with everything a disk does to software.
// Completed writes that no sync covered are lost or torn at a power cut, names that no directory sync covered vanish,
// syncs are slow or fail, space runs out, and bytes rot.

import { assert } from '../lib/assert.ts';
import { type Bytes, concatBytes, equalBytes, fromUtf8 } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type { Disk, DiskFault, DiskFile, Done, OpenOptions } from '../storage/ports.ts';
import { type CrashFate, FileImage } from './disk-image.ts';
import { defaultDiskBytes, directAlignment } from './limits.ts';
import type { Machine, SimProcess } from './machine.ts';
import { type DiskCopy, Names } from './names.ts';
import { traced } from './trace.ts';

/** A duration drawn uniformly between two bounds, in milliseconds. */
export type DelayRange = readonly [lowMs: number, highMs: number];

export interface DiskProfile {
  readonly writeMs: DelayRange;
  readonly syncMs: DelayRange;
  readonly readMs: DelayRange;
  /** whether files opened `direct` are O_DIRECT and O_DSYNC, as on ext4, or plain, as on tmpfs */
  readonly direct: boolean;
}

export const fastDisk: DiskProfile = { writeMs: [0.01, 0.05], syncMs: [0.1, 0.6], readMs: [0.02, 0.1], direct: false };

export type { DiskCopy };

/** Buffers up to this length are compared after a write with what was written. */
const comparedBytes = 65_536;

export class SimDisk {
  readonly machine: Machine;
  readonly names = new Names();
  profile: DiskProfile;
  capacityBytes = defaultDiskBytes;
  /** while set, syncs and synced writes take this long instead */
  slowSyncMs: DelayRange | undefined;
  /** so many of the next syncs (or synced writes) fail */
  failingSyncs = 0;
  /** called when a write goes in flight, so that a fault can strike in the middle of it */
  onWriteBegun: (() => void) | undefined;
  #random: Random;

  constructor(machine: Machine, profile: DiskProfile = fastDisk) {
    this.machine = machine;
    this.profile = profile;
    this.#random = machine.world.random.disk.fork(`disk ${machine.index}`);
  }

  usedBytes(): number {
    let used = 0;
    for (const image of this.names.images()) used += image.size;
    return used;
  }

  /** The machine loses power: its process must be dead. */
  powerCut(fate: CrashFate): void {
    for (const image of this.names.allImages()) image.powerCut(this.#random, fate);
    this.names.powerCut(fate === 'lost' ? () => 0 : (pending) => this.#random.below(pending + 1));
  }

  /** The process died, the machine goes on. */
  processKilled(): void {
    for (const image of this.names.allImages()) image.processKilled();
  }

  /** as a reader would see it now */
  copy(): DiskCopy {
    return this.names.copy();
  }

  /** The disk now holds `copy` and nothing else; without one it is empty. */
  replace(copy: DiskCopy | undefined): void {
    this.names.clear();
    if (copy !== undefined) this.names.fill(copy);
  }

  /** The port as one process sees it. Its answers end with the process. */
  port(process: SimProcess): Disk {
    const context: Context = { disk: this, process, random: this.#random };
    return {
      open: (path, options, done) => open(context, path, options, done),
      list: (directory, done) =>
        answer(context, traced.diskRead, this.profile.readMs, done, () => this.names.list(directory)),
      makeDirectory: (directory, done) =>
        this.#change(context, directory, done, () => void this.names.makeDirectory(directory)),
      readFile: (path, done) =>
        answer(context, traced.diskRead, this.profile.readMs, done, () => {
          const image = this.names.find(path);
          return image === undefined ? notFound(path) : image.read(0, image.size);
        }),
      writeFile: (path, bytes, done) => {
        const copy = bytes.slice();
        this.#change(context, path, done, () => {
          if (this.usedBytes() + copy.length > this.capacityBytes) return noSpace(path);
          this.names.replaceDurably(path, new FileImage(false, copy));
          return undefined;
        });
      },
      rename: (from, to, done) =>
        this.#change(context, to, done, () => (this.names.rename(from, to) ? undefined : notFound(from))),
      remove: (path, done) =>
        this.#change(context, path, done, () => (this.names.remove(path) ? undefined : notFound(path))),
      syncDirectory: (directory, done) =>
        this.#change(context, directory, done, () => void this.names.syncDirectory(directory)),
      freeBytes: (_directory, done) =>
        answer(context, traced.diskRead, this.profile.readMs, done, () =>
          Math.max(0, this.capacityBytes - this.usedBytes()),
        ),
      allocate: (length) => new Uint8Array(length),
    };
  }

  #change(context: Context, path: string, done: Done, change: () => DiskFault | undefined): void {
    const { world, index } = this.machine;
    world.trace.addBytes(traced.diskName, index, world.nowUs, [fromUtf8(path)]);
    answer<void>(context, traced.diskName, this.profile.syncMs, done, () => change() ?? undefined);
  }
}

interface Context {
  readonly disk: SimDisk;
  readonly process: SimProcess;
  readonly random: Random;
}

const notFound = (path: string): DiskFault => ({ code: 'not-found', message: `no file ${path}` });
const noSpace = (path: string): DiskFault => ({ code: 'no-space', message: `no space left on device: ${path}` });
const failedSync = (path: string): DiskFault => ({ code: 'io', message: `input/output error: ${path}` });

export function isDiskFault(value: unknown): value is DiskFault {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/** Performs `act` after a delay, unless the process has died, and answers with what it returned. */
function answer<T>(context: Context, kind: 6 | 7, delay: DelayRange, done: Done<T>, act: () => T | DiskFault): void {
  const { disk, process, random } = context;
  const { world, index } = disk.machine;
  world.after(random.between(delay[0], delay[1]), () => {
    if (!process.alive) return;
    world.trace.add(kind, index, world.nowUs, 0);
    const outcome = act();
    process.deliver(() => (isDiskFault(outcome) ? done(outcome, undefined as T) : done(undefined, outcome)));
  });
}

function open(context: Context, path: string, options: OpenOptions, done: Done<DiskFile>): void {
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
  #context: Context;
  #path: string;
  #image: FileImage;
  #open = true;

  constructor(context: Context, path: string, image: FileImage, synced: boolean) {
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
