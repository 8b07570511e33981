// The one queue of a simulated world: what happens next, ordered by instant and then by the order of asking.

export interface ScheduledEvent {
  /** microseconds of virtual time */
  readonly atUs: number;
  readonly sequence: number;
  /** undefined once cancelled */
  run: (() => void) | undefined;
}

/** A binary heap. Cancelled events stay until they surface or until they are the majority. */
export class EventHeap {
  #items: ScheduledEvent[] = [];
  #sequence = 0;
  #cancelled = 0;

  get size(): number {
    return this.#items.length - this.#cancelled;
  }

  push(atUs: number, run: () => void): ScheduledEvent {
    const event: ScheduledEvent = { atUs, sequence: this.#sequence++, run };
    this.#items.push(event);
    this.#rise(this.#items.length - 1);
    return event;
  }

  cancel(event: ScheduledEvent): void {
    if (event.run === undefined) return;
    event.run = undefined;
    this.#cancelled++;
    if (this.#cancelled > 1024 && this.#cancelled * 2 > this.#items.length) this.#compact();
  }

  /** the instant of the next event, or undefined when nothing will ever happen again */
  nextAtUs(): number | undefined {
    while (this.#items[0] !== undefined && this.#items[0].run === undefined) {
      this.#removeFirst();
      this.#cancelled--;
    }
    return this.#items[0]?.atUs;
  }

  /** Call after `nextAtUs` gave an instant. The event counts as spent: cancelling it later does nothing. */
  pop(): { readonly atUs: number; readonly run: () => void } {
    const first = this.#removeFirst();
    const run = first.run as () => void;
    first.run = undefined;
    return { atUs: first.atUs, run };
  }

  #removeFirst(): ScheduledEvent {
    const items = this.#items;
    const first = items[0] as ScheduledEvent;
    const last = items.pop() as ScheduledEvent;
    if (items.length > 0) {
      items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #compact(): void {
    this.#items = this.#items.filter((event) => event.run !== undefined);
    this.#cancelled = 0;
    for (let i = (this.#items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #rise(from: number): void {
    const items = this.#items;
    const event = items[from] as ScheduledEvent;
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = items[parent] as ScheduledEvent;
      if (!earlier(event, above)) break;
      items[i] = above;
      i = parent;
    }
    items[i] = event;
  }

  #sink(from: number): void {
    const items = this.#items;
    const event = items[from] as ScheduledEvent;
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && earlier(items[child + 1] as ScheduledEvent, items[child] as ScheduledEvent))
        child++;
      const below = items[child] as ScheduledEvent;
      if (!earlier(below, event)) break;
      items[i] = below;
      i = child;
    }
    items[i] = event;
  }
}

function earlier(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
}
