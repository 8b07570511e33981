// Disk on node:fs. Journal files are opened O_DIRECT and O_DSYNC where the file system has them, which a real write
// proves; elsewhere a write is followed by fdatasync (PERFORMANCE 1). Buffers lie in WebAssembly.Memory, whose pages are
// aligned as O_DIRECT needs them.

import * as fs from 'node:fs';
import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../lib/bytes.ts';
import type { Disk, DiskFault, DiskFile, Done, OpenOptions } from '../ports.ts';

const directAlignment = 4096;
const wasmPage = 65_536;

export function nodeDisk(): Disk {
  /** by device: does O_DIRECT | O_DSYNC work there? */
  const directWorks = new Map<number, boolean>();
  return {
    open: (path, options, done) => openFile(path, options, directWorks, done),
    list(directory, done) {
      fs.readdir(directory, (error, names) => (error ? done(faultOf(error), []) : done(undefined, names.sort())));
    },
    makeDirectory(directory, done) {
      fs.mkdir(directory, { recursive: true, mode: 0o700 }, (error) => {
        if (error) return settle(done)(error);
        syncDirectory(dirname(directory), done);
      });
    },
    readFile(path, done) {
      fs.readFile(path, (error, bytes) => (error ? done(faultOf(error), none) : done(undefined, plain(bytes))));
    },
    writeFile: (path, bytes, done) => writeAtomically(path, bytes, done),
    rename: (from, to, done) => fs.rename(from, to, settle(done)),
    remove: (path, done) => fs.unlink(path, settle(done)),
    syncDirectory,
    freeBytes(directory, done) {
      fs.statfs(directory, (error, stats) =>
        error ? done(faultOf(error), 0) : done(undefined, stats.bavail * stats.bsize),
      );
    },
    allocate(length) {
      return alignedBytes(length);
    },
  };
}

const none = undefined as unknown as Bytes;

interface PageMemory {
  readonly buffer: ArrayBuffer;
}

/** The compiler's library for servers does not know WebAssembly. */
const wasm = (globalThis as unknown as { WebAssembly: { Memory: new (pages: object) => PageMemory } }).WebAssembly;

function alignedBytes(length: number): Bytes {
  const pages = Math.max(1, Math.ceil(length / wasmPage));
  return new Uint8Array(new wasm.Memory({ initial: pages, maximum: pages }).buffer, 0, length);
}

function openFile(path: string, options: OpenOptions, directWorks: Map<number, boolean>, done: Done<DiskFile>): void {
  const noFile = undefined as unknown as DiskFile;
  const base = options.readOnly ? constants.O_RDONLY : constants.O_RDWR | (options.create ? constants.O_CREAT : 0);
  const plainly = (): void => {
    fs.open(path, base, 0o600, (error, fd) => (error ? done(faultOf(error), noFile) : finish(fd, false)));
  };
  const finish = (fd: number, direct: boolean): void => {
    fs.fstat(fd, (error, stats) => {
      if (error) return fs.close(fd, () => done(faultOf(error), noFile));
      done(undefined, new NodeFile(fd, stats.size, direct));
    });
  };
  if (!options.direct || constants.O_DIRECT === undefined || constants.O_DSYNC === undefined) return plainly();
  probeDirect(dirname(path), directWorks, (works) => {
    if (!works) return plainly();
    fs.open(path, base | constants.O_DIRECT | constants.O_DSYNC, 0o600, (error, fd) => {
      if (error?.code === 'EINVAL') return plainly();
      if (error) return done(faultOf(error), noFile);
      finish(fd, true);
    });
  });
}

/** File systems may take the flags at open and refuse the write: only a write tells. */
function probeDirect(directory: string, known: Map<number, boolean>, done: (works: boolean) => void): void {
  fs.stat(directory, (statError, stats) => {
    if (statError) return done(false);
    const answer = known.get(stats.dev);
    if (answer !== undefined) return done(answer);
    const path = join(directory, `.direct-probe-${process.pid}`);
    const settleProbe = (works: boolean): void => {
      known.set(stats.dev, works);
      fs.unlink(path, () => done(works));
    };
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_DIRECT | constants.O_DSYNC;
    fs.open(path, flags, 0o600, (error, fd) => {
      if (error) return settleProbe(false);
      const block = alignedBytes(directAlignment);
      fs.write(fd, block, 0, directAlignment, 0, (writeError, written) => {
        fs.close(fd, () => settleProbe(!writeError && written === directAlignment));
      });
    });
  });
}

