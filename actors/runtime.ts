// What the parts of a system share: the actors by address, those that have something to do, the gate, and the two ways a
// message comes to an actor (`post`) or to nobody (`bury`).

import { assert, present } from '../lib/assert.ts';
import type { MetricDeclaration, Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import type { Message, Note } from './actor.ts';
import type { ActorSystemOptions, Delivery, NoteSink } from './actor-system.ts';
import type { Address } from './address.ts';
import type { AskRecord } from './asks.ts';
import type { Cell } from './cell.ts';
import { createDeadLetterOffice, type DeadLetterOffice, type DeadLetterReason } from './dead-letters.ts';
import { Fifo } from './fifo.ts';
import { Gate } from './gate.ts';
import { type ActorLimits, actorLimits } from './limits.ts';
import { fromOutside } from './mailbox.ts';
import { actorMetrics } from './metrics.ts';
import type { Clock, TurnLog } from './ports.ts';
import type { Stamp } from './stamp.ts';
import { createTransitionRing, type TransitionRing } from './transitions.ts';

/** A message that its actor gets when a position is durable. */
interface DurableNotice {
  readonly position: number;
  readonly cell: Cell;
  readonly life: number;
  readonly message: Message;
}

export interface Shard {
  readonly name: string;
  /** its journal's place in stamps; shards that are views of one journal share it */
  readonly index: number;
  readonly log: TurnLog;
  readonly notices: Fifo<DurableNotice>;
}

export class Runtime {
  readonly clock: Clock;
  readonly limits: ActorLimits;
  readonly random: Random | undefined;
  readonly sink: NoteSink;
  readonly metrics: Metrics;
  readonly gate: Gate;
  readonly cells = new Map<Address, Cell>();
  readonly ready = new Fifo<Cell>();
  readonly openAsks = new Set<AskRecord>();
  readonly transitions: TransitionRing;
  readonly office: DeadLetterOffice;
  readonly shardsByName = new Map<string, Shard>();
  readonly #onFatal: (reason: string) => void;
  readonly #run: () => void;
  #scheduled = false;
  halted = false;
  fatalReason: string | null = null;

  /** @param run runs turns; called through the clock, never directly */
  constructor(options: ActorSystemOptions, run: (runtime: Runtime) => void) {
    this.clock = options.clock;
    this.limits = { ...actorLimits, ...options.limits };
    this.random = options.random;
    this.sink = options.notes;
    this.metrics = options.notes.metrics;
    this.metrics.declare(...(actorMetrics as readonly MetricDeclaration[]));
    this.gate = new Gate(this.limits);
    this.transitions = createTransitionRing(this.limits.transitions);
    this.office = createDeadLetterOffice(this.limits.deadLetters);
    this.#onFatal = options.onFatal;
    this.#run = () => {
      this.#scheduled = false;
      if (!this.halted) run(this);
    };
    for (const [name, log] of Object.entries(options.shards)) this.addShard(name, log);
  }

  addShard(name: string, log: TurnLog, sharedWith?: string): void {
    assert(!this.shardsByName.has(name), 'a shard is opened once');
    const index = sharedWith === undefined ? this.gate.addJournal(log) : this.shard(sharedWith).index;
    const shard: Shard = { name, index, log, notices: new Fifo() };
    this.shardsByName.set(name, shard);
    log.onDurable(() => this.deliverNotices(shard));
    log.onFailed?.((reason) => this.fatal(`shard ${name}: ${reason}`));
  }

  removeShard(name: string): void {
    const shard = this.shardsByName.get(name);
    if (shard === undefined) return;
    this.shardsByName.delete(name);
    const shared = [...this.shardsByName.values()].some(({ index }) => index === shard.index);
    if (!shared) this.gate.retireJournal(shard.index);
  }

  shard(name: string): Shard {
    return present(this.shardsByName.get(name), `the shard ${name} is open`);
  }

  deliverNotices(shard: Shard): void {
    for (let next = shard.notices.peek(); next !== undefined; next = shard.notices.peek()) {
      if (next.position > shard.log.durable || this.halted) return;
      shard.notices.shift();
      this.postOwn(next.cell, next.life, next.message);
    }
  }

  /** to whoever has the address now */
  send(to: Address, message: Message, stamp: Stamp, asker?: AskRecord): Delivery {
    const cell = this.cells.get(to);
    if (cell !== undefined) return this.post(cell, message, stamp, asker, fromOutside);
    this.bury(to, message, 'no-such-actor');
    return 'refused';
  }

  /** what an actor's own life asked for: a timer, an answer, a notice; it dies with that life */
  postOwn(cell: Cell, life: number, message: Message): void {
    if (cell.life === life) this.post(cell, message, cell.stamp, undefined, life);
    else this.bury(cell.address, message, 'earlier-life');
  }

  post(cell: Cell, message: Message, stamp: Stamp, asker: AskRecord | undefined, life: number): Delivery {
    if (this.halted) return 'refused';
    const pushed = cell.mailbox.push(message, stamp, asker, life);
    if (pushed !== 'taken' && pushed !== 'pause') this.bury(cell.address, message, pushed);
    this.wake(cell);
    return pushed === 'taken' || pushed === 'pause' ? pushed : pushed === 'replaced' ? 'taken' : 'refused';
  }

  wake(cell: Cell): void {
    if (cell.queued || !cell.ready) return;
    cell.queued = true;
    this.ready.push(cell);
    this.scheduleRun();
  }

  scheduleRun(): void {
    if (this.#scheduled || this.halted) return;
    this.#scheduled = true;
    this.clock.soon(this.#run);
  }

  bury(to: Address, message: Message, reason: DeadLetterReason): void {
    this.office.bury({ wallMs: this.clock.wallMs(), to, type: message.type, reason });
    this.metrics.count('psky_actor_dead_letters_total', 1, { reason });
  }

  note(cell: Cell, note: Note): void {
    if ('transition' in note) {
      const { transition: machine, from, event, to } = note;
      this.transitions.append({ wallMs: this.clock.wallMs(), actor: cell.address, machine, from, event, to });
    } else this.sink.note(cell.address, cell.behavior.kind, note);
  }

  fatal(reason: string): void {
    if (this.halted) return;
    this.fatalReason = reason;
    this.halt();
    this.#onFatal(reason);
  }

  halt(): void {
    this.halted = true;
    this.gate.close();
    this.ready.clear();
    for (const ask of this.openAsks) ask.timer?.cancel();
    this.openAsks.clear();
    for (const cell of this.cells.values()) {
      cell.restartTimer?.cancel();
      for (const timer of cell.timers.values()) timer.cancel();
      cell.timers.clear();
    }
  }
}
