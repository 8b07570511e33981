// An instance as an actor: loads it, gives it events, writes what changed, and performs what follows once that is durable.
// Phases run beside the turns and answer by message. When nothing happens for a while it leaves memory.

import type { Behavior, Effects, Message } from '../../actors/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { milliseconds } from '../../lib/units.ts';
import type { Instance } from './instance.ts';
import type { InstanceEffect, InstanceEvent } from './instance-events.ts';
import { changesAsWrites, keptKey, liveMark, type StoredInstance } from './instance-rows.ts';
import type { Draft, KeptValues } from './kept.ts';
import { instanceMailbox, keptTries, passivateMs, undoPauseMs, undoTries } from './limits.ts';
import type { PhaseResult } from './phase-runner.ts';
import { type PhaseTask, taskOf, undoTaskOf } from './phase-task.ts';
import type { SwarmStoreFault, SwarmWrite } from './ports.ts';
import type { Turn } from './record.ts';

/** What the actor asks of the agent that it belongs to. */
export interface InstanceHost {
  readonly kept: KeptValues;
  load(done: (fault: SwarmStoreFault | undefined, stored: StoredInstance) => void): void;
  /** @returns undefined where the store holds what no instance of a known description can be */
  restore(stored: StoredInstance, first: InstanceEvent | undefined): Instance | undefined;
  write(writes: readonly SwarmWrite[], done: (fault: SwarmStoreFault | undefined) => void): void;
  run(task: PhaseTask, draft: Draft, done: (result: PhaseResult) => void): void;
  undo(task: PhaseTask, draft: Draft, done: (fault: string | null) => void): void;
  signTurn(turn: Turn): { readonly body: Bytes; readonly signature: Bytes };
  signUndone(task: PhaseTask, fault: string | null): { readonly body: Bytes; readonly signature: Bytes };
  /** the keeper's word for a chain */
  signHead(length: number, head: Hash): Bytes;
  perform(effect: Extract<InstanceEffect, { do: 'send' | 'hop' | 'ended' | 'settled' }>, instance: Instance): void;
  /** there is no such instance here */
  absent(): void;
  /** it leaves memory until `dueMs`; `clean` is false where a bug or the disk ended it */
  left(how: { readonly clean: boolean; readonly dueMs: number | undefined }): void;
}

export type InstanceMessage =
  | { readonly type: 'event'; readonly event: InstanceEvent }
  | { readonly type: 'loaded'; readonly fault: SwarmStoreFault | undefined; readonly stored: StoredInstance }
  | {
      readonly type: 'stored';
      readonly fault: SwarmStoreFault | undefined;
      readonly effects: readonly InstanceEffect[];
    }
  | {
      readonly type: 'ran';
      readonly run: number;
      readonly tries: number;
      readonly draft: Draft;
      readonly result: PhaseResult;
    }
  | ({ readonly type: 'undid'; readonly draft: Draft; readonly fault: string | null } & UndoJob)
  | ({ readonly type: 'undo-again' } & UndoJob)
  | { readonly type: 'wake' }
  | { readonly type: 'idle' };

interface UndoJob {
  readonly run: number;
  readonly tries: number;
  /** what came too late and is taken back */
  readonly late: Turn | null;
}

interface ActorState {
  instance: Instance | undefined;
  readonly waiting: InstanceEvent[];
  /** batches that the store has not answered */
  writing: number;
  /** phases and undos that run */
  running: number;
  /** the mark in the store says so */
  marked: 'unknown' | 'live' | 'settled';
  clean: boolean;
}

type Fx = Effects<InstanceMessage & Message>;

export function instanceBehavior(host: InstanceHost): Behavior<ActorState, InstanceMessage & Message> {
  return {
    kind: 'swarm',
    mailbox: { capacity: instanceMailbox, overflow: { wake: 'replace', idle: 'replace' } },
    start(_, effects) {
      effects.request((answer) => host.load((fault, stored) => answer({ type: 'loaded', fault, stored })));
      return { instance: undefined, waiting: [], writing: 0, running: 0, marked: 'unknown', clean: false };
    },
    receive: (state, message, effects) => new ActorTurn(host, state, effects).receive(message),
    describe: ({ instance }) => (instance?.book.started === true ? described(instance) : { state: 'created' }),
    discard: ({ clean, instance }) => host.left({ clean, dueMs: instance?.wakeMs }),
  };
}

