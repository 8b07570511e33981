// An agent at home: its keys, what it keeps, the descriptions that it executes, and its part in every instance, each an actor
// that is in memory only while something happens.

import { type Address, address, type Message, type Timer } from '../../actors/index.ts';
import { present } from '../../lib/assert.ts';
import { type Bytes, toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import { type Ms, milliseconds } from '../../lib/units.ts';
import type { AgentHostOptions, AgentHostWorld, AgentProgram, StartOptions } from './agent-options.ts';
import { Instance } from './instance.ts';
import { type InstanceHost, type InstanceMessage, instanceBehavior } from './instance-actor.ts';
import type { InstanceEffect, InstanceEvent } from './instance-events.ts';
import { isInstanceId, loadInstance, readLiveMark, rows, type StoredInstance, tail } from './instance-rows.ts';
import { type Interceptor, Interceptors } from './interceptors.ts';
import { KeptValues } from './kept.ts';
import { comebackMs, comebacks, longestLookMs, lookEveryMs, maxLiveInstances, outcomeMs } from './limits.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, headText, messageText } from './message.ts';
import { Newcomers } from './newcomers.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { OutcomeWaiters } from './outcome-waiters.ts';
import { nothingOwn } from './own.ts';
import { runPhase, runUndo } from './phase-runner.ts';
import { type AgentCard, sameKeys } from './ports.ts';
import { encodeTurn, encodeUndone, isSignedBy, type Party, signedText, type Turn } from './record.ts';
import { descriptionIn, startOf } from './start.ts';

export class AgentHost {
  readonly #world: AgentHostWorld;
  readonly #options: AgentHostOptions;
  readonly #programs: ReadonlyMap<Hash, AgentProgram>;
  readonly #interceptors: Interceptors;
  readonly #kept = new KeptValues();
  /** instances that are not in memory, with the instant at which something is to happen */
  readonly #away = new Map<string, number>();
  readonly #failures = new Map<string, number[]>();
  readonly #waiters: OutcomeWaiters;
  readonly #newcomers: Newcomers;
  readonly #settlers = new Map<string, (() => void)[]>();
  readonly #present = new Set<string>();
  #lookTimer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #started = false;
  #closed = false;

  constructor(world: AgentHostWorld, options: AgentHostOptions) {
    this.#world = world;
    this.#options = options;
    this.#programs = new Map(options.programs.map((each) => [each.program.hash, each]));
    this.#interceptors = options.interceptors ?? new Interceptors();
    this.#waiters = new OutcomeWaiters(world.clock);
    const { agent } = options.card;
    const { store, directory, log } = world;
    this.#newcomers = new Newcomers({
      ...{ agent, store, directory, log },
      verify: (signer, text, signature) => this.#verify(signer, text, signature),
      whyNot: (parties) => this.#whyNot(parties),
      knows: (description) => this.#programs.has(description),
    });
  }

  /** Loads what the agent keeps, and goes on with every instance in which something is left to do. */
  start(done: (fault: string | undefined) => void): void {
    const { store } = this.#world;
    rows(store, 'k/', Number.MAX_SAFE_INTEGER, (fault, kept) => {
      if (fault !== undefined) return done(fault.message);
      for (const [key, value] of kept) this.#kept.load(tail(key, 'k/'), value);
      rows(store, 'w/', maxLiveInstances, (liveFault, live) => {
        if (liveFault !== undefined) return done(liveFault.message);
        for (const row of live) {
          const { id, dueMs } = readLiveMark(row);
          this.#away.set(id, dueMs);
        }
        this.#started = true;
        this.#look();
        done(undefined);
      });
    });
  }

  /** No instance goes on here; what they were doing is done again after the next start. */
  close(): void {
    this.#closed = true;
    this.#lookTimer?.timer.cancel();
    for (const id of this.#present) this.#world.system.stop(this.#addressOf(id));
  }

  /** Bytes that another agent sent. */
  receive(bytes: Bytes): void {
    const envelope = decodeEnvelope(bytes);
    if (envelope === undefined || !isInstanceId(envelope.instance)) {
      this.#world.log.warn('a message cannot be read', { agent: this.#options.card.agent });
      return;
    }
    // what it keeps is not read yet; whoever sent it sends it again
    if (!this.#started || this.#closed) return;
    const { instance, from } = envelope;
    const welcome = (): void => this.#deliver(instance, { type: 'arrived', envelope });
    if (this.#present.has(instance)) return welcome();
    this.#newcomers.meet(envelope, this.#away.has(instance), { welcome, stranger: () => this.#refuse(instance, from) });
  }

  /**
   * Starts an instance, or goes on with the one of that id.
   *
   * @returns its id, when it is durable that it has started or soon will be
   * @throws PskyError where the input does not fit, a role cannot be bound, or the agent has too many instances
   */
  async begin({ program, bind, input, instance }: StartOptions): Promise<string> {
    const { secureRandom } = this.#world;
    const id = instance ?? toHex(secureRandom(16));
    if (!this.#isWelcome(id))
      throw new PskyError(
        'overloaded',
        `${this.#options.card.agent} takes no part in more instances, or not in '${id}' again before it is restarted.`,
      );
    const starter = this.#options.card.agent;
    const trace = toHex(secureRandom(16));
    const body = await startOf({ program, bind, input, id, trace, starter }, this.#world);
    this.#deliver(id, { type: 'begin', body, signature: this.#sign(signedText('start', body)) });
    return id;
  }

  /**
   * How the instance, which this agent keeps, ended, as soon as it has.
   *
   * @param within how long to wait for that
   * @throws PskyError where there is no such instance, it has not ended in time, or too many wait
   */
  async outcome(id: string, within: Ms = outcomeMs): Promise<Outcome> {
    if (!this.#isWelcome(id) || this.#waiters.full) {
      const { agent } = this.#options.card;
      throw new PskyError('overloaded', `${agent} cannot say how '${id}' ends before others have ended.`);
    }
    const outcome = this.#waiters.wait(id, within);
    this.#deliver(id, { type: 'tell' });
    return outcome;
  }

  /** Resolves when everybody who is to know how the instance ended knows it; call it before that. */
  settled(id: string): Promise<void> {
    return new Promise((resolve) => this.#settlers.set(id, [...(this.#settlers.get(id) ?? []), resolve]));
  }

  /**
   * From now on it looks at the phases that this agent runs, before or after them.
   *
   * @returns removes it
   * @throws PskyError where it cannot be used, or there are too many
   */
  intercept(interceptor: Interceptor): () => void {
    return this.#interceptors.add(interceptor);
  }

  cancel(id: string, reason: string): void {
    this.#deliver(id, { type: 'cancel', reason });
  }

  unreachable(id: string, agent: string): void {
    this.#deliver(id, { type: 'unreachable', agent, code: 'swarm-agent-unknown' });
  }

  // — actors —

  #addressOf(id: string): Address {
    return address(this.#options.card.agent.replaceAll('/', ':'), 'swarm', id);
  }

  #deliver(id: string, event: InstanceEvent): void {
    if (this.#closed || !this.#isWelcome(id)) return;
    const { system } = this.#world;
    const to = this.#addressOf(id);
    if (!system.has(to)) {
      this.#away.delete(id);
      this.#present.add(id);
      const supervision = { strategy: 'stop', restarts: 0, withinMs: milliseconds(0) } as const;
      system.spawn(to, instanceBehavior(this.#hostOf(id)), { supervision });
    }
    const message: InstanceMessage & Message = { type: 'event', event };
    system.deliver(to, message);
  }

  #isWelcome(id: string): boolean {
    if ((this.#failures.get(id)?.length ?? 0) > comebacks) return false;
    return (
      this.#present.has(id) ||
      this.#away.has(id) ||
      this.#present.size + this.#away.size < (this.#options.maxLive ?? maxLiveInstances)
    );
  }

  /** Brings back whose time has come. A look at 100,000 costs a millisecond, so there is one a second at most. */
  #look(): void {
    this.#lookTimer = undefined;
    if (this.#closed) return;
    const now = this.#world.clock.wallMs();
    for (const [id, dueMs] of this.#away) if (dueMs <= now) this.#deliver(id, { type: 'wake' });
    let next = Number.POSITIVE_INFINITY;
    for (const dueMs of this.#away.values()) next = Math.min(next, dueMs);
    this.#lookAt(next);
  }

  #lookAt(dueMs: number): void {
    const { clock } = this.#world;
    if (!Number.isFinite(dueMs) || (this.#lookTimer !== undefined && this.#lookTimer.atMs <= dueMs)) return;
    this.#lookTimer?.timer.cancel();
    const delayMs = Math.min(longestLookMs, Math.max(lookEveryMs, dueMs - clock.wallMs()));
    this.#lookTimer = { atMs: dueMs, timer: clock.after(milliseconds(delayMs), () => this.#look()) };
  }

  #left(id: string, { clean, dueMs }: { readonly clean: boolean; readonly dueMs: number | undefined }): void {
    this.#present.delete(id);
    if (this.#closed) return;
    if (clean) {
      if (dueMs !== undefined) this.#leaveUntil(id, dueMs);
      return;
    }
    const now = this.#world.clock.wallMs();
    const recent = [...(this.#failures.get(id) ?? []).filter((at) => now - at < 60_000), now];
    this.#failures.set(id, recent);
    if (recent.length <= comebacks) this.#leaveUntil(id, now + comebackMs);
    else this.#world.log.error('an instance is parked: it fails again and again', { instance: id });
  }

  #leaveUntil(id: string, dueMs: number): void {
    this.#away.set(id, dueMs);
    this.#lookAt(dueMs);
  }

  #hostOf(id: string): InstanceHost {
    const { store, log } = this.#world;
    return {
      kept: this.#kept,
      load: (done) => loadInstance(store, id, done),
      restore: (stored, first) => this.#restore(id, stored, first),
      write: (writes, done) => store.batch(writes, { sync: true }, done),
      run: (task, draft, done) => void runPhase(this.#phaseWorld(task), task, draft).then(done),
      undo: (task, draft, done) => void runUndo(this.#phaseWorld(task), task, draft).then(done),
      signTurn: (turn: Turn) => this.#signed('turn', encodeTurn(turn)),
      signUndone: ({ instance, description, role, run, after }, fault) =>
        this.#signed('undone', encodeUndone({ instance, description, role, run, after, fault })),
      signHead: (length, head) => this.#sign(headText(id, length, head)),
      perform: (effect, instance) => this.#perform(effect, instance),
      absent: () => void this.#waiters.tell(id, undefined),
      left: (how) => {
        if (!how.clean && !this.#closed) log.error('an instance failed', { instance: id });
        this.#left(id, how);
      },
    };
  }

  #phaseWorld({ description, role }: { readonly description: Hash; readonly role: string }) {
    const { program, implementations } = present(
      this.#programs.get(description),
      'instances of unknown descriptions are refused',
    );
    const { sealing } = this.#world;
    const implementation = implementations[role] ?? {};
    return { program, implementation, sealing, keys: this.#options.keys.sealing, interceptors: this.#interceptors };
  }

  #restore(id: string, stored: StoredInstance, first: InstanceEvent | undefined): Instance | undefined {
    const hash = descriptionIn(stored, first);
    const known = hash === undefined ? undefined : this.#programs.get(hash);
    if (known === undefined) {
      if (hash !== undefined && first?.type === 'arrived') this.#refuse(id, first.envelope.from);
      return undefined;
    }
    const instance = new Instance(
      {
        id,
        description: known.program.description,
        descriptionHash: known.program.hash,
        agent: this.#options.card.agent,
        verify: (party, kind, body, signature) => this.#verify(party, signedText(kind, body), signature),
        verifyMessage: (party, envelope) => this.#verifyMessage(party, envelope),
        admit: (parties) => this.#whyNot(parties),
      },
      stored.own ?? nothingOwn(),
      new Map(stored.letters),
    );
    for (const raw of stored.records) {
      const fault = instance.restore(raw);
      if (fault === undefined) continue;
      this.#world.log.error('the records of an instance are damaged', { instance: id, ...fault });
      return undefined;
    }
    return instance;
  }

  /** An agent takes part only among those whom it knows, under the keys that they have now, and in roles that are its own. */
  #whyNot(parties: readonly Party[]): string | undefined {
    const self = this.#options.card.agent;
    if (!parties.some(({ agent }) => agent === self)) return `'${self}' has no role in it.`;
    const stranger = parties.find((party) => {
      const card = this.#world.directory.find(party.agent);
      return card === undefined || !sameKeys(card, party);
    });
    return stranger === undefined ? undefined : `'${stranger.agent}' is unknown here, or has other keys.`;
  }

  #perform(effect: Extract<InstanceEffect, { do: 'send' | 'hop' | 'ended' | 'settled' }>, instance: Instance): void {
    const { id } = instance.options;
    switch (effect.do) {
      case 'send': {
        const { message } = effect;
        const signature =
          effect.signature ?? (message.type === 'offer' ? undefined : this.#sign(messageText(id, message)));
        const envelope = {
          instance: id,
          from: this.#options.card.agent,
          message,
          signature: present(signature, 'offers are signed'),
        };
        this.#world.courier.send(effect.to, encodeEnvelope(envelope), () => this.unreachable(id, effect.to));
        return;
      }
      case 'hop':
        return this.#options.onHop?.(id, effect.hop);
      case 'ended':
        return void this.#waiters.tell(id, outcomeOf(instance, this.#world.sealing, this.#options.keys.sealing));
      case 'settled':
        for (const resolve of this.#settlers.get(id) ?? []) resolve();
        this.#settlers.delete(id);
    }
  }

  #refuse(id: string, to: string): void {
    const message = { type: 'refuse', code: 'swarm-description-unknown' } as const;
    const signature = this.#sign(messageText(id, message));
    const envelope = { instance: id, from: this.#options.card.agent, message, signature };
    this.#world.courier.send(to, encodeEnvelope(envelope), () => undefined);
  }

  // — keys —

  #sign(text: Bytes): Bytes {
    return this.#world.suite.sign(this.#options.keys.signing, text);
  }

  #signed(kind: 'turn' | 'undone', body: Bytes) {
    return { body, signature: this.#sign(signedText(kind, body)) };
  }

  #verify(signer: AgentCard, text: Bytes, signature: Bytes): boolean {
    return isSignedBy(this.#world.suite, signer, text, signature);
  }

  #verifyMessage(party: Party, envelope: Envelope): boolean {
    const { instance, from, message, signature } = envelope;
    if (message.type === 'offer' || party.agent !== from) return false;
    const signer = this.#newcomers.signerOf(envelope);
    if (signer !== undefined && sameKeys(signer, party)) return true;
    return this.#verify(party, messageText(instance, message), signature);
  }
}
