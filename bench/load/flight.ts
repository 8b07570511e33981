// What became of the entries of one sent frame. An entry is counted once in each of its outcomes, however often a node
// tells it: as accepted, then as committed or refused.

import type { Answer, Place } from '../../net/gateway/protocol.ts';

/** `echoed`: accepted, and only a lookup by hash tells what became of it */
const fate = { sent: 0, accepted: 1, echoed: 2, committed: 3, refused: 4 } as const;

/** Told when entries of a slot change their fate. */
export interface FlightEvents {
  accepted(slot: number, count: number): void;
  /** @param firstEntry index among the entries of the run */
  committed(slot: number, firstEntry: number, count: number): void;
  /** @param accepted whether a node had accepted them before */
  refused(slot: number, count: number, code: number, accepted: boolean): void;
}

export class Flight {
  readonly slot: number;
  readonly firstEntry: number;
  readonly count: number;
  /** how often it was sent, this time included */
  readonly sends: number;
  readonly sentAt: number;
  place: Place | null = null;
  acceptedPairs: readonly number[] = [];
  answered = false;
  readonly #fates: Uint8Array;
  #open: number;

  constructor(start: { slot: number; firstEntry: number; count: number; sends: number; sentAt: number }) {
    this.slot = start.slot;
    this.firstEntry = start.firstEntry;
    this.count = start.count;
    this.sends = start.sends;
    this.sentAt = start.sentAt;
    this.#fates = new Uint8Array(start.count);
    this.#open = start.count;
  }

  /** Entries that are neither committed nor refused. */
  get open(): number {
    return this.#open;
  }

  /** Accepted, and neither committed nor refused. */
  isOpen(index: number): boolean {
    return this.#fates[index] === fate.accepted || this.#fates[index] === fate.echoed;
  }

  /** Another copy of the entry was ordered before this one; what became of that copy is not known yet. */
  awaitLookup(index: number): void {
    if (this.#fates[index] === fate.accepted) this.#fates[index] = fate.echoed;
  }

  /** A lookup found the entry committed. */
  commitFound(index: number, events: FlightEvents): void {
    if (this.#fates[index] === fate.echoed) this.#fates[index] = fate.accepted;
    this.commit(index, 1, events);
  }

  answer(answer: Answer, events: FlightEvents): void {
    this.answered = true;
    this.place = answer.place;
    this.acceptedPairs = answer.accepted;
    for (let i = 0; i + 1 < answer.accepted.length; i += 2) {
      this.#accept(answer.accepted[i] as number, answer.accepted[i + 1] as number, events);
    }
    for (let i = 0; i + 1 < answer.refused.length; i += 2) {
      this.refuse(answer.refused[i] as number, answer.refused[i + 1] as number, events);
    }
  }

  #accept(first: number, count: number, events: FlightEvents): void {
    let fresh = 0;
    for (let i = first; i < first + count && i < this.count; i++) {
      if (this.#fates[i] !== fate.sent) continue;
      this.#fates[i] = fate.accepted;
      fresh++;
    }
    if (fresh > 0) events.accepted(this.slot, fresh);
  }

  /** Entries that are final; those that were refused at execution were told by `refuse` before. */
  commit(first: number, count: number, events: FlightEvents): void {
    let from = -1;
    const end = Math.min(first + count, this.count);
    for (let i = first; i <= end; i++) {
      const settled = i === end || (this.#fates[i] as number) >= fate.echoed;
      if (!settled) {
        if (from < 0) from = i;
        continue;
      }
      if (from >= 0) this.#commitRun(from, i, events);
      from = -1;
    }
  }

  #commitRun(from: number, end: number, events: FlightEvents): void {
    this.#accept(from, end - from, events); // what is committed was accepted, though the answer be lost
    this.#fates.fill(fate.committed, from, end);
    this.#open -= end - from;
    events.committed(this.slot, this.firstEntry + from, end - from);
  }

  refuse(index: number, code: number, events: FlightEvents): void {
    const before = this.#fates[index];
    if (before === undefined || before >= fate.committed) return;
    this.#fates[index] = fate.refused;
    this.#open--;
    events.refused(this.slot, 1, code, before !== fate.sent);
  }

  /** Everything that no node accepted yet. */
  refuseUnaccepted(code: number, events: FlightEvents): void {
    for (let i = 0; i < this.count; i++) if (this.#fates[i] === fate.sent) this.refuse(i, code, events);
  }
}
