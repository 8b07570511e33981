// What a composition root, a driver and the observer see of a system of actors. `system.ts` implements it.

import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import type { Result } from '../lib/result.ts';
import type { Ms } from '../lib/units.ts';
import type { Behavior, Description, Message, Note, SpawnOptions } from './actor.ts';
import type { Address } from './address.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ActorLimits } from './limits.ts';
import type { Clock, TurnLog } from './ports.ts';
import type { TransitionRing } from './transitions.ts';

export interface ActorSystemOptions {
  readonly clock: Clock;
  /** Journals by shard name. The first is that of actors at the root which name none. More can come with `addShard`. */
  readonly shards: Readonly<Record<string, TurnLog>>;
  readonly notes: NoteSink;
  /**
   * A shard reported a failed write, an actor asked for it, or a failure escalated past the root: called once, after
   * which no turn runs and no frame leaves. The caller ends the process (the simulator: crashes the node).
   */
  readonly onFatal: (reason: string) => void;
  /** spreads restarts: a back-off is shortened by up to a quarter; without it back-offs are exact */
  readonly random?: Random;
  readonly limits?: Partial<ActorLimits>;
}

/** Where log lines and metrics of actors go. Never throws. */
export interface NoteSink {
  note(from: Address, kind: string, note: Note): void;
  /** the system's own metrics are counted here */
  readonly metrics: Metrics;
}

/**
 * What became of a message given to `deliver`.
 * `pause`: taken, but its receiver is behind; send no more before `onRelief`. `refused`: not taken, now a dead letter.
 */
export type Delivery = 'taken' | 'pause' | 'refused';

export type AskFault = 'timeout' | 'no-such-actor' | 'mailbox-full' | 'too-many-asks' | 'halted';

export interface ActorSystem {
  /** Starts an actor at the root of the supervision tree. Its `start` has run when this returns. */
  spawn<S, M extends Message>(address: Address, behavior: Behavior<S, M>, options?: SpawnOptions): void;
  /** stops an actor and all below it; nothing happens where there is none */
  stop(address: Address): void;
  /** How drivers bring the world's messages in. */
  deliver(to: Address, message: Message): Delivery;
  /** Calls `resume` once, when the actor's mailbox is at most half full again or the actor has stopped. */
  onRelief(address: Address, resume: () => void): void;
  /** How drivers ask. The reply passes the gate: `done` runs when all that the reply rests on is durable. */
  ask(to: Address, message: Message, timeoutMs: Ms, done: (outcome: Result<Message, AskFault>) => void): void;
  /**
   * A shard that was opened later. The name must be free.
   * @param sharedWith a shard that is another view of the same journal: the same positions, the same syncs. Naming it
   *   keeps the record of causes that each message carries as short as the number of journals.
   */
  addShard(name: string, log: TurnLog, sharedWith?: string): void;
  /** The shard is closed. Frames that wait for what it never made durable can never leave: their outlets are abandoned. */
  removeShard(name: string): void;
  /** Stops the process by `onFatal`, as `effects.fatal` does. */
  fatal(reason: string): void;
  /** Nothing runs, answers or leaves from here on; timers are cancelled. How a node ends, and how a simulated one crashes. */
  halt(): void;
  has(address: Address): boolean;
  inspect(): SystemReport;
  /** @returns undefined where there is no such actor */
  describe(address: Address): ActorDetail | undefined;
  readonly transitions: TransitionRing;
}

export interface ActorReport {
  readonly address: Address;
  readonly kind: string;
  /** `failed` waits for its restart */
  readonly life: 'running' | 'failed';
  /** the state of its machine, where it has one */
  readonly state: string | null;
  readonly parent: Address | null;
  readonly shard: string | null;
  readonly mailboxDepth: number;
  readonly mailboxCapacity: number;
  readonly turns: number;
  readonly restarts: number;
  readonly lastError: { readonly message: string; readonly wallMs: number } | null;
}

export interface ActorDetail extends ActorReport {
  readonly children: readonly Address[];
  readonly strategy: string;
  /** printable: secrets are `[secret]`, bytes are hex, long values are cut */
  readonly context: Description['context'] | null;
}

export interface SystemReport {
  /** in the order in which they were first spawned */
  readonly actors: readonly ActorReport[];
  readonly deadLetters: DeadLetters;
  readonly gate: GateReport;
  readonly fatal: string | null;
}

export interface GateReport {
  readonly waitingFrames: number;
  readonly waitingBytes: number;
  readonly waitingOutlets: number;
  readonly abandonedOutlets: number;
}
