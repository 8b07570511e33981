// The transitions of all state machines of a node, in a bounded ring. Readers hold a cursor and pull: a slow one loses
// the oldest records, is told how many, and never holds up the node or another reader.

import { assert } from '../lib/assert.ts';
import type { Address } from './address.ts';

/** What a machine's turn tells the system; the system adds who and when. */
export interface TransitionNote {
  /** the machine's name */
  readonly transition: string;
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

export interface TransitionRecord {
  /** 1, 2, 3 … in this node's life */
  readonly seq: number;
  readonly wallMs: number;
  readonly actor: Address;
  readonly machine: string;
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

export interface TransitionPage {
  readonly records: readonly TransitionRecord[];
  /** give it back to go on behind this page */
  readonly cursor: number;
  /** records between the given cursor and this page that the ring no longer holds */
  readonly lost: number;
}

export interface TransitionSubscription {
  /** what came since the last `take`, at most `max` records */
  take(max: number): TransitionPage;
  end(): void;
}

export interface TransitionRing {
  append(record: Omit<TransitionRecord, 'seq'>): void;
  /** @param cursor the seq of the last record already seen; 0 for the oldest that is kept */
  read(cursor: number, max: number): TransitionPage;
  /**
   * @param cursor as for `read`; `'now'` for what comes from here on
   * @param onMore called once when something can be taken, and again only after a `take`, which must not run inside it
   */
  subscribe(cursor: number | 'now', onMore: () => void): TransitionSubscription;
  readonly newest: number;
}

/** @param capacity records kept */
export function createTransitionRing(capacity: number): TransitionRing {
  assert(capacity > 0, 'a ring holds at least one record');
  const slots: (TransitionRecord | undefined)[] = [];
  const subscribers = new Set<Subscriber>();
  let newest = 0;

  const read = (from: number, max: number): TransitionPage => {
    // a cursor from an earlier life of the node says nothing about this one
    const cursor = from > newest ? 0 : from;
    const oldest = Math.max(1, newest - capacity + 1);
    const first = Math.max(cursor + 1, oldest);
    const records: TransitionRecord[] = [];
    for (let seq = first; seq <= newest && records.length < max; seq++) {
      records.push(slots[seq % capacity] as TransitionRecord);
    }
    return { records, cursor: Math.max(cursor, first - 1 + records.length), lost: Math.max(0, first - cursor - 1) };
  };

  return {
    get newest() {
      return newest;
    },
    append(record) {
      newest++;
      slots[newest % capacity] = { seq: newest, ...record };
      for (const subscriber of subscribers) subscriber.wake();
    },
    read,
    subscribe(cursor, onMore) {
      const subscriber = new Subscriber(cursor === 'now' ? newest : cursor, onMore);
      subscribers.add(subscriber);
      if (subscriber.cursor < newest) subscriber.wake();
      return {
        take(max) {
          const page = read(subscriber.cursor, max);
          subscriber.cursor = page.cursor;
          subscriber.told = false;
          if (page.cursor < newest) subscriber.wake();
          return page;
        },
        end: () => void subscribers.delete(subscriber),
      };
    },
  };
}

class Subscriber {
  cursor: number;
  told = false;
  readonly onMore: () => void;

  constructor(cursor: number, onMore: () => void) {
    this.cursor = cursor;
    this.onMore = onMore;
  }

  wake(): void {
    if (this.told) return;
    this.told = true;
    this.onMore();
  }
}
