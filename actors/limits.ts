// Every bound of this room, with its arithmetic and what happens there.

import { MiB, type Ms, milliseconds, minutes } from '../lib/units.ts';

export interface ActorLimits {
  /**
   * A mailbox takes up to `capacity` messages; `keep` messages go on to `capacity × mailboxHardFactor`, with the sender
   * told to pause from `capacity` on. Beyond it they are dead letters, reason `mailbox-full`.
   */
  readonly mailboxHardFactor: number;
  /** Actors per system. At 1 KB each 100 MB. At the bound `spawn` fails the spawning actor. */
  readonly actors: number;
  /** Questions open at once, 200 B each: 13 MB. At the bound the asker's timeout comes at once. */
  readonly openAsks: number;
  /** Turns before the loop gives way to inputs. 256 × ~10 µs stay below `sliceMs`. What is left runs in the next round. */
  readonly turnsPerRun: number;
  /** Turns of one actor in a row before the next actor's; keeps its state in the processor's cache, starves nobody. */
  readonly turnsPerVisit: number;
  /** A run gives way to inputs after this long, between two turns. */
  readonly sliceMs: Ms;
  /** A turn that takes longer is counted in psky_actor_slow_turns_total. */
  readonly turnBudgetMs: Ms;
  /**
   * Frames of one outlet that wait for a sync. A sync takes 0.2–20 ms; at 10,000 frames/s through one outlet 65,536 are
   * 6 s of a stuck disk. At the bound the outlet's waiting frames are dropped and it is abandoned (its connection ends).
   */
  readonly gateFramesPerOutlet: number;
  /** Bytes of all frames that wait. At the bound the outlet of the frame that came last is abandoned. */
  readonly gateBytes: number;
  /** Dead letters that `inspect` shows; older ones are only counted. */
  readonly deadLetters: number;
  /** Machine transitions kept, 200 B each: 0.8 MB. Older ones are overwritten; readers are told how many they lost. */
  readonly transitions: number;
}

export const actorLimits: ActorLimits = {
  mailboxHardFactor: 4,
  actors: 100_000,
  openAsks: 65_536,
  turnsPerRun: 256,
  turnsPerVisit: 32,
  sliceMs: milliseconds(5),
  turnBudgetMs: milliseconds(5),
  gateFramesPerOutlet: 65_536,
  gateBytes: 256 * MiB,
  deadLetters: 100,
  transitions: 4096,
};

/** Messages of a durable actor that their receivers have not acknowledged. At the bound it takes no further input: its senders retry. */
export const durableOutbox = 1024;

/** Actors that one durable actor receives durable messages from. At the bound new senders are not acknowledged. */
export const durableSenders = 4096;

/** State and outbox of one durable actor, written with every turn. A turn that leaves more fails. */
export const durableRecordBytes = 16 * MiB;

/** A durable actor sends its unacknowledged messages again after this long without progress. */
export const durableResendMs: Ms = milliseconds(1000);

/** Timers of node count in 32 bits: a longer wait is taken in steps. */
export const longestTimerMs = 2 ** 31 - 1;

/** What a failing actor gets that was spawned without `supervision`. */
export const defaultSupervision = {
  strategy: 'one-for-one',
  restarts: 3,
  withinMs: minutes(1),
} as const;

/** What `describe` shows of a value: nesting, entries of each collection, characters of each text. The rest is cut, and says so. */
export const shownDepth = 4;
export const shownEntries = 32;
export const shownCharacters = 256;
