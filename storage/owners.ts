// Who writes to a journal, and what each still needs of it: for recovery, for its readers, and the live records that must
// stand in every new segment before older ones may go (rule D6).

import type { Position } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import { fromUtf8 } from '../lib/bytes.ts';
import { beforeAll, placeOf, positionOf, recordBytes } from './format.ts';
import type { JournalView, LiveRecord } from './journal-port.ts';
import { maxOwnerNameBytes, maxOwners } from './limits.ts';
import type { Writer } from './writer.ts';

export interface Owner {
  readonly id: number;
  readonly name: string;
  /** oldest record that recovery needs; undefined while it has none */
  needs: Position | undefined;
  /** in this life: below this it has released everything, and from this on it still reads */
  released: Position | undefined;
  keeps: Position | undefined;
  live: (() => readonly LiveRecord[]) | undefined;
  /** of the last rewrite of its live records, while it is not durable: the newest of them */
  rewritten: Position | undefined;
  /** where the segment begins that holds them durably */
  repeated: Position | undefined;
  /** the `repeated` with which it was told that it holds back pruning */
  told: Position | undefined;
  held: () => void;
  pruned: (oldest: Position) => void;
  view: JournalView | undefined;
}

export class Owners {
  /** by id; owner 0 is the journal itself */
  readonly all: Owner[] = [];
  readonly names: string[] = [];
  private readonly byName = new Map<string, Owner>();
  /** whose live records the segment being filled does not hold yet */
  private readonly liveDue = new Set<Owner>();

  named(name: string): Owner {
    return this.byName.get(name) ?? this.add(name, undefined);
  }

  /** @param needs its oldest record that was found */
  add(name: string, needs: Position | undefined): Owner {
    const id = this.all.length + 1;
    assert(id <= maxOwners, `a journal has at most ${maxOwners} owners`);
    assert(name !== '' && fromUtf8(name).length <= maxOwnerNameBytes, 'the name of an owner is short');
    const owner: Owner = {
      ...{ id, name, needs, held: () => {}, pruned: () => {} },
      ...{ released: undefined, keeps: undefined, view: undefined },
      ...{ live: undefined, rewritten: undefined, repeated: undefined, told: undefined },
    };
    this.all.push(owner);
    this.names.push(name);
    this.byName.set(name, owner);
    return owner;
  }

  /** Its records go into the next group, and into the first one of every new segment. */
  setLive(owner: Owner, records: () => readonly LiveRecord[]): void {
    owner.live = records;
    this.liveDue.add(owner);
  }

  enteredSegment(): void {
    for (const owner of this.all) if (owner.live !== undefined) this.liveDue.add(owner);
  }

  /**
   * Between turns: appends the live records that are due, behind all that they attest. Where they do not fit into what is left
   * of a segment, all come again in the next.
   */
  rewriteLive(writer: Pick<Writer, 'append' | 'appended'>, segmentBytes: number): void {
    while (this.liveDue.size > 0) {
      const due = [...this.liveDue];
      this.liveDue.clear();
      let bytes = 0;
      for (const owner of due) {
        for (const { kind, parts } of owner.live?.() ?? []) {
          bytes += recordBytes(parts.reduce((sum, part) => sum + part.length, 0));
          writer.append(owner.id, kind, parts, false);
        }
        owner.rewritten = writer.appended;
      }
      assert(bytes <= segmentBytes / 4, 'live records take at most a quarter of a segment');
    }
  }

  noteDurable(durable: Position): void {
    for (const owner of this.all) {
      if (owner.rewritten === undefined || owner.rewritten > durable) continue;
      owner.repeated = positionOf(placeOf(owner.rewritten).segment, 0);
      owner.rewritten = undefined;
    }
  }

  /** The oldest segment, at most `current`, that a recovery needs: of each what is not released, and its newest durable live records. */
  neededFrom(current: number): number {
    let oldest = current;
    for (const { needs, live, repeated } of this.all) {
      if (needs !== undefined) oldest = Math.min(oldest, placeOf(needs).segment);
      if (live !== undefined) oldest = Math.min(oldest, placeOf(repeated ?? beforeAll).segment);
    }
    return oldest;
  }

  /** The oldest segment that somebody still reads; what an owner of records has not spoken of in this life, it does. */
  readFrom(current: number): number {
    let oldest = current;
    for (const owner of this.all)
      if (owner.needs !== undefined) oldest = Math.min(oldest, placeOf(readsFrom(owner)).segment);
    return oldest;
  }

  /** Tells each owner that holds back the segment `first`, once per segment that its live records reach. */
  tellHolders(first: number): void {
    for (const owner of this.all) {
      if (owner.repeated === owner.told || !holdsBack(owner, first)) continue;
      owner.told = owner.repeated;
      owner.held();
    }
  }
}

const readsFrom = ({ keeps, released }: Owner): Position => keeps ?? released ?? beforeAll;

/** Whether a segment cannot go before this owner releases more. */
export function holdsBack(owner: Owner, segment: number): boolean {
  if (owner.needs === undefined) return false;
  return placeOf(Math.min(owner.needs, readsFrom(owner)) as Position).segment <= segment;
}
