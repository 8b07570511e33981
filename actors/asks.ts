// Questions with a deadline: who asked, and what becomes of the reply. A question ends once, by its reply or its timeout.

import type { Result } from '../lib/result.ts';
import type { Ms } from '../lib/units.ts';
import type { Asker, Message } from './actor.ts';
import type { AskFault } from './actor-system.ts';
import type { Cell } from './cell.ts';
import type { Timer } from './ports.ts';

export interface AskOptions {
  readonly deadlineMs: Ms;
  readonly onReply: (reply: Message) => Message;
  readonly onTimeout: () => Message;
}

export type AskRecord = ActorAsk | DriverAsk;

/** asked by an actor in a turn */
export interface ActorAsk extends Asker {
  readonly by: 'actor';
  readonly cell: Cell;
  readonly life: number;
  readonly options: AskOptions;
  timer: Timer | undefined;
}

/** asked by a driver: its reply leaves the process, through the gate */
export interface DriverAsk extends Asker {
  readonly by: 'driver';
  readonly done: (outcome: Result<Message, AskFault>) => void;
  timer: Timer | undefined;
  replied: boolean;
}
