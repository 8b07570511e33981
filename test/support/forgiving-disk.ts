// What a journal without its torn-tail check would see: a disk whose reader makes every group look intact, as far as its
// records go. For tests of the simulator itself.

import type { Bytes } from '../../lib/bytes.ts';
import { crc32 } from '../../lib/crc32.ts';
import {
  decodeSegmentHeader,
  groupHeaderBytes,
  recordHeaderBytes,
  roundUp,
  segmentSeed,
} from '../../storage/format.ts';
import type { Disk, DiskFile } from '../../storage/index.ts';

export function forgivingDisk(disk: Disk): Disk {
  return {
    ...disk,
    open: (path, options, done) =>
      disk.open(path, options, (error, file) =>
        error !== undefined || !path.endsWith('.segment')
          ? done(error, file)
          : done(undefined, new ForgivingFile(file)),
      ),
  };
}

class ForgivingFile implements DiskFile {
  #file: DiskFile;
  #seed = 0;
  #alignment = 4096;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  get writesAreSynced(): boolean {
    return this.#file.writesAreSynced;
  }

  get alignment(): number {
    return this.#file.alignment;
  }

  write: DiskFile['write'] = (offset, parts, done) => this.#file.write(offset, parts, done);
  sync: DiskFile['sync'] = (done) => this.#file.sync(done);
  close: DiskFile['close'] = (done) => this.#file.close(done);

  read: DiskFile['read'] = (offset, length, done) =>
    this.#file.read(offset, length, (error, bytes) => {
      if (error === undefined && offset === 0) this.#learn(bytes);
      if (error === undefined && offset > 0)
        for (let at = 0; at < bytes.length; at += this.#alignment) this.#forgive(bytes, at);
      done(error, bytes);
    });

  #learn(bytes: Bytes): void {
    const header = decodeSegmentHeader(bytes, bytes.subarray(16, 32));
    if (typeof header === 'string') return;
    this.#seed = segmentSeed(header.shardId, header.segment);
    this.#alignment = header.alignment;
  }

  /** Writes the checksums that the records of a group should have to pass. */
  #forgive(bytes: Bytes, start: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (start + groupHeaderBytes > bytes.length || view.getUint32(start, true) !== 0x474b5350) return;
    if (view.getUint32(start + 28, true) !== crc32(bytes.subarray(start, start + 28), this.#seed)) return;
    const end = Math.min(bytes.length, start + view.getUint32(start + 4, true));
    for (let at = start + groupHeaderBytes; at + recordHeaderBytes <= end; ) {
      const bodyEnd = at + recordHeaderBytes + view.getUint32(at + 4, true);
      if (bodyEnd > end) return;
      view.setUint32(at, crc32(bytes.subarray(at + 4, bodyEnd), this.#seed), true);
      at += roundUp(bodyEnd - at, 8);
    }
  }
}
