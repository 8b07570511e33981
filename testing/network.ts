// The network behind `testNetwork`: an agent per role on a machine of its own, in one world of virtual time. Messages are
// lost, doubled and late as the seed says, and so do processes die; what a disk held is what a process comes back to.

import { createActorSystem, createNoteSink } from '../actors/index.ts';
import { present } from '../lib/assert.ts';
import { type Bytes, fromUtf8 } from '../lib/bytes.ts';
import { PskyError } from '../lib/errors.ts';
import { sha256 } from '../lib/hash.ts';
import { silentLog } from '../lib/log.ts';
import { createMetrics } from '../lib/metrics.ts';
import { hpkeSealing } from '../lib/suites/sealing.ts';
import { sodiumSuite } from '../lib/suites/sodium.ts';
import { days, type Ms } from '../lib/units.ts';
import { Machine, type SimProcess, World } from '../sim/index.ts';
import {
  type AgentCard,
  AgentHost,
  type AgentKeys,
  agentOf,
  type Interceptor,
  Interceptors,
  loadInstance,
  MemoryStore,
  type Outcome,
  type Program,
  type StoredInstance,
} from '../swarms/run/index.ts';
import { settle } from './drivers/settle.ts';
import { type FaultCounts, type FaultName, noFaults, type RunSeen, unluckyParties } from './faults.ts';
import type { TestNetwork, TestNetworkOptions } from './test-network.ts';

/** Whoever looks on, and changes nothing. */
export interface Onlooker {
  /** a message that leaves an agent */
  sent(bytes: Bytes): void;
  ran(run: RunSeen): void;
}

interface Member {
  readonly role: string;
  readonly machine: Machine;
  readonly card: AgentCard;
  readonly keys: AgentKeys;
  store: MemoryStore | undefined;
  running: { readonly process: SimProcess; readonly host: AgentHost; up: boolean } | undefined;
  /** by `crash`: it stays away until `restart` */
  away: boolean;
}

/** Who waits for an outcome asks again when the agent has a new process. */
interface Question {
  readonly id: string;
  found: Outcome | undefined;
  refused: unknown;
}

const longestMs = days(366);
const bootMs = 1_000;
const nameOf = (role: string): string => `test/agent/${role}`;
const suites = { suite: sodiumSuite, sealing: hpkeSealing };

export class Network implements TestNetwork<unknown> {
  readonly faults: FaultCounts = noFaults();
  readonly program: Program;
  readonly #running: Program;
  readonly #options: TestNetworkOptions;
  readonly #world: World;
  readonly #onlooker: Onlooker | undefined;
  readonly #members = new Map<string, Member>();
  readonly #bind: Readonly<Record<string, string>>;
  readonly #questions = new Set<Question>();
  readonly #interceptors: Interceptors;
  /** what went wrong past every supervision */
  #fatal: string | undefined;

  private constructor(program: Program, options: TestNetworkOptions, onlooker?: Onlooker) {
    this.program = program;
    this.#options = options;
    this.#onlooker = onlooker;
    this.#world = new World(options.seed ?? 1);
    this.#interceptors = new Interceptors(options.intercept);
    this.#bind = Object.fromEntries(Object.keys(program.description.roles).map((role) => [role, nameOf(role)]));
    const choreography = unluckyParties(program.choreography, {
      random: this.#world.random.workload,
      faults: options.faults ?? {},
      happened: (fault) => this.faults[fault]++,
      seen: (run) => onlooker?.ran(run),
    });
    this.#running = { ...program, choreography };
  }

  static async open(program: Program, options: TestNetworkOptions, onlooker?: Onlooker): Promise<Network> {
    const network = new Network(program, options, onlooker);
    for (const [role, name] of Object.entries(network.#bind)) {
      const { card, keys } = await agentOf(name, sha256(fromUtf8(`test agent ${role}`)), suites);
      const machine = new Machine(network.#world, network.#members.size, role);
      network.#members.set(name, { role, machine, card, keys, store: undefined, running: undefined, away: true });
      await network.restart(role);
    }
    return network;
  }

  get starterRole(): string {
    const first = this.program.description.phases[this.program.description.start];
    return first?.kind === 'phase' ? first.at : '';
  }

  get roles(): readonly string[] {
    return Object.keys(this.#bind);
  }

  async start(input: unknown): Promise<string> {
    const member = this.#member(this.starterRole);
    let id: string | undefined;
    do {
      await this.#until(this.#world.nowMs + bootMs, () => member.away || member.running?.up === true);
      id = await this.#starter.begin({
        ...{ program: this.program, bind: this.#bind, input },
        ...(id === undefined ? {} : { instance: id }),
      });
      const begun = id;
      // its process may die before the start is on its disk
      await this.#until(
        this.#world.nowMs + bootMs,
        () => member.running?.up !== true || this.stored(member.role, begun).records.length > 0,
      );
    } while (this.stored(member.role, id).records.length === 0);
    return id;
  }

  async outcome(id: string): Promise<Outcome> {
    const question: Question = { id, found: undefined, refused: undefined };
    const { running, away } = this.#member(this.starterRole);
    if (away) throw new PskyError('swarm-agent-unknown', `'${this.starterRole}' is not running.`);
    this.#questions.add(question);
    // or when its process is up again
    if (running?.up === true) this.#ask(running.host, question);
    const isOver = (): boolean => question.found !== undefined || question.refused !== undefined;
    await this.#until(this.#world.nowMs + longestMs, isOver);
    this.#questions.delete(question);
    if (question.refused !== undefined) throw question.refused;
    if (question.found === undefined) throw new PskyError('swarm-instance-unknown', `'${id}' has not ended in a year.`);
    return question.found;
  }

  async run(input: unknown): Promise<Outcome> {
    return this.outcome(await this.start(input));
  }

  async advance(time: Ms): Promise<void> {
    await this.#until(this.#world.nowMs + time, () => false);
  }

  crash(role: string): void {
    const member = this.#member(role);
    member.away = true;
    this.#end(member);
  }

  async restart(role: string): Promise<void> {
    const member = this.#member(role);
    member.away = false;
    if (member.running === undefined) this.#boot(member);
    await this.#until(this.#world.nowMs + bootMs, () => member.running?.up === true);
  }

  cancel(id: string, reason: string): void {
    this.#starter.cancel(id, reason);
  }

  intercept(interceptor: Interceptor): () => void {
    return this.#interceptors.add(interceptor);
  }

  // — for whoever looks at what is left —

  /** What the disk of the role's agent holds of an instance. */
  stored(role: string, id: string): StoredInstance {
    let found: StoredInstance | undefined;
    const copy = new MemoryStore((run) => run(), this.rows(role));
    loadInstance(copy, id, (_, stored) => {
      found = stored;
    });
    return present(found, 'a store in memory answers at once');
  }

  /** by key in hex */
  rows(role: string): ReadonlyMap<string, Bytes> {
    return this.#member(role).store?.rows ?? new Map();
  }

  // — processes —

  #end(member: Member): void {
    member.running?.host.close();
    member.running = undefined;
    member.machine.end('killed');
  }

