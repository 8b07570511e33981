// The tree's pages in memory, each pointing at those below it, and how missing ones come from the store: level by level,
// each level in one read, each page checked against the hash that the page above has of it.

import { Arena } from '../../lib/arena.ts';
import { present } from '../../lib/assert.ts';
import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import { digitOf, type Hash } from '../../lib/hash.ts';
import type { Store } from '../../storage/index.ts';
import { namesPerRead, sparseChunkBytes } from '../limits.ts';
import { inParts } from '../slices.ts';
import type { Layout } from './layout.ts';
import {
  condense,
  decodePage,
  emptyPage,
  nodeHash,
  nodeKinds,
  type Page,
  pageBytes,
  prefixBelow,
  slotCount,
  slotKind,
  sparsePage,
} from './page.ts';
import { corrupt, type StateAnswer, storeFault } from './state-fault.ts';
import type { TreeUpdate } from './tree-update.ts';

interface MissingPage {
  readonly above: Page;
  readonly slot: number;
}

export class Pages {
  private readonly store: Store;
  private readonly layout: Layout;
  private readonly maxBytes: number;
  /** of the pages below the root */
  private bytes = 0;
  private sweeps = 0;
  /** always in memory */
  root: Page = emptyPage('');

  constructor(store: Store, layout: Layout, maxCacheBytes: number) {
    this.store = store;
    this.layout = layout;
    this.maxBytes = maxCacheBytes;
  }

  /** @returns undefined when the page is not in memory */
  get(prefix: string): Page | undefined {
    let page: Page | undefined = this.root;
    for (let depth = 0; depth < prefix.length && page !== undefined; depth++) {
      page = this.below(page, digitOf(prefix as Hash, depth));
    }
    return page;
  }

  private below(page: Page, slot: number): Page | undefined {
    const below = page.below?.[slot];
    if (below !== undefined) below.touchedIn = this.sweeps;
    return below;
  }

  create(above: Page, slot: number): Page {
    return this.place(above, slot, sparsePage(prefixBelow(above, slot)));
  }

  private place(above: Page, slot: number, page: Page): Page {
    above.below ??= new Array<Page | undefined>(slotCount).fill(undefined);
    above.below[slot] = page;
    this.bytes += pageBytes(page);
    page.touchedIn = this.sweeps;
    return page;
  }

  grew(bytes: number): void {
    this.bytes += bytes;
  }

  /** Nothing is below a page that goes. */
  remove(above: Page, slot: number): void {
    const page = present(above.below?.[slot], 'a page that goes has been loaded');
    if (above.below !== undefined) above.below[slot] = undefined;
    this.bytes -= pageBytes(page);
  }

  /** Half of the bound is left to what comes until the next sweep. */
  get isFull(): boolean {
    return this.bytes * 2 > this.maxBytes;
  }

  /** Pages are forgotten here and nowhere else: those that were not touched since the sweep before. */
  sweep(): void {
    if (!this.isFull) return;
    this.bytes = this.keepTouched(this.root);
    this.sweeps++;
  }

  /** Whoever touches a page has touched those above it, so what hangs below one that goes, goes too. */
  private keepTouched({ below }: Page): number {
    let kept = 0;
    for (let slot = 0; below !== undefined && slot < slotCount; slot++) {
      const page = below[slot];
      if (page === undefined) continue;
      if (page.touchedIn === this.sweeps) kept += pageBytes(page) + this.keepTouched(page);
      else below[slot] = undefined;
    }
    return kept;
  }

  /** Forgets all pages. */
  reset(root: Page): void {
    this.bytes = 0;
    this.root = root;
  }

  /** Brings every page that the updates touch into memory, part by part. */
  load(updates: readonly TreeUpdate[], done: StateAnswer<void>): void {
    const loadPart = (part: readonly TreeUpdate[], next: (stop: boolean) => void): void =>
      this.loadLevels(part, (fault) => {
        if (fault !== undefined) done(fault, undefined);
        next(fault !== undefined);
      });
    inParts(updates, namesPerRead, loadPart, () => done(undefined, undefined));
  }

  private loadLevels(updates: readonly TreeUpdate[], done: StateAnswer<void>): void {
    const missing: MissingPage[] = [];
    this.gatherMissing(this.root, updates, 0, updates.length, missing);
    if (missing.length === 0) return done(undefined, undefined);
    this.store.getMany(
      missing.map(({ above, slot }) => this.layout.page(prefixBelow(above, slot))),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault), undefined);
        const arena = new Arena(sparseChunkBytes);
        for (const [i, { above, slot }] of missing.entries()) {
          const prefix = prefixBelow(above, slot);
          const page = checkedPage(prefix, found[i], nodeHash(above, slotCount + slot));
          if (page === undefined) return done(misfit(prefix), undefined);
          condense(page, arena);
          this.place(above, slot, page);
        }
        this.loadLevels(updates, done);
      },
    );
  }

  private gatherMissing(
    page: Page,
    updates: readonly TreeUpdate[],
    from: number,
    to: number,
    missing: MissingPage[],
  ): void {
    const depth = page.prefix.length;
    for (let low = from; low < to; ) {
      const slot = digitOf((updates[low] as TreeUpdate).path, depth);
      let high = low + 1;
      while (high < to && digitOf((updates[high] as TreeUpdate).path, depth) === slot) high++;
      if (slotKind(page, slot) === nodeKinds.inner) {
        const below = this.below(page, slot);
        if (below === undefined) missing.push({ above: page, slot });
        else if (!below.isSparse) this.gatherMissing(below, updates, low, high, missing);
      }
      low = high;
    }
  }
}

/** @param hash what the page above says, undefined for the root. @returns undefined when the bytes are not that page */
export function checkedPage(prefix: string, bytes: Bytes | undefined, hash: Bytes | undefined): Page | undefined {
  const page = bytes === undefined ? undefined : decodePage(prefix, bytes);
  if (page === undefined || hash === undefined) return page;
  return equalBytes(nodeHash(page, 1), hash) ? page : undefined;
}

export const misfit = (prefix: string) => corrupt(`page ${prefix} does not fit the page above it`);
