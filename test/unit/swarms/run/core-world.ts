// Pure parts of instances, joined by a network that a tape rules: messages come in any order, twice or never, parties throw
// and keep silent, processes die before or after what they wrote is on the disk. After `heal` everything arrives.

import { type Bytes, fromUtf8, toUtf8 } from '../../../../lib/bytes.ts';
import { encode } from '../../../../lib/codec.ts';
import type { Hash } from '../../../../lib/hash.ts';
import { sha256Hex } from '../../../../lib/hash.ts';
import type { Description } from '../../../../swarms/description.ts';
import { sees } from '../../../../swarms/description.ts';
import { phaseOf } from '../../../../swarms/graph.ts';
import { Instance } from '../../../../swarms/run/instance.ts';
import type { InstanceEffect, InstanceEvent } from '../../../../swarms/run/instance-events.ts';
import { changesAsWrites, loadInstance } from '../../../../swarms/run/instance-rows.ts';
import { MemoryStore } from '../../../../swarms/run/memory-store.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope, messageText } from '../../../../swarms/run/message.ts';
import { nothingOwn } from '../../../../swarms/run/own.ts';
import { type PhaseTask, taskOf, undoTaskOf } from '../../../../swarms/run/phase-task.ts';
import {
  encodeStart,
  encodeTurn,
  encodeUndone,
  type Party,
  signedText,
  type Turn,
} from '../../../../swarms/run/record.ts';
import { encodeValue } from '../../../../swarms/run/values.ts';
import type { Tape } from '../../../model/swarms/tape.ts';

export const instanceId = 'test';

/** What an agent did to the world outside, by its key: what a host's function sees. */
export interface Deed {
  readonly what: 'did' | 'undid';
  readonly phase: string;
  readonly key: string;
}

interface Agent {
  readonly name: string;
  store: MemoryStore;
  instance: Instance | undefined;
  /** asked for, and not done yet in this life */
  jobs: Extract<InstanceEffect, { do: 'run' | 'undo' | 'take-back' }>[];
  /** begun, and slower than everything else: done when the world is healed */
  slow: Agent['jobs'];
  life: number;
}

interface Flight {
  readonly to: string;
  readonly bytes: Bytes;
}

export interface Luck {
  /** one in so many; 0 never */
  readonly lost: number;
  readonly twice: number;
  readonly dies: number;
  readonly throws: number;
  readonly silent: number;
}

const sign = (agent: string, text: Bytes): Bytes => fromUtf8(`${agent} ${sha256Hex(text)}`);
const isSigned = (agent: string, text: Bytes, signature: Bytes): boolean =>
  toUtf8(signature) === `${agent} ${sha256Hex(text)}`;

export class CoreWorld {
  readonly description: Description;
  readonly hash = sha256Hex(fromUtf8('description')) as Hash;
  readonly parties: readonly Party[];
  readonly agents = new Map<string, Agent>();
  readonly deeds: Deed[] = [];
  /** what left an agent, in order */
  readonly sent: Flight[] = [];
  flights: Flight[] = [];
  nowMs = 1_000_000;
  ended = 0;
  /** points at which a process can die; the one of this number does */
  points = 0;
  diesAt = -1;
  readonly #tape: Tape;
  readonly #luck: Luck;
  #healed = false;

  constructor(description: Description, tape: Tape, luck: Luck) {
    this.description = description;
    this.#tape = tape;
    this.#luck = luck;
    this.parties = Object.keys(description.roles).map((role) => ({
      role,
      agent: `a/agent/${role}`,
      signingSuite: 1,
      signingKey: fromUtf8(role),
      sealingSuite: 1,
      sealingKey: fromUtf8(role),
    }));
    for (const { agent } of this.parties) {
      const store = new MemoryStore((run) => run());
      this.agents.set(agent, { name: agent, store, instance: undefined, jobs: [], slow: [], life: 0 });
    }
    for (const { agent } of this.parties) this.#boot(agent);
  }

  get starter(): string {
    const first = phaseOf(this.description, this.description.start);
    return `a/agent/${first?.at ?? ''}`;
  }

  get keeper(): Instance {
    return this.agents.get(this.starter)?.instance as Instance;
  }

