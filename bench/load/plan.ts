// What one run of load is: how many commands of which kind are due when, and which client sends them. Arrivals are open
// loop: command i is due at i / rate, whatever became of those before it. What is due to one client within a coalescing
// interval is one slot, sent as one frame when its last entry is due. The first slots are the warm-up: sent like the
// others and counted apart. Everything is arithmetic over indices.

import { assert } from '../../lib/assert.ts';
import { maxEntriesPerFrame } from '../../net/gateway/limits.ts';
import { maxFrameBytes } from './limits.ts';

export type LoadMode = 'blob' | 'signed' | 'bundle';

export interface LoadPlan {
  readonly mode: LoadMode;
  /** commands per second over all clients; a bundle of 100 puts is 100 commands */
  readonly rate: number;
  /** bytes of an encoded command; of a bundle, its bytes divided by its commands */
  readonly size: number;
  /** of the measured part */
  readonly seconds: number;
  /** before it: connections, compilers and caches come to temperature */
  readonly warmUpSeconds: number;
  readonly clients: number;
  /** 1 unless bundles */
  readonly commandsPerEntry: number;
  readonly coalesceMs: number;
  /** milliseconds since 1970; commands expire relative to it */
  readonly createdMs: number;
  /** 16 hex digits, in every payload: no two runs send the same bytes */
  readonly runId: string;
  /** whose commands are signed; absent: accounts of this run's own, from the first nonce */
  readonly accounts?: SharedAccounts;
}

/** Accounts that put to the same keys in several runs, so that the state of their chain does not grow with each. */
export interface SharedAccounts {
  /** 64 hex digits, from which their keys come */
  readonly seed: string;
  readonly firstNonce: number;
}

/** An entry is what is submitted as one: a blob, a signed command or a bundle. */
export class Schedule {
  readonly entries: number;
  readonly entryBytes: number;
  /** entries of a slot */
  readonly run: number;
  readonly slots: number;
  /** the first of `slots`; what follows are the commands of the plan, to the entry */
  readonly warmUpSlots: number;
  readonly msPerEntry: number;
  readonly #clients: number;

  constructor(plan: LoadPlan) {
    const entriesPerMs = plan.rate / plan.commandsPerEntry / 1000;
    this.entryBytes = plan.size * plan.commandsPerEntry;
    const fitting = Math.floor(maxFrameBytes / (this.entryBytes + 4));
    assert(fitting >= 1, 'an entry fits a frame');
    this.run = Math.max(1, Math.min(Math.round(entriesPerMs * plan.coalesceMs), fitting, maxEntriesPerFrame));
    this.warmUpSlots = Math.ceil((entriesPerMs * plan.warmUpSeconds * 1000) / this.run);
    this.entries = this.warmUpSlots * this.run + Math.max(1, Math.round(entriesPerMs * plan.seconds * 1000));
    this.slots = Math.ceil(this.entries / this.run);
    this.msPerEntry = 1 / entriesPerMs;
    this.#clients = plan.clients;
  }

  /** entries of one client, at most */
  get entriesPerClient(): number {
    return Math.ceil(this.slots / this.#clients) * this.run;
  }

  /** index of the slot's first entry */
  firstOf(slot: number): number {
    return slot * this.run;
  }

  isWarmUp(slot: number): boolean {
    return slot < this.warmUpSlots;
  }

  /** Milliseconds after the start at which the measured part begins. */
  get measuredFromMs(): number {
    return this.intendedMs(this.firstOf(this.warmUpSlots));
  }

  get measuredEntries(): number {
    return this.entries - this.firstOf(this.warmUpSlots);
  }

  countOf(slot: number): number {
    return Math.min(this.run, this.entries - slot * this.run);
  }

  /** slots of a client are client, client + clients, client + 2 × clients … */
  clientOf(slot: number): number {
    return slot % this.#clients;
  }

  /** Milliseconds after the start at which an entry is intended to be sent. */
  intendedMs(entry: number): number {
    return entry * this.msPerEntry;
  }

  /** When the slot is sent: its last entry is due. */
  dueMs(slot: number): number {
    return this.intendedMs(this.firstOf(slot) + this.countOf(slot) - 1);
  }

  /** Entries of the measured part, or of the warm-up, that are due `ms` after the start. */
  entriesDue(ms: number, warmUp: boolean): number {
    const due = ms < 0 ? 0 : Math.min(this.entries, Math.floor(ms / this.msPerEntry) + 1);
    const ofWarmUp = Math.min(due, this.firstOf(this.warmUpSlots));
    return warmUp ? ofWarmUp : due - ofWarmUp;
  }

  /** Number of an entry among those of its client, from 0: the base of its nonce. */
  ordinalOf(entry: number): number {
    const slot = Math.floor(entry / this.run);
    return Math.floor(slot / this.#clients) * this.run + (entry % this.run);
  }
}
