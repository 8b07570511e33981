// The tree's pages while a block changes them.

import { present } from '../../lib/assert.ts';
import type { GenerationCache } from './generations.ts';
import type { BlockUndo, StateHistory } from './history.ts';
import { emptyPage, type Page } from './page.ts';
import type { PageDesk } from './tree-update.ts';

/** The pages of one block in progress: remembers how they were, and which to store. */
export class BlockDesk implements PageDesk {
  readonly undo: BlockUndo;
  readonly changed = new Map<string, Page>();
  readonly removed = new Set<string>();
  private readonly pages: GenerationCache<Page>;
  private readonly history: StateHistory;

  constructor(pages: GenerationCache<Page>, history: StateHistory, undo: BlockUndo) {
    this.pages = pages;
    this.history = history;
    this.undo = undo;
  }

  keep(page: Page): void {
    this.history.keepPage(this.undo, page.prefix, page.stored);
    this.changed.set(page.prefix, page);
  }

  change(prefix: string): Page {
    const page = present(this.pages.get(prefix), 'a page that changes has been loaded');
    this.keep(page);
    return page;
  }

  create(prefix: string): Page {
    const page = emptyPage(prefix);
    this.keep(page);
    this.removed.delete(prefix);
    this.pages.set(prefix, page);
    return page;
  }

  remove(page: Page): void {
    this.pages.delete(page.prefix);
    this.changed.delete(page.prefix);
    this.removed.add(page.prefix);
  }
}
