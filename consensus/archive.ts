// The block archive of one chain (§3): batches stay in the journal where they were written once, and the store says where;
// headers of committed blocks are kept in the store by height. Serves peers that lag and readers of old blocks. Where the
// journal retains a bound only, blocks whose batches are gone leave too (§9).

import type { Position, Ticket } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import { type Bytes, bigEndian, concatBytes } from '../lib/bytes.ts';
import { type Hash, hashFromBytes, hashToBytes } from '../lib/hash.ts';
import { misfit } from '../lib/shape.ts';
import { type JournalView, placeOf, type Store, type StoreWrite } from '../storage/index.ts';
import type { Batch, SignedHeader } from './core/index.ts';
import { blocksPerClearing, maxMarks } from './limits.ts';
import { decodeRecord, decodeSignedHeader, encodeSignedHeader } from './wire.ts';

export interface ArchivedBlock {
  readonly height: number;
  readonly signed: SignedHeader;
  /** entries that the block orders */
  readonly entries: number;
  readonly batches: readonly {
    readonly lane: number;
    readonly seq: number;
    readonly digest: Hash;
    readonly count: number;
  }[];
}

/** Where a batch stands: in the journal, and in the block that ordered it. */
interface Place {
  readonly position: Position;
  readonly height: number;
  readonly size: number;
}

const blockKey = (height: number): Bytes => concatBytes([Uint8Array.of(1), bigEndian(height, 8)]);
const idKey = (id: Hash): Bytes => concatBytes([Uint8Array.of(2), hashToBytes(id)]);
const batchKey = (digest: Hash): Bytes => concatBytes([Uint8Array.of(3), hashToBytes(digest)]);
const markKey = (height: number): Bytes => concatBytes([Uint8Array.of(4), bigEndian(height, 8)]);
const oldestKey = Uint8Array.of(5);

/** Batches of blocks above `height` stand in the journal at `position` or later. */
export interface Mark {
  readonly height: number;
  readonly position: Position;
}

export class Archive {
  private readonly store: Store;
  private readonly journal: JournalView;
  /** journalled batches of blocks that are not archived yet */
  private readonly fresh = new Map<Hash, { readonly position: Position } | Ticket>();
  /** the block that waits for the records of its batches; blocks are added one after the other */
  private waiting: { readonly position: number; readonly write: () => void } | undefined;
  lastHeight = 0;
  /** the lowest block that is held with all its batches */
  oldest = 1;
  /** ascending */
  private marks: Mark[] = [];
  private clearing = false;
  private onOldest: () => void = () => {};

  constructor(store: Store, journal: JournalView) {
    this.store = store;
    this.journal = journal;
    journal.onDurable((durable) => {
      const due = this.waiting;
      if (due === undefined || durable < due.position) return;
      this.waiting = undefined;
      due.write();
    });
  }

  /**
   * Reads how far down the archive reaches.
   * @param newest mark of the newest certified snapshot: a crash may have come between the two
   */
  open(newest: Mark | undefined, done: (fault: string | undefined) => void): void {
    this.journal.keepFrom(newest?.position ?? (0 as Position)); // said before anything can be pruned
    this.store.get(oldestKey, (fault, value) => {
      if (fault !== undefined) return done(fault.message);
      this.oldest = value === undefined ? 1 : readUint(value, 0, 8);
      this.store.range({ from: markKey(0), to: oldestKey, limit: maxMarks }, (fault, rows) => {
        if (fault !== undefined) return done(fault.message);
        this.marks = rows.map(([key, value]) => ({
          height: readUint(key, 1, 8),
          position: readUint(value, 0, 8) as Position,
        }));
        const last = this.marks.at(-1);
        if (last !== undefined) this.journal.keepFrom(last.position);
        this.journal.onPruned(() => this.dropPruned());
        const ready = (fault: string | undefined): void => {
          if (fault !== undefined) return done(fault);
          this.dropPruned();
          this.clearOld();
          done(undefined);
        };
        if (newest === undefined || newest.height <= (this.marks.at(-1)?.height ?? 0)) ready(undefined);
        else this.releaseBelow(newest, ready);
      });
    });
  }

  /** Where the journal must be kept for blocks that are not archived yet; true at the moment when the last one is. */
  mark(): Mark {
    return { height: this.lastHeight, position: this.oldestFresh(this.journal.appended) as Position };
  }

