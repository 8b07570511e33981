// The authenticated state of one chain: values by name, a sparse Merkle tree over them, both in the store, with the
// recently used part in memory. A block loads what it needs, executes on it without waiting, then commits in one batch.

import type { HeightRoots } from '../../consensus/application.ts';
import { assert, present } from '../../lib/assert.ts';
import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import { type Hash, hashFromBytes } from '../../lib/hash.ts';
import type { Store, StoreWrite } from '../../storage/index.ts';
import {
  keptHeights,
  keptRoots,
  maxPageCacheBytes,
  maxUndoBytes,
  maxValueCacheBytes,
  namesPerRead,
  workUs,
} from '../limits.ts';
import { type Defer, inParts, inSlices, runSliced } from '../slices.ts';
import { BlockDesk } from './block-desk.ts';
import { GenerationCache } from './generations.ts';
import { decodeHead, decodeRoots, emptyHead, encodeHead, encodeRoots, type StateHead } from './head.ts';
import { StateHistory } from './history.ts';
import { Layout } from './layout.ts';
import {
  decodePage,
  digitOf,
  emptyPage,
  encodePage,
  nodeHash,
  nodeKinds,
  type Page,
  pageMemoryBytes,
  slotCount,
  slotKind,
  slotOf,
} from './page.ts';
import { sortedUpdates } from './sorted-updates.ts';
import { pathOf } from './tree-hash.ts';
import { type TreeUpdate, updatePage } from './tree-update.ts';

export interface StateOptions {
  readonly store: Store;
  /** keeps the chains of one store apart */
  readonly prefix: Bytes;
  readonly defer: Defer;
  readonly pageCacheBytes?: number;
  readonly valueCacheBytes?: number;
  readonly undoBytes?: number;
}

/** A name in the state and its place in the tree. */
export interface StateName {
  readonly key: Bytes;
  readonly path: Hash;
}

export interface StateChange extends StateName {
  /** undefined: remove */
  readonly value: Bytes | undefined;
}

export type StateFault = { readonly code: 'store' | 'corrupt' | 'height-not-kept'; readonly message: string };
export type StateAnswer<T> = (fault: StateFault | undefined, value: T) => void;

export interface BlockCommit {
  readonly height: number;
  readonly timeMs: number;
  readonly outboxRoot: Hash;
  readonly changes: readonly StateChange[];
  /** receipts and the like, written in the same batch */
  readonly writes: readonly StoreWrite[];
  readonly sync: boolean;
  /** a part of a restore: the head is written with the last part only */
  readonly partial?: boolean;
}

export function nameOf(key: Bytes): StateName {
  return { key, path: pathOf(key) };
}

export class AuthenticatedState {
  readonly layout: Layout;
  private readonly store: Store;
  private readonly defer: Defer;
  private readonly pages: GenerationCache<Page>;
  private readonly values: GenerationCache<{ readonly bytes: Bytes | undefined }>;
  private readonly history: StateHistory;
  private root: Page = emptyPage('');
  private head: StateHead = emptyHead;

  constructor(options: StateOptions) {
    this.store = options.store;
    this.defer = options.defer;
    this.layout = new Layout(options.prefix);
    this.pages = new GenerationCache(options.pageCacheBytes ?? maxPageCacheBytes, () => pageMemoryBytes);
    this.values = new GenerationCache(options.valueCacheBytes ?? maxValueCacheBytes, valueMemoryBytes);
    this.history = new StateHistory(keptHeights, options.undoBytes ?? maxUndoBytes);
  }

  /** Reads the head; a new store is the empty state at height 0. */
  open(done: StateAnswer<StateHead>): void {
    this.pages.clear();
    this.values.clear();
    this.history.forgetAll();
    this.store.getMany([this.layout.meta(), this.layout.page('')], (fault, found) => {
      if (fault !== undefined) return done(storeFault(fault.message), this.head);
      const [meta, rootBytes] = found;
      if (meta === undefined && rootBytes !== undefined) return this.reopenEmpty(done); // a restore that did not finish
      const head = meta === undefined ? emptyHead : decodeHead(meta);
      const root = rootBytes === undefined ? emptyPage('') : decodePage('', rootBytes);
      if (head === undefined || root === undefined || hashFromBytes(nodeHash(root, 1)) !== head.stateRoot) {
        return done(corrupt('the root page does not have the recorded root'), this.head);
      }
      this.head = head;
      this.root = root;
      done(undefined, head);
    });
  }

  private reopenEmpty(done: StateAnswer<StateHead>): void {
    this.clear((fault) => (fault === undefined ? this.open(done) : done(fault, this.head)));
  }

  /** Forgets everything, on disk too. */
  clear(done: StateAnswer<void>): void {
    this.pages.clear();
    this.values.clear();
    this.history.forgetAll();
    this.root = emptyPage('');
    this.head = emptyHead;
    this.store.clear(this.layout.all(), (fault) =>
      done(fault === undefined ? undefined : storeFault(fault.message), undefined),
    );
  }

