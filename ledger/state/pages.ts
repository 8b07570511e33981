// The tree's pages in memory, the changed ones among them, and how missing ones come from the store: level by level, each
// level in one read, each page checked against the hash that the page above has of it.

import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import type { Store } from '../../storage/index.ts';
import { namesPerRead } from '../limits.ts';
import { inParts } from '../slices.ts';
import { GenerationCache } from './generations.ts';
import type { Layout } from './layout.ts';
import {
  decodePage,
  emptyPage,
  nodeHash,
  nodeKinds,
  type Page,
  pageMemoryBytes,
  prefixBelow,
  slotCount,
  slotKind,
  slotOf,
} from './page.ts';
import { corrupt, type StateAnswer, storeFault } from './state-fault.ts';
import type { TreeUpdate } from './tree-update.ts';

interface MissingPage {
  readonly prefix: string;
  /** what the page above says of it */
  readonly hash: Bytes;
}

export class Pages {
  private readonly store: Store;
  private readonly layout: Layout;
  private readonly cache: GenerationCache<Page>;
  /** always in memory */
  root: Page = emptyPage('');

  constructor(store: Store, layout: Layout, maxCacheBytes: number) {
    this.store = store;
    this.layout = layout;
    this.cache = new GenerationCache({ maxBytes: maxCacheBytes, sizeOf: () => pageMemoryBytes });
  }

  /** @returns undefined when the page is not in memory */
  get(prefix: string): Page | undefined {
    return prefix === '' ? this.root : this.cache.get(prefix);
  }

  create(prefix: string): Page {
    const page = emptyPage(prefix);
    this.cache.set(prefix, page);
    return page;
  }

  remove(prefix: string): void {
    this.cache.delete(prefix);
  }

  get isFull(): boolean {
    return this.cache.isFull;
  }

  /** See `GenerationCache`. */
  trim(): void {
    this.cache.trim();
  }

  /** Forgets all pages. */
  reset(root: Page): void {
    this.cache.clear();
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
      missing.map(({ prefix }) => this.layout.page(prefix)),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault), undefined);
        for (const [i, { prefix, hash }] of missing.entries()) {
          const page = checkedPage(prefix, found[i], hash);
          if (page === undefined) return done(misfit(prefix), undefined);
          this.cache.set(prefix, page);
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
      const slot = slotOf((updates[low] as TreeUpdate).path, depth);
      let high = low + 1;
      while (high < to && slotOf((updates[high] as TreeUpdate).path, depth) === slot) high++;
      if (slotKind(page, slot) === nodeKinds.inner) {
        const prefix = prefixBelow(page, slot);
        const below = this.get(prefix);
        if (below === undefined) missing.push({ prefix, hash: nodeHash(page, slotCount + slot) });
        else this.gatherMissing(below, updates, low, high, missing);
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
