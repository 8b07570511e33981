// Messages that reached nobody: counted by reason, the newest ones kept to be looked at.

import type { Address } from './address.ts';

export type DeadLetterReason =
  | 'no-such-actor'
  /** the receiver stopped with it unread, or the turn that read it failed: see the actor's last error */
  | 'stopped'
  | 'turn-failed'
  | 'mailbox-full'
  /** the receiver's policy for this type, at capacity */
  | 'dropped'
  | 'replaced'
  /** an answer to, or a timer of, an earlier life of the receiver */
  | 'earlier-life'
  /** nobody waits for this reply any more */
  | 'late-reply';

export interface DeadLetter {
  readonly wallMs: number;
  readonly to: Address;
  readonly type: string;
  readonly reason: DeadLetterReason;
}

export interface DeadLetters {
  readonly total: number;
  readonly byReason: Readonly<Partial<Record<DeadLetterReason, number>>>;
  /** oldest first */
  readonly newest: readonly DeadLetter[];
}

export interface DeadLetterOffice {
  bury(letter: DeadLetter): void;
  report(): DeadLetters;
}

/** @param keep how many letters `report` shows */
export function createDeadLetterOffice(keep: number): DeadLetterOffice {
  const byReason: Partial<Record<DeadLetterReason, number>> = {};
  const newest: DeadLetter[] = [];
  let total = 0;
  return {
    bury(letter) {
      newest[total++ % keep] = letter;
      byReason[letter.reason] = (byReason[letter.reason] ?? 0) + 1;
    },
    report() {
      const oldest = total > keep ? total % keep : 0;
      return { total, byReason: { ...byReason }, newest: [...newest.slice(oldest), ...newest.slice(0, oldest)] };
    },
  };
}
