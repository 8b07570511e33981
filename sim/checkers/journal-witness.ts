// Watches one owner's view of a journal over all lives of its process: what was durable comes back byte for byte, nothing
// comes back that was never appended, and what was lost is lost from one point on.

import type { Position } from '../../actors/index.ts';
import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import { type Hash, sha256Hex } from '../../lib/hash.ts';
import type { JournalRecord, JournalView } from '../../storage/index.ts';
import type { Verdict } from './verdict.ts';

export class JournalWitness {
  #verdict: Verdict;
  #name: string;
  /** by position, in order of appending */
  #appended = new Map<Position, Hash>();
  /** of records that may be written again into a new segment */
  #contents = new Set<Hash>();
  #durable = 0 as Position;
  #released = 0 as Position;

  constructor(name: string, verdict: Verdict) {
    this.#name = name;
    this.#verdict = verdict;
  }

  /** The same view; what passes through it is remembered. */
  watch(view: JournalView): JournalView {
    view.onDurable((position) => {
      if (position > this.#durable) this.#durable = position;
    });
    return {
      owner: view.owner,
      append: (kind, parts, lazy) => {
        const position = view.append(kind, parts, lazy);
        this.#remember(position, kind, parts);
        return position;
      },
      request: (position) => view.request(position),
      get appended() {
        return view.appended;
      },
      get durable() {
        return view.durable;
      },
      onDurable: (listener) => view.onDurable(listener),
      onFailed: (listener) => view.onFailed?.(listener),
      replay: (each, done) => {
        const found = new Map<Position, Hash>();
        view.replay(
          (record) => {
            found.set(record.position, contentOf(record.kind, [record.body]));
            each(record);
          },
          (fault) => {
            if (fault === undefined) this.#compare(found);
            done(fault);
          },
        );
      },
      read: (position, done, expectedBytes) =>
        view.read(
          position,
          (fault, record) => {
            if (record !== undefined) this.#compareOne(record);
            done(fault, record);
          },
          expectedBytes,
        ),
      live: (records) =>
        view.live(() => {
          const live = records();
          for (const { kind, parts } of live) this.#contents.add(contentOf(kind, parts));
          return live;
        }),
      get repeatedFrom() {
        return view.repeatedFrom;
      },
      releaseBelow: (position) => {
        this.#released = position;
        view.releaseBelow(position);
      },
      keepFrom: (position) => view.keepFrom(position),
      onPruned: (listener) => view.onPruned(listener),
      get oldest() {
        return view.oldest;
      },
      get pruningHeld() {
        return view.pruningHeld;
      },
      onHeld: (listener) => view.onHeld(listener),
    };
  }

  #remember(position: Position, kind: number, parts: readonly Bytes[]): void {
    const content = contentOf(kind, parts);
    this.#appended.set(position, content);
    this.#contents.add(content);
  }

  #compare(found: ReadonlyMap<Position, Hash>): void {
    for (const [position, content] of this.#appended) {
      if (position > this.#durable || position < this.#released) continue;
      if (found.get(position) !== content)
        this.#violated(`the durable record at ${position} is ${found.has(position) ? 'another' : 'gone'}`);
    }
    for (const [position, content] of found)
      if (!this.#contents.has(content)) this.#violated(`the record at ${position} was never appended`);
    this.#appended = new Map([...found].filter(([position]) => position >= this.#released));
  }

  #compareOne({ position, kind, body }: JournalRecord): void {
    const expected = this.#appended.get(position);
    if (expected !== undefined && expected !== contentOf(kind, [body]))
      this.#violated(`the record at ${position} reads differently`);
  }

  #violated(detail: string): void {
    this.#verdict.violated('restart reproduces the same bytes', `${this.#name}: ${detail}`);
  }
}

function contentOf(kind: number, parts: readonly Bytes[]): Hash {
  return sha256Hex(Uint8Array.of(kind >> 8, kind & 255), concatBytes(parts));
}
