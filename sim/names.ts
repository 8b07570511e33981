// The names on a simulated disk. A created, renamed or removed name is certain only after its directory was synced;
// until then a power cut may undo the newest changes of a directory, as a journalling file system does.

import { present } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { FileImage } from './disk-image.ts';

interface Change {
  readonly directory: string;
  apply(names: Map<string, FileImage>): void;
}

/** Names and contents of all files. */
export interface DiskCopy {
  readonly directories: readonly string[];
  readonly files: readonly { readonly path: string; readonly synced: boolean; readonly content: Bytes }[];
}

export class Names {
  #visible = new Map<string, FileImage>();
  #durable = new Map<string, FileImage>();
  #pending: Change[] = [];
  #directories = new Set<string>();

  find(path: string): FileImage | undefined {
    return this.#visible.get(path);
  }

  images(): Iterable<FileImage> {
    return this.#visible.values();
  }

  /** also those that a power cut could bring back */
  allImages(): Set<FileImage> {
    return new Set([...this.#visible.values(), ...this.#durable.values()]);
  }

  paths(): readonly string[] {
    return [...this.#visible.keys()].sort();
  }

  list(directory: string): readonly string[] {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    const found = new Set<string>();
    for (const path of [...this.#visible.keys(), ...this.#directories])
      if (path.startsWith(prefix))
        found.add(present(path.slice(prefix.length).split('/')[0], 'a path has a first part'));
    return [...found].sort();
  }

  makeDirectory(directory: string): void {
    this.#directories.add(directory);
  }

  create(path: string, image: FileImage): void {
    this.#change({ directory: directoryOf(path), apply: (names) => void names.set(path, image) });
  }

  rename(from: string, to: string): boolean {
    const image = this.#visible.get(from);
    if (image === undefined) return false;
    this.#change({
      directory: directoryOf(to),
      apply: (names) => {
        names.delete(from);
        names.set(to, image);
      },
    });
    return true;
  }

  remove(path: string): boolean {
    if (!this.#visible.has(path)) return false;
    this.#change({ directory: directoryOf(path), apply: (names) => void names.delete(path) });
    return true;
  }

  /** an atomic, synced replacement: temporary file, sync, rename, directory sync */
  replaceDurably(path: string, image: FileImage): void {
    this.#change({ directory: directoryOf(path), apply: (names) => void names.set(path, image) });
    this.syncDirectory(directoryOf(path));
  }

  syncDirectory(directory: string): void {
    const trimmed = directory.endsWith('/') ? directory.slice(0, -1) : directory;
    this.#pending = this.#pending.filter((change) => {
      if (change.directory !== trimmed) return true;
      change.apply(this.#durable);
      return false;
    });
  }

  /** @param survivors how many of a number of unsynced changes, oldest first, reached the disk */
  powerCut(survivors: (pending: number) => number): void {
    const kept = survivors(this.#pending.length);
    for (const change of this.#pending.slice(0, kept)) change.apply(this.#durable);
    this.#pending = [];
    this.#visible = new Map(this.#durable);
  }

  clear(): void {
    this.#visible.clear();
    this.#durable.clear();
    this.#pending = [];
    this.#directories.clear();
  }

  copy(): DiskCopy {
    const files = this.paths().map((path) => {
      const image = present(this.#visible.get(path), 'a listed file is there');
      return { path, synced: image.synced, content: image.read(0, image.size) };
    });
    return { directories: [...this.#directories], files };
  }

  /** into an empty disk, durably */
  fill({ directories, files }: DiskCopy): void {
    for (const directory of directories) this.#directories.add(directory);
    for (const { path, synced, content } of files) {
      const image = new FileImage(synced, content);
      this.#visible.set(path, image);
      this.#durable.set(path, image);
    }
  }

  #change(change: Change): void {
    change.apply(this.#visible);
    this.#pending.push(change);
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
