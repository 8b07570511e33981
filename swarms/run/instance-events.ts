// What happens to a party's part of an instance, and what follows from it: plain data both.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Description } from '../description.ts';
import type { HopEntry, Verify } from './book.ts';
import type { Envelope, SwarmMessage } from './message.ts';
import type { Signed } from './own.ts';
import type { Party, Turn } from './record.ts';

export type InstanceEvent =
  | ({ readonly type: 'begin' } & Signed)
  | { readonly type: 'arrived'; readonly envelope: Envelope }
  /** a phase is through; `own` holds the values that stay with its role, sealed to its agent */
  | ({ readonly type: 'finished'; readonly run: number; readonly own: Bytes | null } & Signed)
  | ({ readonly type: 'undone'; readonly run: number } & Signed)
  /** what came too late has been taken back, or could not be */
  | { readonly type: 'taken-back'; readonly run: number }
  /** somebody wants to know how it ends, or has ended */
  | { readonly type: 'tell' }
  | { readonly type: 'cancel'; readonly reason: string }
  | { readonly type: 'unreachable'; readonly agent: string; readonly code: string }
  /** time has passed, or the instance is back from the disk */
  | { readonly type: 'wake' };

export type InstanceEffect =
  | { readonly do: 'send'; readonly to: string; readonly message: SwarmMessage; readonly signature: Bytes | null }
  | { readonly do: 'run'; readonly run: number }
  | { readonly do: 'undo'; readonly run: number }
  /** the run came too late: what it did is undone here and nobody waits for it */
  | { readonly do: 'take-back'; readonly run: number; readonly turn: Turn }
  | { readonly do: 'hop'; readonly hop: HopEntry }
  /** it is over */
  | { readonly do: 'ended' }
  /** and everybody who is to know knows */
  | { readonly do: 'settled' };

export interface InstanceOptions {
  readonly id: string;
  readonly description: Description;
  readonly descriptionHash: Hash;
  /** the agent whose part this is */
  readonly agent: string;
  readonly verify: Verify;
  /** the keeper's head and the words of parties, by the keys that the start names */
  readonly verifyMessage: (party: Party, envelope: Envelope) => boolean;
  /** @returns why this agent takes no part among these parties */
  readonly admit: (parties: readonly Party[]) => string | undefined;
}

/** To be stored before the effects of the same event are performed. */
export interface Changes {
  readonly records: readonly { readonly n: number; readonly raw: Bytes }[];
  readonly letters: readonly { readonly run: number; readonly sealed: Bytes }[];
  /** whether `own` changed */
  readonly own: boolean;
}
