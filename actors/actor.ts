// What an actor is: a behaviour that turns a message and its own state into effects, and the effects it may ask for.
// A turn is synchronous and reads nothing but its state, its message and the turn's instant; effects are data until the
// turn has returned.

import type { Bytes } from '../lib/bytes.ts';
import type { Ms } from '../lib/units.ts';
import type { Address } from './address.ts';
import type { Outlet } from './ports.ts';
import type { TransitionNote } from './transitions.ts';

export interface Message {
  readonly type: string;
}

/** What a full mailbox does with one more message of a type. */
export type Overflow =
  /** never lost: the sender is told to wait (`pause`), and a message beyond the hard bound is a dead letter */
  | 'keep'
  /** the newest takes the place of the one that waits */
  | 'replace'
  /** the newest is dropped and counted */
  | 'drop';

export interface MailboxPolicy {
  readonly capacity: number;
  readonly overflow?: Readonly<Record<string, Overflow>>;
}

export interface Behavior<State, In extends Message> {
  /** the word for this sort of actor in `inspect`, metrics and logs */
  readonly kind: string;
  readonly mailbox: MailboxPolicy;
  start(self: Address, effects: Effects<In>): State;
  receive(state: State, message: In, effects: Effects<In>): void;
  /** what the observer may see; secrets have type Secret and print as such */
  describe?(state: State): Description;
  /**
   * The actor was stopped, or a turn failed and its state is thrown away: lets go of what drivers hold for it (closes a
   * connection). Reads the state as the last turn left it, even a failed one. Sends nothing; what it throws is logged.
   */
  discard?(state: State): void;
}

export interface Description {
  /** name of the state machine's current state, where the actor has one */
  readonly state?: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** Returned by `persist`; tells the gate what a frame waits for. */
export interface Ticket {
  readonly ticket: true;
  /** where the record stands in the journal; negative until the turn that persisted it has ended */
  readonly position: number;
}

/** Who waits for the answer to an `ask`; plain data to its holder, good for one reply. */
export interface Asker {
  readonly asker: true;
}

export interface EmitOptions {
  /**
   * What must be durable before the frame leaves. By default everything that the actor had persisted, or had learnt
   * from actors that had, at the end of this turn. A signed vote names its own record; a proposal its term's ENTER (D3).
   */
  readonly after?: Ticket | 'nothing';
}

export interface Effects<In extends Message = Message> {
  readonly self: Address;
  /** monotonic instant at which the turn began */
  readonly now: Ms;
  /** wall clock at which the turn began */
  readonly wallMs: number;
  send(to: Address, message: Message): void;
  /** who asked, where an `ask` brought the current message: keep it to reply in a later turn */
  readonly asker: Asker | undefined;
  /** Answers the `ask` that brought the current message, or `to`, kept from an earlier turn. Late replies are dead letters. */
  reply(message: Message, to?: Asker): void;
  /** The timeout also comes at once when too many questions of this process are open. A restart forgets open questions. */
  ask(
    to: Address,
    message: Message,
    options: { readonly deadlineMs: Ms; readonly onReply: (reply: Message) => In; readonly onTimeout: () => In },
  ): void;
  /**
   * Asks a driver for something. `begin` runs after the turn and answers by message, never inside the turn; it may answer
   * more than once (a subscription). Answers for an actor that restarted or stopped meanwhile are dead letters.
   * Not gated: what must not leave before a sync goes through `emit`.
   */
  request(begin: (answer: (message: In) => void) => void): void;
  /** Sends a frame out of the process, through the gate. */
  emit(outlet: Outlet, frame: readonly Bytes[], options?: EmitOptions): void;
  /** Appends to the journal of the actor's shard; `durable` comes back as a message when it is synced. */
  persist(kind: number, parts: readonly Bytes[], options?: { readonly lazy?: boolean; readonly durable?: In }): Ticket;
  /** Starts a child of this actor. An address that is taken fails the spawning actor. */
  spawn<S, M extends Message>(address: Address, behavior: Behavior<S, M>, options?: SpawnOptions): void;
  /** stops an actor and all below it, children first, the youngest before the oldest */
  stop(address: Address): void;
  /** `onStopped` comes when the watched actor has stopped for good; at once where there is none */
  watch(address: Address, onStopped: In): void;
  /** one timer per key: scheduling again replaces it */
  schedule(key: string, delayMs: Ms, message: In): void;
  cancel(key: string): void;
  /** a log line or a metric; muted on replay */
  note(note: Note): void;
  /** the world would be wrong if this process went on (a failed sync): stop it now */
  fatal(reason: string): void;
}

export interface SpawnOptions {
  /** where `persist` appends; by default the parent's */
  readonly shard?: string;
  /** what happens when a turn of this actor throws; by default one-for-one, 3 restarts in a minute */
  readonly supervision?: Supervision;
}

/**
 * What happens to an actor when a turn of it, or its `start`, throws. What others had sent it stays in its mailbox over a
 * restart; its state, children, timers, open questions and requests do not.
 */
export interface Supervision {
  readonly strategy: /** it restarts */
    | 'one-for-one'
    /** it restarts, and so do its siblings of the same strategy that were started after it, in order */
    | 'rest-for-one'
    /** it and all below it stop for good; watchers are told */
    | 'stop'
    /** its parent fails in its place; at the root the process stops */
    | 'escalate';
  /** More than `restarts` within `withinMs` escalates. Siblings under rest-for-one share one count. */
  readonly restarts: number;
  readonly withinMs: Ms;
  /** A restart waits `firstMs`, twice as long each further time, at most `maxMs`; forgotten after `withinMs` without one. */
  readonly backoff?: { readonly firstMs: Ms; readonly maxMs: Ms };
}

export type Note =
  | {
      readonly log: 'trace' | 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly count: string; readonly by?: number; readonly labels?: Readonly<Record<string, string>> }
  | { readonly gauge: string; readonly value: number; readonly labels?: Readonly<Record<string, string>> }
  | { readonly observe: string; readonly value: number; readonly labels?: Readonly<Record<string, string>> }
  | TransitionNote;