class NodeFile implements DiskFile {
  size: number;
  readonly writesAreSynced: boolean;
  readonly alignment: number;
  private readonly fd: number;

  constructor(fd: number, size: number, direct: boolean) {
    this.fd = fd;
    this.size = size;
    this.writesAreSynced = direct;
    this.alignment = direct ? directAlignment : 1;
  }

  write(offset: number, parts: readonly Bytes[], done: Done): void {
    const wrote = (length: number): void => {
      this.size = Math.max(this.size, offset + length);
      done(undefined);
    };
    const only = parts[0];
    if (parts.length === 1 && only)
      return writeWhole(this.fd, only, offset, (error) =>
        error ? done(faultOf(error), undefined) : wrote(only.length),
      );
    const step = (index: number, at: number): void => {
      const part = parts[index];
      if (part === undefined) return wrote(at - offset);
      writeWhole(this.fd, part, at, (error) =>
        error ? done(faultOf(error), undefined) : step(index + 1, at + part.length),
      );
    };
    step(0, offset);
  }

  sync(done: Done): void {
    fs.fdatasync(this.fd, settle(done));
  }

  read(offset: number, length: number, done: Done<Bytes>): void {
    const bytes = new Uint8Array(length);
    const more = (got: number): void => {
      fs.read(this.fd, bytes, got, length - got, offset + got, (error, read) => {
        if (error) return done(faultOf(error), none);
        if (read === 0 || got + read === length) return done(undefined, bytes.subarray(0, got + read));
        more(got + read);
      });
    };
    if (length === 0) setImmediate(() => done(undefined, bytes));
    else more(0);
  }

  close(done: Done): void {
    fs.close(this.fd, settle(done));
  }
}

type Failure = NodeJS.ErrnoException | null;

/** A short write is a full disk in most cases; the next attempt tells. */
function writeWhole(fd: number, bytes: Bytes, at: number, done: (error: Failure) => void): void {
  fs.write(fd, bytes, 0, bytes.length, at, (error, written) => {
    if (error || written === bytes.length) return done(error);
    if (written === 0) return done(Object.assign(new Error('the disk took no bytes'), { code: 'EIO' }));
    writeWhole(fd, bytes.subarray(written), at + written, done);
  });
}

function writeAtomically(path: string, bytes: Bytes, done: Done): void {
  const temporary = `${path}.tmp-${process.pid}`;
  const give = (error: NodeJS.ErrnoException): void => fs.unlink(temporary, () => done(faultOf(error), undefined));
  fs.open(temporary, 'w', 0o600, (error, fd) => {
    if (error) return done(faultOf(error), undefined);
    writeWhole(fd, bytes, 0, (writeError) => {
      if (writeError) return fs.close(fd, () => give(writeError));
      fs.fsync(fd, (syncError) => {
        fs.close(fd, (closeError) => {
          const failure = syncError ?? closeError;
          if (failure) return give(failure);
          fs.rename(temporary, path, (renameError) => {
            if (renameError) return give(renameError);
            syncDirectory(dirname(path), done);
          });
        });
      });
    });
  });
}

function syncDirectory(directory: string, done: Done): void {
  fs.open(directory, constants.O_RDONLY, (error, fd) => {
    if (error) return done(faultOf(error), undefined);
    fs.fsync(fd, (syncError) => fs.close(fd, (closeError) => settle(done)(syncError ?? closeError ?? null)));
  });
}

function settle(done: Done): (error: Failure) => void {
  return (error) => (error ? done(faultOf(error), undefined) : done(undefined, undefined));
}

/** A Buffer's pool is shared; ours is a view that keeps nothing else alive. */
function plain(bytes: Buffer): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

const codes: Readonly<Record<string, DiskFault['code']>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  ENOENT: 'not-found',
  EEXIST: 'exists',
  EAGAIN: 'locked',
  EBUSY: 'locked',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
};

export function faultOf(error: NodeJS.ErrnoException): DiskFault {
  return { code: codes[error.code ?? ''] ?? 'io', message: error.message };
}
