// The bytes of one simulated file, twice: as a reader sees them now, and as a power cut would leave them.

import type { Bytes } from '../lib/bytes.ts';
import type { Random } from '../lib/random.ts';
import { sectorBytes } from './limits.ts';

interface Write {
  readonly offset: number;
  readonly bytes: Bytes;
}

/** What a power cut does to writes that no sync covers: nothing of them survives, whole sectors do, or chance decides per write. */
export type CrashFate = 'lost' | 'torn' | 'chance';

export class FileImage {
  readonly synced: boolean;
  #visible: GrowingBytes;
  #durable: GrowingBytes;
  /** completed, in no sync yet; oldest first */
  #unsynced: Write[] = [];
  #droppedCount = 0;
  #inFlight = new Set<Write>();

  /** @param synced whether completed writes are durable by themselves (O_DSYNC) */
  constructor(synced: boolean, content: Bytes = new Uint8Array(0)) {
    this.synced = synced;
    this.#visible = new GrowingBytes(content);
    this.#durable = new GrowingBytes(content);
  }

  get size(): number {
    return this.#visible.length;
  }

  get hasInFlight(): boolean {
    return this.#inFlight.size > 0;
  }

  read(offset: number, length: number): Bytes {
    return this.#visible.slice(offset, length);
  }

  begin(offset: number, bytes: Bytes): Write {
    const write = { offset, bytes };
    this.#inFlight.add(write);
    return write;
  }

  complete(write: Write, synced: boolean): void {
    if (!this.#inFlight.delete(write)) return;
    this.#visible.write(write.offset, write.bytes);
    if (synced) this.#durable.write(write.offset, write.bytes);
    else this.#unsynced.push(write);
  }

  abandon(write: Write): void {
    this.#inFlight.delete(write);
  }

  /** A sync that begins now covers the writes completed so far. @returns a mark for `endSync` */
  beginSync(): number {
    return this.#droppedCount + this.#unsynced.length;
  }

  endSync(mark: number): void {
    const covered = Math.max(0, Math.min(mark - this.#droppedCount, this.#unsynced.length));
    for (const write of this.#unsynced.splice(0, covered)) this.#durable.write(write.offset, write.bytes);
    this.#droppedCount += covered;
  }

  /** After a failed sync the page cache forgets what it could not write (as Linux does), and reports success next time. */
  dropUnsynced(): number {
    const dropped = this.#unsynced.length;
    this.#droppedCount += dropped;
    this.#unsynced = [];
    return dropped;
  }

  /** The machine loses power. */
  powerCut(random: Random, fate: CrashFate): void {
    for (const write of [...this.#unsynced, ...this.#inFlight]) {
      const kept = survivingBytes(write, random, fate);
      if (kept > 0) this.#durable.write(write.offset, write.bytes.subarray(0, kept));
    }
    this.#droppedCount += this.#unsynced.length;
    this.#unsynced = [];
    this.#inFlight.clear();
    this.#visible = new GrowingBytes(this.#durable.slice(0, this.#durable.length));
  }

  /** The process died and the machine did not: writes in flight reach the page cache whole. */
  processKilled(): void {
    for (const write of [...this.#inFlight]) this.complete(write, this.synced);
  }

  /** One byte changes by itself, under everybody's checksums. */
  rot(offset: number, mask: number): void {
    for (const bytes of [this.#visible, this.#durable]) {
      if (offset >= bytes.length) continue;
      const [value] = bytes.slice(offset, 1);
      bytes.write(offset, Uint8Array.of((value as number) ^ mask));
    }
  }

  truncate(length: number): void {
    this.#visible.truncate(length);
    this.#durable.truncate(length);
  }
}

/** A disk writes an interrupted request sector by sector: some whole sectors from its start are there. */
function survivingBytes(write: Write, random: Random, fate: CrashFate): number {
  const length = write.bytes.length;
  const sectors = Math.ceil(length / sectorBytes);
  switch (fate) {
    case 'lost':
      return 0;
    case 'torn':
      return Math.min(length, sectorBytes * random.below(sectors));
    case 'chance':
      return random.chance(0.5) ? 0 : Math.min(length, sectorBytes * random.below(sectors + 1));
  }
}

class GrowingBytes {
  #buffer: Bytes;
  length: number;

  constructor(content: Bytes) {
    this.#buffer = content.slice();
    this.length = content.length;
  }

  write(offset: number, bytes: Bytes): void {
    const end = offset + bytes.length;
    if (end > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, offset);
    this.length = Math.max(this.length, end);
  }

  /** at most `length` bytes: fewer at the end of the file */
  slice(offset: number, length: number): Bytes {
    return this.#buffer.slice(offset, Math.min(this.length, offset + length));
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    this.#buffer.fill(0, length, this.length);
    this.length = length;
  }
}