  get current(): StateHead {
    return this.head;
  }

  /** Brings values into memory, where `peek` finds them until the block is committed. */
  load(names: readonly StateName[], done: StateAnswer<void>): void {
    const missing = names.filter((name) => this.values.get(name.path) === undefined);
    if (missing.length === 0) return done(undefined, undefined);
    this.store.getMany(
      missing.map((name) => this.layout.value(name.key)),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault.message), undefined);
        missing.forEach((name, i) => {
          this.values.set(name.path, { bytes: found[i] });
        });
        done(undefined, undefined);
      },
    );
  }

  /** @returns the value that `load` brought, undefined where there is none */
  peek(path: Hash): Bytes | undefined {
    return present(this.values.get(path), 'a block reads only what it has loaded').bytes;
  }

  /** The newest values, for admission: they stay out of memory, so that no late answer replaces a newer value. */
  readMany(names: readonly StateName[], done: StateAnswer<readonly (Bytes | undefined)[]>): void {
    const missing = names.filter((name) => this.values.get(name.path) === undefined);
    const answer = (fetched: ReadonlyMap<Hash, Bytes | undefined>): void =>
      done(
        undefined,
        names.map(({ path }) => {
          const known = this.values.get(path);
          return known === undefined ? fetched.get(path) : known.bytes;
        }),
      );
    if (missing.length === 0) return answer(new Map());
    this.store.getMany(
      missing.map((name) => this.layout.value(name.key)),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault.message), []);
        answer(new Map(missing.map(({ path }, i) => [path, found[i]])));
      },
    );
  }

  /** Writes a block's changes, its other records and the new head in one batch. */
  commit(block: BlockCommit, done: StateAnswer<StateHead>): void {
    assert(block.height > this.head.height, 'blocks are committed in order');
    const updates: TreeUpdate[] = [];
    runSliced(this.defer, sortedUpdates(block.changes, updates), () =>
      this.loadPages(updates, (fault) => {
        if (fault !== undefined) return done(fault, this.head);
        const desk = new BlockDesk(this.pages, this.history, this.history.begin(block.height, this.head.stateRoot));
        desk.keep(this.root);
        const writes: StoreWrite[] = [...block.writes];
        runSliced(this.defer, this.change(block.changes, updates, desk, writes), () =>
          this.write(block, desk, writes, done),
        );
      }),
    );
  }

  /** Changes tree and values in memory, and notes what is to be stored. */
  private *change(
    changes: readonly StateChange[],
    updates: readonly TreeUpdate[],
    desk: BlockDesk,
    writes: StoreWrite[],
  ): Generator<void> {
    yield* updatePage(desk, this.root, updates);
    yield* inSlices(changes, (change) => {
      this.history.keepValue(desk.undo, change.path, this.peek(change.path));
      this.values.set(change.path, { bytes: change.value });
      writes.push({ key: this.layout.value(change.key), value: change.value ?? null } as StoreWrite);
      return workUs.change;
    });
    for (const prefix of desk.removed) writes.push({ key: this.layout.page(prefix), value: null });
    yield* inSlices([...desk.changed.values()], (page) => {
      page.stored = encodePage(page);
      writes.push({ key: this.layout.page(page.prefix), value: page.stored });
      return workUs.encodePage;
    });
  }

  private write(block: BlockCommit, desk: BlockDesk, writes: StoreWrite[], done: StateAnswer<StateHead>): void {
    const head: StateHead = {
      height: block.height,
      stateRoot: hashFromBytes(nodeHash(this.root, 1)),
      outboxRoot: block.outboxRoot,
      timeMs: block.timeMs,
    };
    if (block.partial !== true) writes.push(...this.headWrites(head));
    this.history.end(desk.undo);
    this.store.batch(writes, { sync: block.sync }, (fault) => {
      if (fault !== undefined) return done(storeFault(fault.message), this.head);
      this.head = block.partial === true ? { ...this.head, stateRoot: head.stateRoot } : head;
      this.pages.trim();
      this.values.trim();
      done(undefined, head);
    });
  }

  private headWrites(head: StateHead): readonly StoreWrite[] {
    const writes: StoreWrite[] = [
      { key: this.layout.meta(), value: encodeHead(head) },
      { key: this.layout.roots(head.height), value: encodeRoots(head) },
    ];
    if (head.height > keptRoots) writes.push({ key: this.layout.roots(head.height - keptRoots), value: null });
    return writes;
  }

  /** Roots after the newest heights, ascending; each was written in the batch of its block. */
  recentRoots(done: StateAnswer<readonly HeightRoots[]>): void {
    const from = this.layout.roots(Math.max(0, this.head.height - keptRoots + 1));
    const to = this.layout.roots(this.head.height + 1);
    this.store.range({ from, to, limit: keptRoots }, (fault, found) => {
      if (fault !== undefined) return done(storeFault(fault.message), []);
      const roots = found.map(([, bytes]) => decodeRoots(bytes));
      if (roots.includes(undefined)) return done(corrupt('a record of roots cannot be read'), []);
      done(undefined, roots as readonly HeightRoots[]);
    });
  }

  /** Loads every page that the updates touch, part by part. */
  private loadPages(updates: readonly TreeUpdate[], done: StateAnswer<void>): void {
    const loadPart = (part: readonly TreeUpdate[], next: (stop: boolean) => void): void =>
      this.loadLevels(part, (fault) => {
        if (fault !== undefined) done(fault, undefined);
        next(fault !== undefined);
      });
    inParts(updates, namesPerRead, loadPart, () => done(undefined, undefined));
  }

  /** Level by level, each level in one read. */
  private loadLevels(updates: readonly TreeUpdate[], done: StateAnswer<void>): void {
    const missing: { readonly prefix: string; readonly hash: Bytes }[] = [];
    this.gatherMissing(this.root, updates, 0, updates.length, missing);
    if (missing.length === 0) return done(undefined, undefined);
    this.store.getMany(
      missing.map(({ prefix }) => this.layout.page(prefix)),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault.message), undefined);
        for (const [i, { prefix, hash }] of missing.entries()) {
          const page = checkedPage(prefix, found[i], hash);
          if (page === undefined) return done(corrupt(`page ${prefix} does not fit the page above it`), undefined);
          this.pages.set(prefix, page);
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
    missing: { readonly prefix: string; readonly hash: Bytes }[],
  ): void {
    const depth = page.prefix.length;
    for (let low = from; low < to; ) {
      const slot = slotOf((updates[low] as TreeUpdate).path, depth);
      let high = low + 1;
      while (high < to && slotOf((updates[high] as TreeUpdate).path, depth) === slot) high++;
      if (slotKind(page, slot) === nodeKinds.inner) {
        const prefix = page.prefix + digitOf(slot);
        const below = this.pages.get(prefix);
        if (below === undefined) missing.push({ prefix, hash: nodeHash(page, slotCount + slot) });
        else this.gatherMissing(below, updates, low, high, missing);
      }
      low = high;
    }
  }

  /** @returns by callback the root of the state at a kept height */
  rootAt(height: number): Hash | undefined {
    return height === this.head.height ? this.head.stateRoot : this.history.rootAt(height);
  }

  keeps(height: number): boolean {
    return this.history.keeps(height, this.head.height);
  }

  /** The value at a kept height. */
  read(name: StateName, height: number, done: StateAnswer<Bytes | undefined>): void {
    if (!this.keeps(height)) return done(notKept(height), undefined);
    const known = this.history.valueAt(name.path, height) ?? this.values.get(name.path);
    if (known !== undefined) return done(undefined, known.bytes);
    this.store.get(this.layout.value(name.key), (fault, bytes) => {
      if (fault !== undefined) return done(storeFault(fault.message), undefined);
      if (!this.keeps(height)) return done(notKept(height), undefined);
      const past = this.history.valueAt(name.path, height); // a block may have replaced it while we read
      done(undefined, past === undefined ? bytes : past.bytes);
    });
  }

  /** A page at a kept height, checked against the hash that the page above names. */
  readPage(prefix: string, height: number, hash: Bytes | undefined, done: StateAnswer<Page | undefined>): void {
    if (!this.keeps(height)) return done(notKept(height), undefined);
    const answer = (bytes: Bytes | undefined): void => {
      if (bytes === undefined && prefix === '') return done(undefined, emptyPage(''));
      const page = checkedPage(prefix, bytes, hash);
      if (page === undefined) return done(corrupt(`page ${prefix} does not fit the page above it`), undefined);
      done(undefined, page);
    };
    const past = this.history.pageAt(prefix, height);
    if (past !== undefined) return answer(past.bytes);
    const live = prefix === '' ? this.root : this.pages.get(prefix);
    if (live !== undefined) return answer(live.stored);
    this.store.get(this.layout.page(prefix), (fault, bytes) => {
      if (fault !== undefined) return done(storeFault(fault.message), undefined);
      if (!this.keeps(height)) return done(notKept(height), undefined);
      const replaced = this.history.pageAt(prefix, height);
      answer(replaced === undefined ? bytes : replaced.bytes);
    });
  }
}

function checkedPage(prefix: string, bytes: Bytes | undefined, hash: Bytes | undefined): Page | undefined {
  const page = bytes === undefined ? undefined : decodePage(prefix, bytes);
  if (page === undefined || hash === undefined) return page;
  return equalBytes(nodeHash(page, 1), hash) ? page : undefined;
}

const valueMemoryBytes = (value: { readonly bytes: Bytes | undefined }): number => 250 + (value.bytes?.length ?? 0);
const storeFault = (message: string): StateFault => ({ code: 'store', message });
const corrupt = (message: string): StateFault => ({ code: 'corrupt', message });
const notKept = (height: number): StateFault => ({
  code: 'height-not-kept',
  message: `the state of height ${height} is not kept`,
});
