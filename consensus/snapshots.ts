// Snapshots of one chain's application (§9), for validators that are further behind than their peers' archives reach:
// those that this node has made and serves, one that it is fetching, and which generation of the application counts.

import type { Position } from '../actors/index.ts';
import { type Bytes, bigEndian, concatBytes } from '../lib/bytes.ts';
import { decode, encode } from '../lib/codec.ts';
import { list, misfit, optional, tuple, uint } from '../lib/shape.ts';
import { prefixedStore, type Store } from '../storage/index.ts';
import type { Application, SnapshotSource } from './application.ts';
import { checkpointCertShape, messageLimits } from './certificate/shapes.ts';
import type { CheckpointCert } from './certificate/types.ts';
import type { SnapshotHead } from './core/index.ts';
import { keptSnapshots, maxSnapshotParts } from './limits.ts';
import { snapshotHeadShape } from './wire.ts';

/** A snapshot of this node's own making. */
interface OwnSnapshot {
  readonly head: SnapshotHead;
  /** batches of later blocks stand in the journal from here on */
  readonly mark: number;
  /** null until q validators have signed the same checkpoint */
  readonly certificate: CheckpointCert | null;
}

export interface CertifiedSnapshot {
  readonly head: SnapshotHead;
  readonly mark: Position;
  readonly certificate: CheckpointCert;
}

const ownShape = tuple<OwnSnapshot>({
  head: snapshotHeadShape,
  mark: uint(Number.MAX_SAFE_INTEGER),
  certificate: optional(checkpointCertShape),
});
const generationShape = list(uint(2 ** 32 - 1), 1);

const headKey = (height: number): Bytes => concatBytes([Uint8Array.of(1), bigEndian(height, 8)]);
const partKey = (height: number, index: number): Bytes =>
  concatBytes([Uint8Array.of(2), bigEndian(height, 8), bigEndian(index, 4)]);
const fetchedKey = (index: number): Bytes => concatBytes([Uint8Array.of(3), bigEndian(index, 4)]);
const generationKey = Uint8Array.of(4);

const heads = { from: Uint8Array.of(1), to: Uint8Array.of(2) };
const fetched = { from: Uint8Array.of(3), to: Uint8Array.of(4) };

const heightOf = ({ head }: OwnSnapshot): number => head.signed.header.order.height;

type Done<T> = (fault: string | undefined, value: T) => void;

export class Snapshots {
  private readonly store: Store;
  private readonly applications: Store;
  /** by height, ascending */
  private own: OwnSnapshot[] = [];
  private generation = 0;
  /** its certificate is being written */
  private certifying: OwnSnapshot | undefined;

  /** @param applications where the generations of the application live */
  constructor(store: Store, applications: Store) {
    this.store = store;
    this.applications = applications;
  }

  /** Reads what an earlier life left, and clears away what it did not finish. */
  open(done: (fault: string | undefined) => void): void {
    this.store.range({ ...heads, limit: keptSnapshots + 2 }, (fault, rows) => {
      if (fault !== undefined) return done(fault.message);
      const own = rows.map(([, value]) => read(ownShape, value));
      if (own.includes(undefined)) return done('the record of a snapshot cannot be read');
      this.own = own as OwnSnapshot[];
      this.store.get(generationKey, (fault, value) => {
        if (fault !== undefined) return done(fault.message);
        this.generation = value === undefined ? 0 : (read(generationShape, value)?.[0] ?? 0);
        this.clearStale(done);
      });
    });
  }

