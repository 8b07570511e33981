// Reads a log that log-file.ts rotates: its newest lines, from as many of the files as it takes, and from then on what is
// added, without losing or repeating a line when the files move on by one name.

import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { keptLogFiles } from './limits.ts';

/** one read; a longer line is cut there */
const chunkBytes = 4 << 20;

export class LogReader {
  readonly #path: string;
  #file: { readonly descriptor: number; readonly inode: number; position: number } | undefined;
  /** of files that `last` has read */
  readonly #read = new Set<number>();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The newest lines that pass, oldest first; `fresh` goes on after them.
   * @param limits how many lines at most, and an instant before which no file needs to be read (milliseconds since 1970)
   */
  last(limits: { readonly lines: number; readonly sinceMs?: number }, passes: (line: string) => boolean): string[] {
    this.#open(this.#path);
    if (this.#file === undefined) return [];
    let found = this.#rest()
      .filter(passes)
      .slice(-limits.lines || Number.POSITIVE_INFINITY);
    this.#read.add(this.#file.inode);
    for (let i = 1; i <= keptLogFiles && found.length < limits.lines; i++) {
      const older = this.#whole(`${this.#path}.${i}`, limits.sinceMs);
      if (older === undefined) break;
      found = [...older.filter(passes).slice(found.length - limits.lines), ...found];
    }
    return found;
  }

  /** What was added since the last call, across any number of rotations that four kept files can show. */
  fresh(): string[] {
    if (this.#file === undefined) this.#open(this.#path);
    let lines = this.#rest();
    while (this.#file !== undefined) {
      const next = this.#nextFile(this.#file.inode);
      if (next === undefined) break;
      // between the read and the rotation a last line may have come
      lines = lines.concat(this.#rest());
      this.close();
      this.#open(next);
      lines = lines.concat(this.#rest());
    }
    return lines;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
  }

  #open(path: string): void {
    try {
      const descriptor = openSync(path, 'r');
      this.#file = { descriptor, inode: fstatSync(descriptor).ino, position: 0 };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Whole lines up to the end of the open file. */
  #rest(): string[] {
    let lines: string[] = [];
    const file = this.#file;
    if (file === undefined) return lines;
    if (fstatSync(file.descriptor).size < file.position) file.position = 0;
    for (;;) {
      const bytes = Buffer.alloc(chunkBytes);
      const length = readSync(file.descriptor, bytes, 0, chunkBytes, file.position);
      const end = bytes.lastIndexOf(10, length - 1) + 1 || (length === chunkBytes ? length : 0);
      if (length === 0 || end === 0) return lines;
      file.position += end;
      lines = lines.concat(linesOf(bytes.toString('utf8', 0, end))); // too many to be arguments of a push
    }
  }

  /** @returns undefined while the open file is the newest one */
  #nextFile(inode: number): string | undefined {
    const names = [this.#path, ...Array.from({ length: keptLogFiles }, (_, i) => `${this.#path}.${i + 1}`)];
    const inodes = names.map(inodeOf);
    const at = inodes.indexOf(inode);
    if (at === 0 || inodes[0] === undefined) return undefined;
    // gone: the oldest that is left comes closest
    const next = at < 0 ? inodes.findLastIndex((each) => each !== undefined) : at - 1;
    return names[next];
  }

  #whole(path: string, sinceMs: number | undefined): string[] | undefined {
    try {
      const { ino, mtimeMs } = statSync(path);
      if (sinceMs !== undefined && mtimeMs < sinceMs) return undefined;
      // rotated while we read: it was node.log a moment ago
      if (this.#read.has(ino)) return [];
      this.#read.add(ino);
      return linesOf(readFileSync(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined; // it is not there (yet)
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