  /**
   * A snapshot stands at a mark and can take the place of what lies below it: from now on the journal may prune that. The mark
   * of a height moves on while the chain rests there.
   * @param done called when the mark is durable
   */
  releaseBelow({ height, position }: Mark, done: (fault: string | undefined) => void): void {
    this.store.batch([{ key: markKey(height), value: bigEndian(position, 8) }], { sync: true }, (fault) => {
      if (fault !== undefined) return done(fault.message);
      this.marks = [...this.marks.filter((mark) => mark.height < height), { height, position }];
      this.journal.keepFrom(position);
      done(undefined);
    });
  }

  /** A snapshot was adopted: blocks at or below it are not held without a gap, and are of no use to peers. */
  beginAbove(height: number, done: (fault: string | undefined) => void): void {
    this.oldest = height + 1;
    this.store.batch([{ key: oldestKey, value: bigEndian(this.oldest, 8) }], { sync: false }, (fault) =>
      done(fault?.message),
    );
  }

  /** Who hears that `oldest` has changed. */
  whenOldestChanges(listener: () => void): void {
    this.onOldest = listener;
  }

  /** Segments are gone: the lowest mark that stands above them says which blocks are whole. */
  private dropPruned(): void {
    const { oldest } = this.journal;
    const gone = this.marks.filter(({ position }) => position < oldest);
    this.marks = this.marks.filter(({ position }) => position >= oldest);
    const [lowest] = this.marks;
    // below the first mark blocks are whole only while the journal has its first segment
    const pruned = gone.length > 0 || placeOf(oldest).segment > 1;
    if (!pruned || lowest === undefined || lowest.height < this.oldest) return;
    this.oldest = lowest.height + 1;
    const writes: StoreWrite[] = gone.map(({ height }) => ({ key: markKey(height), value: null }));
    writes.push({ key: oldestKey, value: bigEndian(this.oldest, 8) });
    this.store.batch(writes, { sync: false }, () => this.clearOld());
    this.onOldest();
  }

  /** Rows of blocks below the oldest, a slice at a time; the next slice begins with what is there then. */
  private clearOld(): void {
    if (this.clearing) return;
    this.clearing = true;
    const range = { from: blockKey(0), to: blockKey(this.oldest), limit: blocksPerClearing };
    this.store.range(range, (fault, rows) => {
      this.clearing = false;
      if (fault !== undefined || rows.length === 0) return;
      const writes: StoreWrite[] = rows.flatMap(([key, value]) => {
        const block = decodeBlock(readUint(key, 1, 8), value);
        const batches = block?.batches.map(({ digest }) => batchKey(digest)) ?? [];
        const id = block === undefined ? [] : [idKey(block.signed.header.id)];
        return [key, ...id, ...batches].map((each) => ({ key: each, value: null }));
      });
      this.clearing = true;
      this.store.batch(writes, { sync: false }, (fault) => {
        this.clearing = false;
        if (fault === undefined) this.clearOld();
      });
    });
  }

  /** The record of a batch: its ticket when it was just persisted, or its position when it was replayed. */
  journalled(digest: Hash, place: { readonly position: Position } | Ticket): void {
    this.fresh.set(digest, place);
  }

  /** Batches that no block needs, or that are archived: they hold back no pruning. */
  forget(digests: readonly Hash[]): void {
    for (const digest of digests) this.fresh.delete(digest);
  }

  /** After recovery: only batches of blocks that are still to be executed matter. */
  keepFresh(needed: ReadonlySet<Hash>): void {
    for (const digest of this.fresh.keys()) if (!needed.has(digest)) this.fresh.delete(digest);
  }

  /**
   * Writes a committed block, before the application applies it: an unsynced batch of the store is undone newest first,
   * so whatever the application still holds after a crash, the archive holds too. And not before its batches are durable:
   * a record that a crash undoes would leave a row that points at what is written in its place.
   */
  add(signed: SignedHeader, batches: readonly Batch[], done: (fault: string | undefined) => void): void {
    const { height } = signed.header.order;
    const entries = batches.reduce((sum, batch) => sum + batch.count, 0);
    const writes: StoreWrite[] = [
      { key: blockKey(height), value: encodeBlock(signed, entries, batches) },
      { key: idKey(signed.header.id), value: bigEndian(height, 8) },
    ];
    let newest = 0;
    for (const batch of batches) {
      const place = this.fresh.get(batch.digest);
      if (place === undefined) continue;
      newest = Math.max(newest, place.position);
      const value = concatBytes([bigEndian(place.position, 8), bigEndian(height, 8), bigEndian(batch.size, 4)]);
      writes.push({ key: batchKey(batch.digest), value });
    }
    this.onceDurable(newest as Position, () => {
      this.store.batch(writes, { sync: false }, (fault) => {
        if (fault !== undefined) {
          done(fault.message);
          return;
        }
        for (const batch of batches) this.fresh.delete(batch.digest);
        this.lastHeight = Math.max(this.lastHeight, height);
        done(undefined);
      });
    });
  }

