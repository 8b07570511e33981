// What blocks have changed and the store does not hold yet. A value that many blocks change is written once, a page is
// encoded once, and all of it in one batch, so the store goes from the state after one block to the state after a later
// one. Until then it stays in memory; a crash loses it, and consensus executes those blocks again from its journal.

import { Arena } from '../../lib/arena.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { StoreWrite } from '../../storage/index.ts';
import { keptRoots, maxUnwrittenBytes, workUs } from '../limits.ts';
import { inSlices } from '../slices.ts';
import type { Account } from './account.ts';
import { encodeHead, encodeRoots, type StateHead } from './head.ts';
import { type HeldValue, heldBytes } from './held-value.ts';
import type { Layout, RecordName } from './layout.ts';
import { encodePage, type Page, pageBytes } from './page.ts';

/** A row that is written once and belongs to one block: receipts and where they are. */
export interface StateRecord extends RecordName {
  readonly value: Bytes;
}

/** A row and its share of the containers. */
const rowBytes = 300;

export interface NewValue {
  /** undefined: remove */
  readonly value: Bytes | undefined;
  /** what the value says, where it is an account; nobody changes it any more */
  readonly account?: Account | undefined;
}

export class Unwritten {
  private readonly values: HeldValue[] = [];
  /** changed ones, and those that were removed: what happened last to a prefix stands last */
  private readonly pages: Page[] = [];
  private readonly removed = new Set<Page>();
  private readonly records: StateRecord[] = [];
  /** those that were there when somebody asked */
  private readonly recordOf = new Map<string, StateRecord>();
  private indexed = 0;
  private readonly heads: StateHead[] = [];
  private bytes = 0;

  get isFull(): boolean {
    return this.bytes >= maxUnwrittenBytes;
  }

  get isEmpty(): boolean {
    return this.values.length === 0 && this.heads.length === 0;
  }

  /** @returns by how many bytes it has grown */
  changeValue(held: HeldValue, { value: bytes, account }: NewValue): number {
    const growth = (bytes?.length ?? 0) - (held.bytes?.length ?? 0);
    held.bytes = bytes;
    held.account = account;
    if (held.isUnwritten) {
      this.bytes += growth;
    } else {
      held.isUnwritten = true;
      this.values.push(held);
      this.bytes += heldBytes(held);
    }
    return growth;
  }

  changePage(page: Page): void {
    if (page.isUnwritten) return;
    page.isUnwritten = true;
    this.pages.push(page);
    this.bytes += pageBytes(page);
  }

  /** @param page one that has changed, since a page goes when its last leaves do */
  removePage(page: Page): void {
    this.removed.add(page);
  }

  addRecord(record: StateRecord): void {
    this.records.push(record);
    this.bytes += rowBytes + record.value.length;
  }

  addHead(head: StateHead): void {
    this.heads.push(head);
    this.bytes += rowBytes;
  }

  /** @returns undefined when the store is to be asked */
  record(id: string): Bytes | undefined {
    for (; this.indexed < this.records.length; this.indexed++) {
      const record = this.records[this.indexed] as StateRecord;
      this.recordOf.set(record.id, record);
    }
    return this.recordOf.get(id)?.value;
  }

  /** What the store has to take, in one batch; from here on it counts as written. No block may change anything meanwhile. */
  *writes(layout: Layout, writes: StoreWrite[]): Generator<void> {
    const arena = new Arena();
    yield* inSlices(this.values, (held) => {
      held.isUnwritten = false;
      writes.push({ key: layout.value(held.key), value: held.bytes ?? null } as StoreWrite);
      return workUs.change;
    });
    yield* inSlices(this.pages, (page) => {
      page.isUnwritten = false;
      writes.push({
        key: layout.page(page.prefix),
        value: this.removed.has(page) ? null : encodePage(page, arena),
      } as StoreWrite);
      return workUs.encodePage;
    });
    yield* inSlices(this.records, ({ key, value }) => {
      writes.push({ key, value });
      return workUs.change;
    });
    for (const head of this.heads) {
      writes.push({ key: layout.roots(head.height), value: encodeRoots(head) });
      if (head.height > keptRoots) writes.push({ key: layout.roots(head.height - keptRoots), value: null });
    }
    const newest = this.heads.at(-1);
    if (newest !== undefined) writes.push({ key: layout.meta(), value: encodeHead(newest) });
  }
}
