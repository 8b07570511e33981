// One actor as the system keeps it: its place in the tree, its mailbox, its state and its history.

import type { Series } from '../lib/metrics.ts';
import type { Behavior, Message, Supervision } from './actor.ts';
import type { Address } from './address.ts';
import type { TurnEffects } from './effects.ts';
import type { Mailbox } from './mailbox.ts';
import type { Timer } from './ports.ts';
import type { Shard } from './runtime.ts';
import { noStamp, type Stamp } from './stamp.ts';
import { FailureHistory } from './supervisor.ts';

/** `starting`: its `start` is its next turn. `failed`: it waits for its restart. `stopped`: for good. */
export type Life = 'starting' | 'running' | 'failed' | 'stopped';

export interface Watcher {
  readonly cell: Cell;
  readonly life: number;
  readonly message: Message;
}

export interface CellParts {
  readonly address: Address;
  readonly behavior: Behavior<unknown, Message>;
  readonly parent: Cell | undefined;
  readonly shard: Shard | undefined;
  readonly supervision: Supervision;
  readonly mailbox: Mailbox;
  readonly effects: TurnEffects;
  readonly turnSeconds: Series;
}

export class Cell {
  readonly address: Address;
  readonly behavior: Behavior<unknown, Message>;
  readonly parent: Cell | undefined;
  readonly shard: Shard | undefined;
  readonly supervision: Supervision;
  readonly mailbox: Mailbox;
  readonly effects: TurnEffects;
  readonly turnSeconds: Series;
  /** in the order in which they were first started */
  readonly children = new Set<Cell>();
  readonly timers = new Map<string, Timer>();
  readonly failures = new FailureHistory();
  /** failures of the children under rest-for-one, which count together */
  readonly groupFailures = new FailureHistory();
  watchers: Watcher[] = [];
  relief: (() => void)[] = [];
  phase: Life = 'starting';
  /** goes up with each failure and at the end; answers and timers belong to one life */
  life = 0;
  state: unknown = undefined;
  hasState = false;
  /** in the queue of those that have something to do */
  queued = false;
  stamp: Stamp = noStamp;
  turns = 0;
  restarts = 0;
  restartTimer: Timer | undefined = undefined;
  lastError: { readonly message: string; readonly wallMs: number } | null = null;

  constructor(parts: CellParts) {
    this.address = parts.address;
    this.behavior = parts.behavior;
    this.parent = parts.parent;
    this.shard = parts.shard;
    this.supervision = parts.supervision;
    this.mailbox = parts.mailbox;
    this.effects = parts.effects;
    this.turnSeconds = parts.turnSeconds;
  }

  get ready(): boolean {
    return this.phase === 'starting' || (this.phase === 'running' && this.mailbox.depth > 0);
  }
}
