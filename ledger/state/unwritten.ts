// What blocks have changed and the store does not hold yet. A value that many blocks change is written once, a page is
// encoded once, and all of it in one batch, so the store goes from the state after one block to the state after a later
// one. Until then it stays in memory; a crash loses it, and consensus executes those blocks again from its journal.

import { Arena } from '../../lib/arena.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { StoreWrite } from '../../storage/index.ts';
import { keptRoots, maxUnwrittenBytes, workUs } from '../limits.ts';
import { inSlices } from '../slices.ts';
import { encodeHead, encodeRoots, type StateHead } from './head.ts';
import type { Layout, RecordName } from './layout.ts';
import { encodePage, type Page, pageMemoryBytes } from './page.ts';

/** A value in memory. */
export interface HeldValue {
  readonly key: Bytes;
  /** undefined: there is none */
  bytes: Bytes | undefined;
  /** whether it has changed since it was given to the store */
  isUnwritten: boolean;
}

/** A row that is written once and belongs to one block: receipts and where they are. */
export interface StateRecord extends RecordName {
  readonly value: Bytes;
}

/** An entry, its key and its share of the containers. */
const entryBytes = 300;
export const heldBytes = ({ bytes }: HeldValue): number => entryBytes + (bytes?.length ?? 0);

export class Unwritten {
  private readonly values: HeldValue[] = [];
  /** null: removed */
  private readonly pages = new Map<string, Page | null>();
  private readonly records = new Map<string, StateRecord>();
  private readonly heads: StateHead[] = [];
  private bytes = 0;

  get isFull(): boolean {
    return this.bytes >= maxUnwrittenBytes;
  }

  get isEmpty(): boolean {
    return this.values.length === 0 && this.heads.length === 0;
  }

  /** @returns by how many bytes it has grown */
  changeValue(held: HeldValue, bytes: Bytes | undefined): number {
    const growth = (bytes?.length ?? 0) - (held.bytes?.length ?? 0);
    held.bytes = bytes;
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
    this.pages.set(page.prefix, page);
    this.bytes += pageMemoryBytes;
  }

  removePage(prefix: string): void {
    this.pages.set(prefix, null);
  }

  addRecord(record: StateRecord): void {
    this.records.set(record.id, record);
    this.bytes += entryBytes + record.value.length;
  }

  addHead(head: StateHead): void {
    this.heads.push(head);
    this.bytes += entryBytes;
  }

  /** @returns undefined when the store is to be asked */
  record(id: string): Bytes | undefined {
    return this.records.get(id)?.value;
  }

  /** What the store has to take, in one batch; from here on it counts as written. No block may change anything meanwhile. */
  *writes(layout: Layout, writes: StoreWrite[]): Generator<void> {
    const arena = new Arena();
    yield* inSlices(this.values, (held) => {
      held.isUnwritten = false;
      writes.push({ key: layout.value(held.key), value: held.bytes ?? null } as StoreWrite);
      return workUs.change;
    });
    yield* inSlices([...this.pages], ([prefix, page]) => {
      const value = page === null ? null : encodePage(page, arena);
      if (page !== null) page.isUnwritten = false;
      writes.push({ key: layout.page(prefix), value } as StoreWrite);
      return workUs.encodePage;
    });
    yield* inSlices([...this.records.values()], ({ key, value }) => {
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