function described({ book, own, parked }: Instance) {
  const active = [...book.tokens.active];
  const state = parked ? 'parked' : book.life === 'running' && active.length === 0 ? 'joining' : book.life;
  const phases = active.map(({ phase }) => phase);
  return { state, context: { records: book.length, phases, mine: own.mine.size, refused: own.refusedCount } };
}

class ActorTurn {
  readonly #host: InstanceHost;
  readonly #state: ActorState;
  readonly #effects: Fx;

  constructor(host: InstanceHost, state: ActorState, effects: Fx) {
    this.#host = host;
    this.#state = state;
    this.#effects = effects;
  }

  receive(message: InstanceMessage): void {
    const state = this.#state;
    switch (message.type) {
      case 'event':
        if (state.instance !== undefined) return this.#step(message.event);
        if (state.waiting.length < instanceMailbox) state.waiting.push(message.event);
        return;
      case 'loaded':
        return this.#loaded(message.fault, message.stored);
      case 'stored':
        state.writing--;
        if (message.fault !== undefined)
          return this.#effects.fatal(`the store of choreographies: ${message.fault.message}`);
        return this.#perform(message.effects);
      case 'ran':
        return this.#ran(message);
      case 'undid':
        return this.#undid(message);
      case 'undo-again':
        return this.#undo(message);
      case 'wake':
        return this.#step({ type: 'wake' });
      case 'idle':
        return this.#leave();
    }
  }

