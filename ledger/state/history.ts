// What the last blocks replaced: with it a query reads pages and values as they stood at a recent height. In memory only;
// after a restart the newest height is the only one.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';

export interface Past {
  /** undefined: it was not there */
  readonly bytes: Bytes | undefined;
}

/** An entry and its share of the containers. */
const entryBytes = 160;

/**
 * What one block replaced. Blocks only list it, since most heights are never asked about; the first question about one
 * orders its list.
 */
export class BlockUndo {
  readonly height: number;
  /** counts from 1 over all blocks, and over the parts of one that is restored */
  readonly serial: number;
  readonly rootBefore: Hash;
  private readonly pages = new Replaced<string>();
  private readonly values = new Replaced<Hash>();
  bytes = 0;

  constructor(height: number, serial: number, rootBefore: Hash) {
    this.height = height;
    this.serial = serial;
    this.rootBefore = rootBefore;
  }

  /** Each page that the block changes, makes or removes. */
  keepPage(prefix: string, before: Bytes | undefined): void {
    this.pages.add(prefix, before);
    this.bytes += entryBytes + (before?.length ?? 0);
  }

  keepValue(path: Hash, before: Bytes | undefined): void {
    this.values.add(path, before);
    this.bytes += entryBytes + (before?.length ?? 0);
  }

  page(prefix: string): Past | undefined {
    return this.pages.find(prefix);
  }

  value(path: Hash): Past | undefined {
    return this.values.find(path);
  }
}

class Replaced<Name> {
  private readonly names: Name[] = [];
  private readonly before: (Bytes | undefined)[] = [];
  /** places in the list, once somebody asked */
  private index: Map<Name, number> | undefined;

  add(name: Name, before: Bytes | undefined): void {
    this.names.push(name);
    this.before.push(before);
    this.index = undefined;
  }

  find(name: Name): Past | undefined {
    const place = this.ordered().get(name);
    return place === undefined ? undefined : { bytes: this.before[place] };
  }

  /** A page that a block removes and makes again is listed twice: how it was before the block is the first entry. */
  private ordered(): ReadonlyMap<Name, number> {
    if (this.index !== undefined) return this.index;
    const index = new Map<Name, number>();
    for (let i = this.names.length - 1; i >= 0; i--) index.set(this.names[i] as Name, i);
    this.index = index;
    return index;
  }
}

export class StateHistory {
  private readonly keptHeights: number;
  private readonly maxBytes: number;
  private readonly blocks: BlockUndo[] = [];
  private bytes = 0;
  private serial = 0;

  constructor(keptHeights: number, maxBytes: number) {
    this.keptHeights = keptHeights;
    this.maxBytes = maxBytes;
  }

  begin(height: number, rootBefore: Hash): BlockUndo {
    const undo = new BlockUndo(height, ++this.serial, rootBefore);
    this.blocks.push(undo);
    return undo;
  }

  /** Forgets the oldest heights beyond the bounds. */
  end(undo: BlockUndo): void {
    this.bytes += undo.bytes;
    while (this.blocks.length > this.keptHeights || (this.bytes > this.maxBytes && this.blocks.length > 1)) {
      this.bytes -= this.blocks.shift()?.bytes ?? 0;
    }
  }

  forgetAll(): void {
    this.blocks.length = 0;
    this.bytes = 0;
  }

  /** @param newest height of the state; whether `height` can still be read */
  keeps(height: number, newest: number): boolean {
    if (height === newest) return true;
    const oldest = this.blocks[0];
    return oldest !== undefined && height >= oldest.height - 1 && height < newest;
  }

  rootAt(height: number): Hash | undefined {
    return this.blocks.find((block) => block.height === height + 1)?.rootBefore;
  }

  /** @returns undefined when no block after `height` replaced the page */
  pageAt(prefix: string, height: number): Past | undefined {
    return this.first(height, (block) => block.page(prefix));
  }

  valueAt(path: Hash, height: number): Past | undefined {
    return this.first(height, (block) => block.value(path));
  }

  private first(height: number, find: (block: BlockUndo) => Past | undefined): Past | undefined {
    for (const block of this.blocks) {
      const past = block.height > height ? find(block) : undefined;
      if (past !== undefined) return past;
    }
    return undefined;
  }
}
