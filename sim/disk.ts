// The disk of a simulated machine: the Disk port over images in memory, with everything a disk does to software.
// Completed writes that no sync covered are lost or torn at a power cut, names that no directory sync covered vanish,
// syncs are slow or fail, space runs out, and bytes rot.

import { fromUtf8 } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import type { Disk, DiskFault, Done } from '../storage/ports.ts';
import { answer, type DiskContext, noSpace, notFound, openFile } from './disk-file.ts';
import { type CrashFate, FileImage } from './disk-image.ts';
import { defaultDiskBytes } from './limits.ts';
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
    const context: DiskContext = { disk: this, process, random: this.#random };
    return {
      open: (path, options, done) => openFile(context, path, options, done),
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

  #change(context: DiskContext, path: string, done: Done, change: () => DiskFault | undefined): void {
    const { world, index } = this.machine;
    world.trace.addBytes(traced.diskName, index, world.nowUs, [fromUtf8(path)]);
    answer<void>(context, traced.diskName, this.profile.syncMs, done, () => change() ?? undefined);
  }
}