  /** Of several generations one counts; others are leftovers of an adoption that a crash cut short, or that is over. */
  private clearStale(done: (fault: string | undefined) => void): void {
    const begin = bigEndian(0, 4);
    const mine = bigEndian(this.generation, 4);
    const next = bigEndian(this.generation + 1, 4);
    const end = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0);
    this.applications.clear({ from: begin, to: mine }, (fault) => {
      if (fault !== undefined) return done(fault.message);
      this.applications.clear({ from: next, to: end }, (fault) => {
        if (fault !== undefined) return done(fault.message);
        this.forgetFetched((fault) => done(fault));
      });
    });
  }

  /** The store of the application that counts. */
  applicationStore(): Store {
    return prefixedStore(this.applications, bigEndian(this.generation, 4));
  }

  /** The store of the one that is being restored. */
  nextApplicationStore(): Store {
    return prefixedStore(this.applications, bigEndian(this.generation + 1, 4));
  }

  /** From now on the restored application counts; in one synced write, so a crash leaves one or the other. */
  switchApplication(done: (fault: string | undefined) => void): void {
    this.generation += 1;
    const write = { key: generationKey, value: encode([this.generation]) };
    this.store.batch([write], { sync: true }, (fault) => done(fault?.message));
  }

  // — of this node's own making —

  /** Writes the application's state after the block of `head`. A snapshot of a height that nobody certifies is replaced by the next. */
  make(
    application: Application,
    head: Omit<SnapshotHead, 'parts'>,
    mark: Position,
    done: (fault: string | undefined) => void,
  ): void {
    const { height } = head.signed.header.order;
    let parts = 0;
    const finish = (): void => {
      const made: OwnSnapshot = { head: { ...head, parts }, mark, certificate: null };
      const write = { key: headKey(height), value: encode(ownShape.write(made)) };
      this.store.batch([write], { sync: false }, (fault) => {
        if (fault !== undefined) return done(fault.message);
        const stale = this.own.filter((each) => each.certificate === null && heightOf(each) !== height);
        this.own = [...this.own.filter((each) => heightOf(each) !== height), made];
        this.drop(stale, (fault) => done(fault));
      });
    };
    let broken: string | undefined;
    application.snapshot(
      (part, next) => {
        if (broken !== undefined || parts >= maxSnapshotParts) {
          broken ??= 'the state is larger than a snapshot may be';
          return next();
        }
        this.store.batch([{ key: partKey(height, parts), value: part }], { sync: false }, (fault) => {
          broken ??= fault?.message;
          parts += 1;
          next();
        });
      },
      (fault) => {
        const reason = fault?.message ?? broken;
        if (reason === undefined) finish();
        else done(reason);
      },
    );
  }

  /** A checkpoint certificate: does one of the snapshots stand at it? @returns that snapshot, which may now be served */
  certify(certificate: CheckpointCert, done: Done<CertifiedSnapshot | undefined>): void {
    const made = this.own.find(({ head }) => head.signed.header.id === certificate.id);
    if (made === undefined || made.certificate !== null || this.certifying === made) return done(undefined, undefined);
    this.certifying = made;
    const certified = { ...made, certificate };
    const write = { key: headKey(certificate.height), value: encode(ownShape.write(certified)) };
    this.store.batch([write], { sync: true }, (fault) => {
      if (fault !== undefined) return done(fault.message, undefined);
      this.own = this.own.map((each) => (each === made ? certified : each));
      const old = this.own.filter((each) => each.certificate !== null).slice(0, -keptSnapshots);
      this.drop(old, (fault) => done(fault, fault === undefined ? this.newest() : undefined));
    });
  }

  newest(): CertifiedSnapshot | undefined {
    const certified = this.own.findLast((each) => each.certificate !== null);
    return certified as CertifiedSnapshot | undefined;
  }

  /** of a snapshot that is served */
  headAt(height: number): SnapshotHead | undefined {
    return this.own.find((each) => each.certificate?.height === height)?.head;
  }

  parts(height: number, from: number, count: number, done: Done<readonly Bytes[]>): void {
    const range = { from: partKey(height, from), to: partKey(height, from + count), limit: count };
    this.store.range(range, (fault, rows) => done(fault?.message, rows?.map(([, value]) => value) ?? []));
  }

  private drop(snapshots: readonly OwnSnapshot[], done: (fault: string | undefined) => void): void {
    const [first, ...rest] = snapshots;
    if (first === undefined) return done(undefined);
    const { height } = first.head.signed.header.order;
    this.own = this.own.filter((each) => each !== first);
    this.store.batch([{ key: headKey(height), value: null }], { sync: false }, (fault) => {
      if (fault !== undefined) return done(fault.message);
      this.store.clear({ from: partKey(height, 0), to: partKey(height + 1, 0) }, (fault) =>
        fault === undefined ? this.drop(rest, done) : done(fault.message),
      );
    });
  }

  // — one that is being fetched —

  putFetched(index: number, part: Bytes, done: (fault: string | undefined) => void): void {
    this.store.batch([{ key: fetchedKey(index), value: part }], { sync: false }, (fault) => done(fault?.message));
  }

  fetchedParts(count: number): SnapshotSource {
    return {
      part: (index, done) => {
        if (index >= count) return done(undefined, undefined);
        this.store.get(fetchedKey(index), (fault, part) =>
          done(fault === undefined ? undefined : { code: 'failed', message: fault.message }, part),
        );
      },
    };
  }

  forgetFetched(done: (fault: string | undefined) => void): void {
    this.store.clear(fetched, (fault) => done(fault?.message));
  }
}

function read<T>(shape: { read(value: never): T | typeof misfit }, encoded: Bytes): T | undefined {
  const decoded = decode(encoded, messageLimits);
  const value = decoded.ok ? shape.read(decoded.value as never) : misfit;
  return value === misfit ? undefined : (value as T);
}
