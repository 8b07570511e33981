// The authenticated state of one chain: values by name and a sparse Merkle tree over them. A block loads what it needs,
// executes on it without waiting and commits in memory; the store gets the changes of many blocks in one batch, and
// always holds the state as it was after one of them.

import type { HeightRoots } from '../../consensus/application.ts';
import { assert, present } from '../../lib/assert.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, hashFromBytes } from '../../lib/hash.ts';
import type { DiskFault, Store, StoreWrite } from '../../storage/index.ts';
import { keptHeights, keptRoots, maxPageCacheBytes, maxUndoBytes, maxValueCacheBytes, workUs } from '../limits.ts';
import { type Defer, inSlices, runSliced } from '../slices.ts';
import { type Account, accountOf, readAccount } from './account.ts';
import { BlockDesk } from './block-desk.ts';
import { GenerationCache } from './generations.ts';
import { decodeHead, decodeRoots, emptyHead, type StateHead } from './head.ts';
import { type HeldValue, heldBytes, type StateName } from './held-value.ts';
import { StateHistory } from './history.ts';
import { Layout, type RecordName } from './layout.ts';
import { decodePage, emptyPage, inFull, nodeHash, type Page } from './page.ts';
import { checkedPage, misfit, Pages } from './pages.ts';
import { sortedUpdates } from './sorted-updates.ts';
import { corrupt, notKept, type StateAnswer, type StateFault, storeFault } from './state-fault.ts';
import { pathOf } from './tree-hash.ts';
import { type TreeUpdate, updatePage } from './tree-update.ts';
import { type NewValue, type StateRecord, Unwritten } from './unwritten.ts';

export interface StateOptions {
  readonly store: Store;
  /** keeps the chains of one store apart */
  readonly prefix: Bytes;
  readonly defer: Defer;
  readonly pageCacheBytes?: number;
  readonly valueCacheBytes?: number;
  readonly undoBytes?: number;
}

/** @param held as `load` has brought it; each once in a block */
export interface StateChange extends NewValue {
  readonly held: HeldValue;
}

export interface BlockCommit {
  readonly height: number;
  readonly timeMs: number;
  readonly outboxRoot: Hash;
  readonly changes: readonly StateChange[];
  /** receipts and the like, written in the same batch */
  readonly records: readonly StateRecord[];
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
  private unwritten = new Unwritten();
  /** what the store is taking just now */
  private writing: Unwritten | undefined;
  private readonly whenWritten: (() => void)[] = [];
  /** a write failed: memory is ahead of what the store will ever hold, and nothing is answered any more */
  private broken: StateFault | undefined;
  private readonly pages: Pages;
  private readonly values: GenerationCache<HeldValue>;
  private readonly history: StateHistory;
  private head: StateHead = emptyHead;

  constructor(options: StateOptions) {
    this.store = options.store;
    this.defer = options.defer;
    this.layout = new Layout(options.prefix);
    this.pages = new Pages(this.store, this.layout, options.pageCacheBytes ?? maxPageCacheBytes);
    this.values = new GenerationCache({
      maxBytes: options.valueCacheBytes ?? maxValueCacheBytes,
      sizeOf: heldBytes,
      onStay: keepAlone,
    });
    this.history = new StateHistory(keptHeights, options.undoBytes ?? maxUndoBytes);
  }

  /** Reads the head; a new store is the empty state at height 0. */
  open(done: StateAnswer<StateHead>): void {
    this.reset(emptyPage(''), emptyHead);
    this.store.getMany([this.layout.meta(), this.layout.page('')], (fault, found) => {
      if (fault !== undefined) return done(storeFault(fault), this.head);
      const [meta, rootBytes] = found;
      if (meta === undefined && rootBytes !== undefined) return this.reopenEmpty(done); // a restore that did not finish
      const head = meta === undefined ? emptyHead : decodeHead(meta);
      const root = rootBytes === undefined ? emptyPage('') : decodePage('', rootBytes);
      if (head === undefined || root === undefined || hashFromBytes(nodeHash(root, 1)) !== head.stateRoot) {
        return done(corrupt('the root page does not have the recorded root'), this.head);
      }
      this.reset(root, head);
      done(undefined, head);
    });
  }

  private reopenEmpty(done: StateAnswer<StateHead>): void {
    this.clear((fault) => (fault === undefined ? this.open(done) : done(fault, this.head)));
  }