  private onceDurable(position: Position, write: () => void): void {
    if (position <= this.journal.durable) {
      write();
      return;
    }
    this.waiting = { position, write };
    this.journal.request(position);
  }

  /** Everything that was written before is durable when `done` is called. */
  sync(done: () => void): void {
    this.store.batch([], { sync: true }, (fault) => {
      if (fault === undefined) done();
    });
  }

  /** The lowest position of a batch that still waits to be executed, at most `position`. */
  oldestFresh(position: number): number {
    let oldest = position;
    for (const place of this.fresh.values()) oldest = Math.min(oldest, place.position);
    return oldest;
  }

  block(height: number, done: (block: ArchivedBlock | undefined) => void): void {
    this.store.get(blockKey(height), (fault, value) =>
      done(fault === undefined && value !== undefined ? decodeBlock(height, value) : undefined),
    );
  }

  heightOf(id: Hash, done: (height: number | undefined) => void): void {
    this.store.get(idKey(id), (fault, value) =>
      done(fault === undefined && value !== undefined ? readUint(value, 0, 8) : undefined),
    );
  }

  /** Committed headers downwards from `id` to `above` (exclusive), at most `count`. */
  headersDown(id: Hash, above: number, count: number, done: (headers: readonly SignedHeader[]) => void): void {
    this.heightOf(id, (height) => {
      if (height === undefined || height <= above) {
        done([]);
        return;
      }
      const from = blockKey(Math.max(above + 1, height - count + 1));
      this.store.range({ from, to: blockKey(height + 1), limit: count, reverse: true }, (fault, found) => {
        if (fault !== undefined) done([]);
        else done(found.flatMap(([key, value]) => decodeBlock(readUint(key, 1, 8), value)?.signed ?? []));
      });
    });
  }

  /** Height of the block that ordered a batch, or undefined while it is not archived. */
  locate(digest: Hash, done: (height: number | undefined) => void): void {
    this.placeOf(digest, (place) => done(place?.height));
  }

  batch(digest: Hash, done: (batch: Batch | undefined) => void): void {
    const fresh = this.fresh.get(digest);
    if (fresh !== undefined) this.read(fresh.position as Position, undefined, done);
    else
      this.placeOf(digest, (place) =>
        place === undefined ? done(undefined) : this.read(place.position, place.size + 512, done),
      );
  }

  private placeOf(digest: Hash, done: (place: Place | undefined) => void): void {
    this.store.get(batchKey(digest), (fault, value) => {
      if (fault !== undefined || value === undefined) done(undefined);
      else
        done({
          position: readUint(value, 0, 8) as Position,
          height: readUint(value, 8, 8),
          size: readUint(value, 16, 4),
        });
    });
  }

  private read(position: Position, expectedBytes: number | undefined, done: (batch: Batch | undefined) => void): void {
    this.journal.read(
      position,
      (fault, record) => {
        const decoded = fault === undefined && record !== undefined ? decodeRecord(record.kind, record.body) : misfit;
        done(decoded !== misfit && decoded.type === 'batch' ? decoded.batch : undefined);
      },
      expectedBytes,
    );
  }
}

/** [4 B length of the header][header][4 B entries] and per batch [4 B lane][8 B seq][32 B digest][4 B count] */
function encodeBlock(signed: SignedHeader, entries: number, batches: readonly Batch[]): Bytes {
  const header = encodeSignedHeader(signed);
  const rows = batches.map(({ lane, seq, digest, count }) =>
    concatBytes([bigEndian(lane, 4), bigEndian(seq, 8), hashToBytes(digest), bigEndian(count, 4)]),
  );
  return concatBytes([bigEndian(header.length, 4), header, bigEndian(entries, 4), ...rows]);
}

const rowBytes = 48;

function decodeBlock(height: number, value: Bytes): ArchivedBlock | undefined {
  const end = 4 + readUint(value, 0, 4);
  const signed = decodeSignedHeader(value.subarray(4, end));
  if (signed === misfit) return undefined;
  const batches = [];
  for (let at = end + 4; at + rowBytes <= value.length; at += rowBytes) {
    const digest = hashFromBytes(value.subarray(at + 12, at + 44));
    batches.push({
      lane: readUint(value, at, 4),
      seq: readUint(value, at + 4, 8),
      digest,
      count: readUint(value, at + 44, 4),
    });
  }
  return { height, signed, entries: readUint(value, end, 4), batches };
}

function readUint(bytes: Bytes, at: number, width: number): number {
  assert(at + width <= bytes.length, 'a value of the archive is whole: it was written in one batch');
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] as number);
  return value;
}