  #boot(member: Member): void {
    const process = member.machine.startProcess();
    const { clock } = process;
    const system = createActorSystem({
      clock,
      shards: {},
      notes: createNoteSink({ log: silentLog, metrics: createMetrics() }),
      onFatal: (reason) => {
        this.#fatal = reason;
      },
    });
    process.onDeath(() => system.halt());
    const store = new MemoryStore((run) => clock.next(run), member.store?.rows);
    member.store = store;
    const directory = { find: (agent: string) => this.#members.get(agent)?.card };
    const courier = { send: (to: string, bytes: Bytes) => this.#carry(to, bytes) };
    const secureRandom = (length: number): Bytes =>
      Uint8Array.from({ length }, () => this.#world.random.protocol.below(256));
    const world = { ...suites, clock, system, store, courier, directory, secureRandom, log: silentLog };
    const { card, keys } = member;
    const programs = [{ program: this.#running, implementations: this.#options.agents ?? {} }];
    const host = new AgentHost(world, { card, keys, programs, interceptors: this.#interceptors });
    const running = { process, host, up: false };
    member.running = running;
    host.start((fault) => {
      if (fault !== undefined) this.#fatal = fault;
      running.up = true;
      if (member.role === this.starterRole) for (const question of this.#questions) this.#ask(host, question);
    });
  }

  #ask(host: AgentHost, question: Question): void {
    host.outcome(question.id, longestMs).then(
      (outcome) => {
        question.found = outcome;
      },
      (error: unknown) => {
        question.refused = error;
      },
    );
  }

  get #starter(): AgentHost {
    const member = this.#member(this.starterRole);
    if (member.running === undefined) throw new PskyError('swarm-agent-unknown', `'${member.role}' is not running.`);
    return member.running.host;
  }

  #member(role: string): Member {
    const member = this.#members.get(nameOf(role));
    if (member === undefined) throw new PskyError('swarm-agent-unnamed', `There is no role '${role}'.`);
    return member;
  }

  // — messages —

  #carry(to: string, bytes: Bytes): void {
    this.#onlooker?.sent(bytes);
    const { network } = this.#world.random;
    if (this.#falls('lost')) return;
    const copies = this.#falls('twice') ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const delayMs = this.#falls('late') ? network.between(5, 2_000) : network.between(0.1, 5);
      this.#world.after(delayMs, () => this.#arrive(present(this.#members.get(to), 'every party is a member'), bytes));
    }
  }

  #falls(fault: FaultName): boolean {
    const falls = this.#world.random.faults.chance(this.#options.faults?.[fault] ?? 0);
    if (falls) this.faults[fault]++;
    return falls;
  }

  #arrive(member: Member, bytes: Bytes): void {
    const { running } = member;
    if (running === undefined) return;
    running.process.deliver(() => running.host.receive(bytes));
    if (!this.#falls('deaths')) return;
    const { faults } = this.#world.random;
    const [diesMs, backMs] = [faults.between(0, 0.2), faults.between(1, 500)];
    this.#world.after(diesMs, () => {
      if (member.running === running) this.#end(member);
    });
    this.#world.after(diesMs + backMs, () => {
      if (member.running === undefined && !member.away) this.#boot(member);
    });
  }

  /** Event by event, since phases go on in promises between them. */
  async #until(ms: number, isOver: () => boolean): Promise<void> {
    let goesOn = true;
    await settle();
    while (goesOn && !isOver()) {
      goesOn = false;
      this.#world.run(ms, () => {
        goesOn = true;
        return true;
      });
      await settle();
      const [violation] = this.#world.violations;
      if (violation !== undefined || this.#fatal !== undefined)
        throw new PskyError('internal', violation?.detail ?? this.#fatal);
    }
  }
}
