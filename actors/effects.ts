// What a turn asks for, written down while the turn runs and performed after it (turn.ts). One recorder per actor.

import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Ms } from '../lib/units.ts';
import type { Asker, Behavior, Effects, EmitOptions, Message, Note, SpawnOptions, Ticket } from './actor.ts';
import type { Address } from './address.ts';
import type { AskOptions, AskRecord } from './asks.ts';
import type { Clock, Outlet } from './ports.ts';
import { nothing, type Stamp, stampOf } from './stamp.ts';

export type Effect =
  | { readonly do: 'send'; readonly to: Address; readonly message: Message }
  | { readonly do: 'reply'; readonly to: AskRecord; readonly message: Message }
  | { readonly do: 'ask'; readonly to: Address; readonly message: Message; readonly options: AskOptions }
  | { readonly do: 'request'; readonly begin: (answer: (message: Message) => void) => void }
  | {
      readonly do: 'emit';
      readonly outlet: Outlet;
      readonly frame: readonly Bytes[];
      readonly after: EmitOptions['after'];
    }
  | PersistEffect
  | {
      readonly do: 'spawn';
      readonly address: Address;
      readonly behavior: Behavior<unknown, Message>;
      readonly options: SpawnOptions | undefined;
    }
  | { readonly do: 'stop'; readonly address: Address }
  | { readonly do: 'watch'; readonly address: Address; readonly onStopped: Message }
  | { readonly do: 'schedule'; readonly key: string; readonly delayMs: Ms; readonly message: Message }
  | { readonly do: 'cancel'; readonly key: string }
  | { readonly do: 'note'; readonly note: Note }
  | { readonly do: 'fatal'; readonly reason: string };

export interface PersistEffect {
  readonly do: 'persist';
  readonly kind: number;
  readonly parts: readonly Bytes[];
  readonly lazy: boolean;
  readonly durable: Message | undefined;
  readonly ticket: TurnTicket;
}

export class TurnTicket implements Ticket {
  readonly ticket = true;
  readonly shard: number;
  position = nothing;

  constructor(shard: number) {
    this.shard = shard;
  }

  stamp(): Stamp {
    assert(this.position !== nothing, 'a ticket is used in the turn that persisted, or after it');
    return stampOf(this.shard, this.position);
  }
}

export class TurnEffects implements Effects {
  readonly self: Address;
  readonly #clock: Clock;
  readonly #shard: number;
  readonly list: Effect[] = [];
  now: Ms = 0 as Ms;
  asker: AskRecord | undefined = undefined;
  /** whether the list holds a `persist`; those are performed first */
  persists = false;
  fatals = false;
  #wallMs: number | undefined = undefined;
  #open = false;

  constructor(self: Address, shard: number, clock: Clock) {
    this.self = self;
    this.#shard = shard;
    this.#clock = clock;
  }

  begin(now: Ms, asker: AskRecord | undefined): void {
    this.now = now;
    this.asker = asker;
    this.#wallMs = undefined;
    this.#open = true;
  }

  end(): void {
    this.asker = undefined;
    this.#open = false;
  }

  /** the effects are performed, or the turn threw */
  clear(): void {
    this.list.length = 0;
    this.persists = false;
    this.fatals = false;
  }

  get wallMs(): number {
    this.#wallMs ??= this.#clock.wallMs();
    return this.#wallMs;
  }

  send(to: Address, message: Message): void {
    this.#add({ do: 'send', to, message });
  }

  reply(message: Message, to: Asker | undefined = this.asker): void {
    assert(to !== undefined, 'a reply answers an ask');
    this.#add({ do: 'reply', to: to as AskRecord, message });
  }

  ask(to: Address, message: Message, options: AskOptions): void {
    this.#add({ do: 'ask', to, message, options });
  }

  request(begin: (answer: (message: Message) => void) => void): void {
    this.#add({ do: 'request', begin });
  }

  emit(outlet: Outlet, frame: readonly Bytes[], options?: EmitOptions): void {
    this.#add({ do: 'emit', outlet, frame, after: options?.after });
  }

  persist(
    kind: number,
    parts: readonly Bytes[],
    options?: { readonly lazy?: boolean; readonly durable?: Message },
  ): Ticket {
    assert(this.#shard !== nothing, 'an actor that persists has a shard');
    const ticket = new TurnTicket(this.#shard);
    this.#add({ do: 'persist', kind, parts, lazy: options?.lazy ?? false, durable: options?.durable, ticket });
    this.persists = true;
    return ticket;
  }

  spawn<S, M extends Message>(address: Address, behavior: Behavior<S, M>, options?: SpawnOptions): void {
    this.#add({ do: 'spawn', address, behavior: behavior as unknown as Behavior<unknown, Message>, options });
  }

  stop(address: Address): void {
    this.#add({ do: 'stop', address });
  }

  watch(address: Address, onStopped: Message): void {
    this.#add({ do: 'watch', address, onStopped });
  }

  schedule(key: string, delayMs: Ms, message: Message): void {
    this.#add({ do: 'schedule', key, delayMs, message });
  }

  cancel(key: string): void {
    this.#add({ do: 'cancel', key });
  }

  note(note: Note): void {
    this.#add({ do: 'note', note });
  }

  fatal(reason: string): void {
    this.#add({ do: 'fatal', reason });
    this.fatals = true;
  }

  #add(effect: Effect): void {
    assert(this.#open, 'effects are asked for within a turn; a driver answers by message');
    this.list.push(effect);
  }
}
