// The tree's pages while a block changes them: how each was before is kept for older heights, and each is to be written.

import { Arena } from '../../lib/arena.ts';
import { present } from '../../lib/assert.ts';
import { sparseChunkBytes } from '../limits.ts';
import type { BlockUndo } from './history.ts';
import { encodePage, type Page } from './page.ts';
import type { Pages } from './pages.ts';
import type { PageDesk } from './tree-update.ts';
import type { Unwritten } from './unwritten.ts';

export class BlockDesk implements PageDesk {
  readonly undo: BlockUndo;
  private readonly pages: Pages;
  private readonly unwritten: Unwritten;
  readonly arena = new Arena(sparseChunkBytes);
  /** of the pages as they were; they go together when their height is no longer kept */
  private readonly before = new Arena();

  constructor(pages: Pages, unwritten: Unwritten, undo: BlockUndo) {
    this.pages = pages;
    this.unwritten = unwritten;
    this.undo = undo;
  }

  changeRoot(): Page {
    return this.changed(this.pages.root);
  }

  change(above: Page, slot: number): Page {
    return this.changed(present(above.below?.[slot], 'a page that changes has been loaded'));
  }

  private changed(page: Page): Page {
    if (page.changedBy === this.undo.serial) return page;
    page.changedBy = this.undo.serial;
    this.undo.keepPage(page.prefix, encodePage(page, this.before));
    this.unwritten.changePage(page);
    return page;
  }

  grew(bytes: number): void {
    this.pages.grew(bytes);
  }

  create(above: Page, slot: number): Page {
    const page = this.pages.create(above, slot);
    page.changedBy = this.undo.serial;
    this.undo.keepPage(page.prefix, undefined);
    this.unwritten.changePage(page);
    return page;
  }

  remove(above: Page, slot: number): void {
    const page = this.change(above, slot);
    this.pages.remove(above, slot);
    this.unwritten.removePage(page);
  }
}