  /** What came meanwhile follows in order. */
  #loaded(fault: SwarmStoreFault | undefined, stored: StoredInstance): void {
    if (fault !== undefined) return this.#effects.fatal(`the store of choreographies: ${fault.message}`);
    const state = this.#state;
    // who asks may have come before the one that begins
    const first = state.waiting.find(begins) ?? state.waiting[0];
    const isThere = stored.records.length > 0 || first !== undefined;
    const instance = isThere ? this.#host.restore(stored, first) : undefined;
    if (instance === undefined) {
      this.#effects.request(() => this.#host.absent());
      return this.#stop();
    }
    state.instance = instance;
    if (instance.book.started) this.#step({ type: 'wake' });
    for (const event of state.waiting.splice(0)) this.#step(event);
  }

  #step(event: InstanceEvent, writes: readonly SwarmWrite[] = []): void {
    const { instance } = this.#state;
    if (instance === undefined) return;
    const followed = instance.handle(event, this.#effects.wallMs);
    this.#store(instance, writes, followed);
    this.#schedule(instance);
  }

  #store(instance: Instance, more: readonly SwarmWrite[], followed: readonly InstanceEffect[]): void {
    const state = this.#state;
    const { id } = instance.options;
    instance.signEnd(() => this.#host.signHead(instance.book.length, instance.book.head));
    const writes = [...changesAsWrites(id, instance.own, instance.takeChanges()), ...more];
    const mark = instance.settled ? 'settled' : 'live';
    if (instance.book.started && mark !== state.marked) {
      state.marked = mark;
      writes.push(liveMark(id, mark === 'live' ? 0 : undefined));
    }
    // what follows from an event waits for everything that was written before it, too
    if (writes.length === 0 && state.writing === 0) return this.#perform(followed);
    state.writing++;
    this.#effects.request((answer) =>
      this.#host.write(writes, (fault) => answer({ type: 'stored', fault, effects: followed })),
    );
  }

  #schedule(instance: Instance): void {
    const { wakeMs } = instance;
    if (wakeMs === undefined) this.#effects.cancel('wake');
    else this.#effects.schedule('wake', milliseconds(Math.max(1, wakeMs - this.#effects.wallMs)), { type: 'wake' });
    this.#effects.schedule('idle', passivateMs, { type: 'idle' });
  }

  #perform(followed: readonly InstanceEffect[]): void {
    const { instance } = this.#state;
    if (instance === undefined) return;
    for (const effect of followed) {
      switch (effect.do) {
        case 'run':
          this.#run(instance, effect.run, 1);
          break;
        case 'undo':
          this.#undo({ run: effect.run, tries: 1, late: null });
          break;
        case 'take-back':
          this.#undo({ run: effect.run, tries: 1, late: effect.turn });
          break;
        default:
          this.#effects.request(() => this.#host.perform(effect, instance));
      }
    }
  }

  #run(instance: Instance, run: number, tries: number): void {
    const task = taskOf(instance, run);
    const draft = this.#host.kept.draft();
    this.#state.running++;
    this.#effects.request((answer) =>
      this.#host.run(task, draft, (result) => answer({ type: 'ran', run, tries, draft, result })),
    );
  }

  #ran({ run, tries, draft, result }: Extract<InstanceMessage, { type: 'ran' }>): void {
    const { instance } = this.#state;
    this.#state.running--;
    // the process has gone on without it, and it has no undo: as if it had not run
    if (instance?.own.mine.get(run)?.status !== 'running') return;
    const failed = result.turn.fault !== null;
    const kept = failed ? [] : this.#host.kept.commit(draft, keptKey);
    if (kept === undefined && tries < keptTries) return this.#run(instance, run, tries + 1);
    const turn: Turn =
      kept === undefined ? { ...result.turn, fault: 'swarm-kept-conflict', ...nothingWritten } : result.turn;
    const own = kept === undefined ? null : result.own;
    this.#step({ type: 'finished', run, own, ...this.#host.signTurn(turn) }, kept);
  }

  #undo(job: UndoJob): void {
    const { instance } = this.#state;
    if (instance === undefined) return;
    const task = undoTaskOf(instance, job.run, job.late ?? undefined);
    const draft = this.#host.kept.draft();
    const { run, tries, late } = job;
    this.#state.running++;
    this.#effects.request((answer) =>
      this.#host.undo(task, draft, (fault) => answer({ type: 'undid', run, tries, late, draft, fault })),
    );
  }

  #undid({ run, tries, late, draft, fault }: Extract<InstanceMessage, { type: 'undid' }>): void {
    const { instance } = this.#state;
    this.#state.running--;
    if (instance === undefined) return;
    const kept = fault === null ? this.#host.kept.commit(draft, keptKey) : [];
    if ((fault !== null || kept === undefined) && tries < undoTries) {
      const again: InstanceMessage = { type: 'undo-again', run, tries: tries + 1, late };
      return this.#effects.schedule(`undo ${run}`, milliseconds(undoPauseMs * 2 ** (tries - 1)), again);
    }
    const why = kept === undefined ? 'swarm-kept-conflict' : fault;
    if (why !== null)
      this.#effects.note({ log: 'error', message: 'a phase could not be undone', fields: { run, code: why } });
    if (late !== null) return this.#step({ type: 'taken-back', run }, kept);
    this.#step({ type: 'undone', run, ...this.#host.signUndone(undoTaskOf(instance, run), why) }, kept);
  }

  /** Only when nothing is under way; the mark tells the agent when to bring it back. */
  #leave(): void {
    const { instance, running, writing } = this.#state;
    if (instance === undefined || running > 0 || writing > 0) return;
    const { wakeMs } = instance;
    if (wakeMs !== undefined && wakeMs - this.#effects.wallMs < passivateMs)
      return this.#effects.schedule('idle', passivateMs, { type: 'idle' });
    if (!instance.settled)
      this.#effects.request(() =>
        this.#host.write([liveMark(instance.options.id, instance.parked ? 0 : (wakeMs ?? never))], () => {}),
      );
    this.#stop();
  }

  #stop(): void {
    this.#state.clean = true;
    this.#effects.stop(this.#effects.self);
  }
}

const begins = (event: InstanceEvent): boolean =>
  event.type === 'begin' || (event.type === 'arrived' && event.envelope.message.type === 'news');

/** a mark without an instant: only a message goes on; one at 0, of what is parked, is due at the next start */
const never = 2 ** 48 - 1;

const nothingWritten = { to: '', branches: [], gives: false, shared: [], sealed: [], own: [], letters: [] } as const;