  begin(): void {
    const role = this.starter.replace('a/agent/', '');
    const start = {
      instance: instanceId,
      description: this.hash,
      starter: role,
      parties: this.parties,
      letters: [],
      trace: '',
    };
    const body = encodeStart(start);
    this.event(this.starter, { type: 'begin', body, signature: sign(this.starter, signedText('start', body)) });
  }

  event(name: string, event: InstanceEvent): void {
    const agent = this.#agent(name);
    if (agent.instance === undefined) return;
    const effects = agent.instance.handle(event, this.nowMs);
    const changes = agent.instance.takeChanges();
    if (this.#dies()) return this.#crash(name); // nothing of it is on the disk
    const writes = changesAsWrites(instanceId, agent.instance.own, changes);
    agent.store.batch(writes, {}, () => undefined);
    if (this.#dies()) return this.#crash(name); // and nothing of what follows has happened
    for (const effect of effects) this.#perform(agent, effect);
  }

  /** One thing happens. @returns false where nothing is left but time */
  step(): boolean {
    const jobs = [...this.agents.values()].flatMap((agent) => agent.jobs.map((job) => ({ agent, job })));
    const count = jobs.length + this.flights.length;
    if (count === 0) return false;
    const chosen = this.#tape.below(count);
    const job = jobs[chosen];
    if (job !== undefined) this.#do(job.agent, job.job);
    else this.#fly(chosen - jobs.length);
    return true;
  }

  /** to the next instant at which somebody wants to be woken */
  pass(): boolean {
    const next = Math.min(
      ...[...this.agents.values()].map(({ instance }) => instance?.wakeMs ?? Number.POSITIVE_INFINITY),
    );
    if (!Number.isFinite(next)) return false;
    this.nowMs = Math.max(this.nowMs + 1, next);
    for (const { name } of this.agents.values()) this.event(name, { type: 'wake' });
    return true;
  }

  heal(): void {
    this.#healed = true;
    for (const agent of this.agents.values()) agent.jobs.push(...agent.slow.splice(0));
  }

  /** Until nothing is left to happen. @returns a complaint where that never comes */
  run(steps: number): string | undefined {
    for (let i = 0; i < steps; i++) {
      if (this.#lucky(6)) this.pass();
      if (i === steps >> 1) this.heal();
      if (this.step() || this.pass()) continue;
      if (this.#healed) return undefined;
      this.heal();
    }
    return 'it goes on for ever';
  }

  // — what happens —

  #agent(name: string): Agent {
    return this.agents.get(name) as Agent;
  }

  #lucky(oneIn: number): boolean {
    return !this.#healed && oneIn > 0 && this.#tape.oneIn(oneIn);
  }

  #dies(): boolean {
    return this.points++ === this.diesAt || this.#lucky(this.#luck.dies);
  }

  #crash(name: string): void {
    const agent = this.#agent(name);
    agent.jobs = [];
    agent.slow = [];
    agent.instance = undefined;
    agent.life++;
    this.#boot(name);
    this.event(name, { type: 'wake' });
  }

