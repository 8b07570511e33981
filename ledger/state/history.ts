// What the last blocks replaced: with it a query reads pages and values as they stood at a recent height. In memory only;
// after a restart the newest height is the only one.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';

/** What one block replaced; undefined: it was not there before. */
export interface BlockUndo {
  readonly height: number;
  /** counts from 1 over all blocks, and over the parts of one that is restored */
  readonly serial: number;
  readonly pages: Map<string, Bytes | undefined>;
  readonly values: Map<Hash, Bytes | undefined>;
  /** root before the block */
  readonly rootBefore: Hash;
  bytes: number;
}

export interface Past {
  readonly bytes: Bytes | undefined;
}

/** A map entry, its key and its share of the containers. */
const entryBytes = 160;

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
    const undo: BlockUndo = {
      height,
      serial: ++this.serial,
      pages: new Map(),
      values: new Map(),
      rootBefore,
      bytes: 0,
    };
    this.blocks.push(undo);
    return undo;
  }

  /** Once for each page that the block changes, makes or removes. */
  keepPage(undo: BlockUndo, prefix: string, before: Bytes | undefined): void {
    undo.pages.set(prefix, before);
    undo.bytes += entryBytes + (before?.length ?? 0);
  }

  keepValue(undo: BlockUndo, path: Hash, before: Bytes | undefined): void {
    undo.values.set(path, before);
    undo.bytes += entryBytes + (before?.length ?? 0);
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
    for (const block of this.blocks) {
      if (block.height > height && block.pages.has(prefix)) return { bytes: block.pages.get(prefix) };
    }
    return undefined;
  }

  valueAt(path: Hash, height: number): Past | undefined {
    for (const block of this.blocks) {
      if (block.height > height && block.values.has(path)) return { bytes: block.values.get(path) };
    }
    return undefined;
  }
}
