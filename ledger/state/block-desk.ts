// The tree's pages while a block changes them: how each was before is kept for older heights, and each is to be written.

import { Arena } from '../../lib/arena.ts';
import { present } from '../../lib/assert.ts';
import type { BlockUndo, StateHistory } from './history.ts';
import { encodePage, type Page } from './page.ts';
import type { Pages } from './pages.ts';
import type { PageDesk } from './tree-update.ts';
import type { Unwritten } from './unwritten.ts';

export class BlockDesk implements PageDesk {
  readonly undo: BlockUndo;
  private readonly pages: Pages;
  private readonly history: StateHistory;
  private readonly unwritten: Unwritten;
  /** of the pages as they were; they go together when their height is no longer kept */
  private readonly arena = new Arena();

  constructor(pages: Pages, history: StateHistory, unwritten: Unwritten, undo: BlockUndo) {
    this.pages = pages;
    this.history = history;
    this.unwritten = unwritten;
    this.undo = undo;
  }

  change(prefix: string): Page {
    const page = present(this.pages.get(prefix), 'a page that changes has been loaded');
    if (page.changedBy === this.undo.serial) return page;
    page.changedBy = this.undo.serial;
    this.history.keepPage(this.undo, prefix, encodePage(page, this.arena));
    this.unwritten.changePage(page);
    return page;
  }

  create(prefix: string): Page {
    const page = this.pages.create(prefix);
    page.changedBy = this.undo.serial;
    this.history.keepPage(this.undo, prefix, undefined);
    this.unwritten.changePage(page);
    return page;
  }

  remove({ prefix }: Page): void {
    this.pages.remove(prefix);
    this.unwritten.removePage(prefix);
  }
}