  private reset(root: Page, head: StateHead): void {
    this.unwritten = new Unwritten();
    this.broken = undefined;
    this.pages.reset(root);
    this.values.clear();
    this.history.forgetAll();
    this.head = head;
  }

  /** Forgets everything, on disk too. */
  clear(done: StateAnswer<void>): void {
    this.reset(emptyPage(''), emptyHead);
    this.store.clear(this.layout.all(), (fault) => done(fault && storeFault(fault), undefined));
  }

  get current(): StateHead {
    return this.head;
  }

  /** Whether a crash now would cost blocks another execution. */
  get hasUnwritten(): boolean {
    return !this.unwritten.isEmpty;
  }

  /** Brings values into memory for the next block, in the order of the names; the same name gives the same object. */
  load(names: readonly StateName[], done: StateAnswer<readonly HeldValue[]>): void {
    const held = names.map(({ path }) => this.values.get(path));
    const missing = new Map<Hash, StateName>();
    for (let i = 0; i < held.length; i++) {
      const name = names[i] as StateName;
      if (held[i] === undefined) missing.set(name.path, name);
    }
    if (missing.size === 0) return done(undefined, held as HeldValue[]);
    const wanted = [...missing.values()];
    this.store.getMany(
      wanted.map((name) => this.layout.value(name.key)),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault), []);
        for (const [i, { key, path }] of wanted.entries()) {
          this.values.set(path, {
            key,
            path,
            bytes: found[i],
            account: undefined,
            isUnwritten: false,
            draft: undefined,
          });
        }
        done(
          undefined,
          held.map((known, i) => known ?? present(this.values.get((names[i] as StateName).path), 'it was just set')),
        );
      },
    );
  }

  /** The newest accounts, for admission: they stay out of memory, so that no late answer replaces a newer value. */
  readAccounts(names: readonly StateName[], done: StateAnswer<readonly (Account | undefined)[]>): void {
    const missing = names.filter((name) => this.values.get(name.path) === undefined);
    const answer = (fetched: ReadonlyMap<Hash, Bytes | undefined>): void =>
      done(
        undefined,
        names.map(({ path }) => {
          const known = this.values.get(path);
          return known === undefined ? readAccount(fetched.get(path)) : accountOf(known);
        }),
      );
    if (missing.length === 0) return answer(new Map());
    this.store.getMany(
      missing.map((name) => this.layout.value(name.key)),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault), []);
        answer(new Map(missing.map(({ path }, i) => [path, found[i]])));
      },
    );
  }

  /** Receipts and the like, in the order of the names. */
  readRecords(names: readonly RecordName[], done: StateAnswer<readonly (Bytes | undefined)[]>): void {
    const held = names.map(({ id }) => this.unwritten.record(id) ?? this.writing?.record(id));
    const missing = names.filter((_, i) => held[i] === undefined);
    if (missing.length === 0) return done(undefined, held);
    this.store.getMany(
      missing.map(({ key }) => key),
      (fault, found) => {
        if (fault !== undefined) return done(storeFault(fault), []);
        let next = 0;
        done(
          undefined,
          held.map((record) => record ?? found[next++]),
        );
      },
    );
  }

  /** Takes a block's changes, its records and the new head; the store gets them with those of other blocks. */
  commit(block: BlockCommit, done: StateAnswer<StateHead>): void {
    assert(block.height > this.head.height, 'blocks are committed in order');
    if (this.broken !== undefined) return done(this.broken, this.head);
    const updates: TreeUpdate[] = [];
    runSliced(this.defer, sortedUpdates(block.changes, updates), () =>
      this.pages.load(updates, (fault) => {
        if (fault !== undefined) return done(fault, this.head);
        const undo = this.history.begin(block.height, this.head.stateRoot);
        const desk = new BlockDesk(this.pages, this.unwritten, undo);
        runSliced(this.defer, this.change(block.changes, updates, desk), () => {
          this.history.end(undo);
          this.finish(block, done);
        });
      }),
    );
  }

  private *change(changes: readonly StateChange[], updates: readonly TreeUpdate[], desk: BlockDesk): Generator<void> {
    yield* updatePage(desk, desk.changeRoot(), updates);
    yield* inSlices(changes, (change) => {
      desk.undo.keepValue(change.held.path, change.held.bytes);
      this.values.grew(this.unwritten.changeValue(change.held, change));
      return workUs.change;
    });
  }

  private finish(block: BlockCommit, done: StateAnswer<StateHead>): void {
    const head: StateHead = {
      height: block.height,
      stateRoot: hashFromBytes(nodeHash(this.pages.root, 1)),
      outboxRoot: block.outboxRoot,
      timeMs: block.timeMs,
    };
    for (const record of block.records) this.unwritten.addRecord(record);
    if (block.partial !== true) this.unwritten.addHead(head);
    this.head = block.partial === true ? { ...this.head, stateRoot: head.stateRoot } : head;
    const isFull = this.unwritten.isFull || this.pages.isFull || this.values.isFull;
    if (isFull) this.handOver(false, (fault) => done(fault, head));
    else done(undefined, head);
  }

  /**
   * Gives the store what it does not hold yet, behind what it is still taking. No block may be committed until this is
   * answered; then the next ones can, while the store writes.
   */
  handOver(sync: boolean, done: StateAnswer<void>): void {
    if (this.broken !== undefined) return done(this.broken, undefined);
    if (this.writing !== undefined) {
      this.whenWritten.push(() => this.handOver(sync, done));
      return;
    }
    const writes: StoreWrite[] = [];
    runSliced(this.defer, this.unwritten.writes(this.layout, writes), () => {
      this.writing = this.unwritten;
      this.unwritten = new Unwritten();
      this.store.batch(writes, { sync }, (fault) => this.written(fault));
      done(undefined, undefined);
    });
  }

  /** Answered when the store holds all that it was given. */
  whenHeld(done: StateAnswer<void>): void {
    if (this.writing === undefined) done(this.broken, undefined);
    else this.whenWritten.push(() => done(this.broken, undefined));
  }

  write(sync: boolean, done: StateAnswer<void>): void {
    this.handOver(sync, () => this.whenHeld(done));
  }

  /**
   * The caches forget here and nowhere else, one generation at a time: what goes was not touched since the write before, so
   * this write, or an earlier one, had it.
   */
  private written(fault: DiskFault | undefined): void {
    this.writing = undefined;
    if (fault === undefined) {
      this.pages.sweep();
      this.values.trim();
    } else {
      this.broken = storeFault(fault);
    }
    for (const run of this.whenWritten.splice(0)) run();
  }

  /** Roots after the newest heights that the store holds, ascending; each was written in one batch with its state. */
  recentRoots(done: StateAnswer<readonly HeightRoots[]>): void {
    const from = this.layout.roots(Math.max(0, this.head.height - keptRoots + 1));
    const to = this.layout.roots(this.head.height + 1);
    this.store.range({ from, to, limit: keptRoots }, (fault, found) => {
      if (fault !== undefined) return done(storeFault(fault), []);
      const roots = found.map(([, bytes]) => decodeRoots(bytes));
      if (roots.includes(undefined)) return done(corrupt('a record of roots cannot be read'), []);
      done(undefined, roots as readonly HeightRoots[]);
    });
  }

  /** @returns the root of the state at a kept height */
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
      if (fault !== undefined) return done(storeFault(fault), undefined);
      if (!this.keeps(height)) return done(notKept(height), undefined);
      const past = this.history.valueAt(name.path, height); // a block may have replaced it while we read
      done(undefined, past === undefined ? bytes : past.bytes);
    });
  }

  /**
   * A page at a kept height, checked against the hash that the page above has of it. It may be the live one: what is taken
   * from it is taken at once, and copied.
   */
  readPage(prefix: string, height: number, hash: Bytes | undefined, done: StateAnswer<Page | undefined>): void {
    if (!this.keeps(height)) return done(notKept(height), undefined);
    const answer = (bytes: Bytes | undefined): void => {
      const page = checkedPage(prefix, bytes, hash);
      done(page === undefined ? misfit(prefix) : undefined, page);
    };
    const past = this.history.pageAt(prefix, height);
    if (past !== undefined) return answer(past.bytes);
    const live = this.pages.get(prefix);
    if (live !== undefined) return done(undefined, inFull(live));
    this.store.get(this.layout.page(prefix), (fault, bytes) => {
      if (fault !== undefined) return done(storeFault(fault), undefined);
      if (!this.keeps(height)) return done(notKept(height), undefined);
      const replaced = this.history.pageAt(prefix, height);
      answer(replaced === undefined ? bytes : replaced.bytes);
    });
  }
}

/** A block's values share its memory: one that stays when others are forgotten must not hold on to theirs. */
function keepAlone(held: HeldValue): void {
  if (held.bytes !== undefined) held.bytes = new Uint8Array(held.bytes);
}
