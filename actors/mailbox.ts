// The messages that wait for one actor, in a bounded ring whose slots are reused. What happens to one message too many
// is decided per message type (Overflow in actor.ts).

import { assert } from '../lib/assert.ts';
import type { MailboxPolicy, Message } from './actor.ts';
import type { AskRecord } from './asks.ts';
import { noStamp, type Stamp } from './stamp.ts';

/** A message from others; those that an actor's own life asked for carry the number of that life. */
export const fromOutside = -1;

export class Slot {
  message: Message | undefined = undefined;
  stamp: Stamp = noStamp;
  asker: AskRecord | undefined = undefined;
  life: number = fromOutside;

  fill(message: Message, stamp: Stamp, asker: AskRecord | undefined, life: number): void {
    this.message = message;
    this.stamp = stamp;
    this.asker = asker;
    this.life = life;
  }
}

/** `pause`: taken, the sender should wait. `replaced`: taken, an older message of the type is lost. The rest: not taken. */
export type Pushed = 'taken' | 'pause' | 'replaced' | 'dropped' | 'mailbox-full';

export class Mailbox {
  readonly capacity: number;
  readonly #hardBound: number;
  readonly #overflow: MailboxPolicy['overflow'];
  #slots: Slot[] = [new Slot(), new Slot(), new Slot(), new Slot()];
  #head = 0;
  #depth = 0;

  constructor(policy: MailboxPolicy, hardFactor: number) {
    assert(policy.capacity >= 1, 'a mailbox holds at least one message');
    this.capacity = policy.capacity;
    this.#hardBound = policy.capacity * hardFactor;
    this.#overflow = policy.overflow;
  }

  get depth(): number {
    return this.#depth;
  }

  push(message: Message, stamp: Stamp, asker: AskRecord | undefined, life: number): Pushed {
    if (this.#depth < this.capacity) {
      this.#append(message, stamp, asker, life);
      return 'taken';
    }
    const overflow = this.#overflow?.[message.type] ?? 'keep';
    if (overflow === 'drop') return 'dropped';
    if (overflow === 'replace') {
      const waiting = this.#newestOf(message.type);
      if (waiting !== undefined) {
        waiting.fill(message, stamp, asker, life);
        return 'replaced';
      }
    }
    if (this.#depth >= this.#hardBound) return 'mailbox-full';
    this.#append(message, stamp, asker, life);
    return 'pause';
  }

  /** The oldest message's slot, which is valid until the next `push`; undefined when the mailbox is empty. */
  take(): Slot | undefined {
    if (this.#depth === 0) return undefined;
    const slot = this.#slots[this.#head] as Slot;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#depth--;
    return slot;
  }

  #append(message: Message, stamp: Stamp, asker: AskRecord | undefined, life: number): void {
    if (this.#depth === this.#slots.length) this.#grow();
    (this.#slots[(this.#head + this.#depth) & (this.#slots.length - 1)] as Slot).fill(message, stamp, asker, life);
    this.#depth++;
  }

  #newestOf(type: string): Slot | undefined {
    for (let i = this.#depth - 1; i >= 0; i--) {
      const slot = this.#slots[(this.#head + i) & (this.#slots.length - 1)] as Slot;
      if (slot.message?.type === type) return slot;
    }
    return undefined;
  }

  /** The number of slots stays a power of two. */
  #grow(): void {
    const inOrder = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    const more = inOrder.map(() => new Slot());
    this.#slots = [...inOrder, ...more];
    this.#head = 0;
  }
}