  #boot(name: string): void {
    const agent = this.#agent(name);
    loadInstance(agent.store, instanceId, (_, stored) => {
      agent.instance = new Instance(
        {
          id: instanceId,
          description: this.description,
          descriptionHash: this.hash,
          agent: name,
          verify: (party, kind, body, signature) => isSigned(party.agent, signedText(kind, body), signature),
          verifyMessage: (party, { from, message, signature }) =>
            message.type !== 'offer' &&
            party.agent === from &&
            isSigned(from, messageText(instanceId, message), signature),
          admit: () => undefined,
        },
        stored.own ?? nothingOwn(),
        new Map(stored.letters),
      );
      for (const raw of stored.records)
        if (agent.instance.restore(raw) !== undefined) throw new Error('a stored record is not read back');
    });
  }

  #perform(agent: Agent, effect: InstanceEffect): void {
    switch (effect.do) {
      case 'send': {
        const { message, to } = effect;
        const signature =
          effect.signature ??
          (message.type === 'offer' ? fromUtf8('') : sign(agent.name, messageText(instanceId, message)));
        const envelope: Envelope = { instance: instanceId, from: agent.name, message, signature };
        const flight = { to, bytes: encodeEnvelope(envelope) };
        this.sent.push(flight);
        this.flights.push(flight);
        return;
      }
      case 'ended':
        this.ended++;
        return;
      case 'hop':
      case 'settled':
        return;
      default:
        agent.jobs.push(effect);
    }
  }

  #fly(index: number): void {
    const [flight] = this.flights.splice(index, 1) as [Flight];
    if (this.#lucky(this.#luck.lost)) return;
    if (this.#lucky(this.#luck.twice)) this.flights.push(flight);
    const envelope = decodeEnvelope(flight.bytes);
    if (envelope === undefined) throw new Error('an envelope is not read back');
    this.event(flight.to, { type: 'arrived', envelope });
  }

  #do(agent: Agent, job: Agent['jobs'][number]): void {
    agent.jobs.splice(agent.jobs.indexOf(job), 1);
    const { instance } = agent;
    if (instance === undefined) return;
    if (job.do === 'run') {
      const task = taskOf(instance, job.run);
      if (this.#lucky(this.#luck.silent)) return void agent.slow.push(job);
      const turn = this.#turnOf(task);
      if (turn.fault === null) this.deeds.push({ what: 'did', phase: task.phase, key: `${task.role} ${task.run}` });
      const body = encodeTurn(turn);
      const signature = sign(agent.name, signedText('turn', body));
      const own = turn.own.length > 0 ? fromUtf8('own') : null;
      return this.event(agent.name, { type: 'finished', run: job.run, own, body, signature });
    }
    const late = job.do === 'take-back' ? job.turn : undefined;
    const task = undoTaskOf(instance, job.run, late);
    this.deeds.push({ what: 'undid', phase: task.phase, key: `${task.role} ${task.run}` });
    if (late !== undefined) return this.event(agent.name, { type: 'taken-back', run: job.run });
    const { description, role, run, after } = task;
    const body = encodeUndone({ instance: instanceId, description, role, run, after, fault: null });
    this.event(agent.name, { type: 'undone', run, body, signature: sign(agent.name, signedText('undone', body)) });
  }

  /** As its body says, where it has one; else to any successor. */
  #turnOf(task: PhaseTask): Turn {
    const phase = phaseOf(this.description, task.phase);
    if (phase === undefined) throw new Error('runs are of phases');
    const { instance, description, role, run, after } = task;
    const place = { instance, description, role, run, after };
    // a function that has done what it was asked for by a key says so when it is asked again
    const wasDone = this.deeds.some(({ what, key }) => what === 'did' && key === `${role} ${run}`);
    if (!wasDone && this.#lucky(this.#luck.throws)) return { ...place, ...nothing, to: '', fault: 'swarm-phase-threw' };
    const ways = [
      ...(phase.body?.hops ?? phase.next).map((to) => ({ to, branches: [] })),
      ...(phase.body?.forks ?? []).map(({ branches, join }) => ({
        to: join,
        branches: Object.entries(branches).map(([branch, to]) => ({ branch, to })),
      })),
    ];
    const way = ways[this.#tape.below(ways.length)];
    if (way === undefined) throw new Error(`${task.phase} has nowhere to go`);
    const written = new Set([...(phase.body?.writes ?? []), ...task.merges.keys()]);
    return { ...place, ...nothing, ...way, ...this.#writings(role, run, [...written]) };
  }

  #writings(role: string, run: number, names: readonly string[]): Partial<Turn> {
    const of = (visibility: string): string[] =>
      names.filter((name) => {
        const variable = this.description.state[name];
        return variable?.visibility === visibility && sees(variable, role);
      });
    const sealed = of('between');
    const readers = new Set(sealed.flatMap((name) => this.description.state[name]?.readers ?? []));
    const value = encodeValue(run);
    return {
      shared: value.ok ? of('shared').map((name) => ({ name, value: value.value })) : [],
      sealed,
      own: of('only'),
      letters: [...readers].map((each) => ({ role: each, sealed: encode(['letter', each, run]) })),
    };
  }
}

const nothing = { branches: [], gives: false, shared: [], sealed: [], own: [], letters: [], fault: null } as const;
