// A virtual clock and a journal whose syncs a test decides: enough world for a system of actors.

import type {
  ActorSystem,
  ActorSystemOptions,
  Behavior,
  Clock,
  Effects,
  MailboxPolicy,
  Message,
  Note,
  Outlet,
  Position,
  Timer,
  TurnLog,
} from '../../../actors/index.ts';
import { type Address, address, createActorSystem } from '../../../actors/index.ts';
import { type Bytes, fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import type { Ms } from '../../../lib/units.ts';

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #due: { at: number; order: number; fire: () => void }[] = [];
  readonly #soon: (() => void)[] = [];

  now = (): Ms => this.#now as Ms;
  wallMs = (): number => 1_700_000_000_000 + this.#now;

  after = (delayMs: Ms, fire: () => void): Timer => {
    const entry = { at: this.#now + delayMs, order: this.#order++, fire };
    this.#due.push(entry);
    return { cancel: () => void (this.#due = this.#due.filter((each) => each !== entry)) };
  };

  soon = (run: () => void): void => void this.#soon.push(run);
  next = this.soon;

  /** all that happens without time passing */
  settle(): void {
    for (let run = this.#soon.shift(); run !== undefined; run = this.#soon.shift()) run();
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    this.settle();
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      this.settle();
    }
    this.#now = until;
  }

  get pendingTimers(): number {
    return this.#due.length;
  }
}

export class FakeLog implements TurnLog {
  appended = 0 as Position;
  durable = 0 as Position;
  readonly requested: number[] = [];
  readonly records: { readonly kind: number; readonly body: Bytes }[] = [];
  readonly #listeners: ((durable: Position) => void)[] = [];
  readonly #failed: ((reason: string) => void)[] = [];

  append(kind: number, parts: readonly Bytes[]): Position {
    this.records.push({ kind, body: parts[0] as Bytes });
    this.appended = (this.appended + 1) as Position;
    return this.appended;
  }

  request(position: Position): void {
    this.requested.push(position);
  }

  onDurable(listener: (durable: Position) => void): void {
    this.#listeners.push(listener);
  }

  onFailed(listener: (reason: string) => void): void {
    this.#failed.push(listener);
  }

  sync(upTo: number = this.appended): void {
    this.durable = upTo as Position;
    for (const listener of this.#listeners) listener(this.durable);
  }

  fail(): void {
    for (const listener of this.#failed) listener('write failed');
  }
}

export interface World {
  readonly clock: VirtualClock;
  readonly log: FakeLog;
  readonly notes: { readonly from: Address; readonly note: Note }[];
  readonly fatal: string[];
  readonly system: ActorSystem;
}

export function createWorld(options: Partial<ActorSystemOptions> = {}): World {
  const clock = new VirtualClock();
  const log = new FakeLog();
  const notes: World['notes'] = [];
  const fatal: string[] = [];
  const system = createActorSystem({
    clock,
    shards: { main: log },
    notes: { note: (from, _kind, note) => void notes.push({ from, note }), metrics: createMetrics() },
    onFatal: (reason) => void fatal.push(reason),
    ...options,
  });
  return { clock, log, notes, fatal, system };
}

export interface Any extends Message {
  readonly value?: unknown;
}

export const at = (id: string): Address => address('test', 'actor', id);
export const text = fromUtf8;

export class FakeOutlet implements Outlet {
  readonly id: string;
  readonly frames: string[] = [];
  abandoned: string | undefined;

  constructor(id = 'outlet') {
    this.id = id;
  }

  write(frame: readonly Bytes[]): void {
    this.frames.push(frame.map((part) => toUtf8(part)).join(''));
  }

  abandon(reason: string): void {
    this.abandoned = reason;
  }
}

/** An actor whose turns are one function. */
export function actor(
  receive: (message: Any, effects: Effects<Any>) => void,
  options: {
    readonly start?: (effects: Effects<Any>) => void;
    readonly mailbox?: MailboxPolicy;
    readonly discard?: () => void;
  } = {},
): Behavior<null, Any> {
  return {
    kind: 'test',
    mailbox: options.mailbox ?? { capacity: 100 },
    start(_self, effects) {
      options.start?.(effects);
      return null;
    },
    receive: (_state, message, effects) => receive(message, effects),
    discard: () => options.discard?.(),
  };
}

/** An actor that remembers what it is told. */
export function listener(heard: unknown[]): Behavior<null, Any> {
  return actor((message) => void heard.push(message.value ?? message.type));
}
