// A network of agents in one process and in virtual time: thirty days pass in a moment, messages are lost or come twice as
// the seed says, and processes die and come back when the test says so. The agents are the real ones.

import { createActorSystem, createNoteSink } from '../actors/index.ts';
import { type Bytes, fromUtf8 } from '../lib/bytes.ts';
import { PskyError } from '../lib/errors.ts';
import { sha256 } from '../lib/hash.ts';
import { silentLog } from '../lib/log.ts';
import { createMetrics } from '../lib/metrics.ts';
import { hpkeSealing } from '../lib/suites/sealing.ts';
import { sodiumSuite } from '../lib/suites/sodium.ts';
import { days, type Ms } from '../lib/units.ts';
import { Machine, type SimProcess, World } from '../sim/index.ts';
import type { Choreography } from '../swarms/index.ts';
import {
  type AgentCard,
  AgentHost,
  type AgentKeys,
  agentOf,
  type Implementation,
  MemoryStore,
  type Outcome,
  type Program,
  programOf,
} from '../swarms/run/index.ts';
import { settle } from './drivers/settle.ts';

export interface TestNetworkOptions {
  /** role → what its application brings, as in run.ts */
  readonly agents?: Readonly<Record<string, Implementation>>;
  /** decides about delays and faults; 1 where nothing is said */
  readonly seed?: number;
  /** shares of messages, from 0 to 1 */
  readonly faults?: { readonly lost?: number; readonly twice?: number };
}

export interface TestNetwork<Input> {
  /** Starts an instance. @returns its id */
  start(input: Input): Promise<string>;
  /** How the instance ended; virtual time passes until it has, a year at most. */
  outcome(id: string): Promise<Outcome>;
  /** both */
  run(input: Input): Promise<Outcome>;
  /** Virtual time passes. */
  advance(time: Ms): Promise<void>;
  /** The process of the role's agent dies, in the middle of whatever it does, and stays away until `restart`. */
  crash(role: string): void;
  restart(role: string): Promise<void>;
  cancel(id: string, reason: string): void;
}

interface Member {
  readonly role: string;
  readonly machine: Machine;
  readonly card: AgentCard;
  readonly keys: AgentKeys;
  store: MemoryStore | undefined;
  running: { readonly process: SimProcess; readonly host: AgentHost } | undefined;
}

const longestMs = days(366);
const nameOf = (role: string): string => `test/agent/${role}`;
const suites = { suite: sodiumSuite, sealing: hpkeSealing };

export async function testNetwork<Input>(
  choreography: Choreography<Input>,
  options: TestNetworkOptions = {},
): Promise<TestNetwork<Input>> {
  const network = new Network(programOf(choreography as Choreography), options);
  await network.open();
  return network;
}

class Network implements TestNetwork<unknown> {
  readonly #program: Program;
  readonly #options: TestNetworkOptions;
  readonly #world: World;
  readonly #members = new Map<string, Member>();
  readonly #bind: Readonly<Record<string, string>>;
  /** what went wrong past every supervision */
  #fatal: string | undefined;

  constructor(program: Program, options: TestNetworkOptions) {
    this.#program = program;
    this.#options = options;
    this.#world = new World(options.seed ?? 1);
    this.#bind = Object.fromEntries(Object.keys(program.description.roles).map((role) => [role, nameOf(role)]));
  }

  async open(): Promise<void> {
    for (const [role, name] of Object.entries(this.#bind)) {
      const { card, keys } = await agentOf(name, sha256(fromUtf8(`test agent ${role}`)), suites);
      const machine = new Machine(this.#world, this.#members.size, role);
      this.#members.set(name, { role, machine, card, keys, store: undefined, running: undefined });
      await this.restart(role);
    }
  }

  async start(input: unknown): Promise<string> {
    const id = await this.#starter.begin({ program: this.#program, bind: this.#bind, input });
    await settle();
    return id;
  }

  async outcome(id: string): Promise<Outcome> {
    let found: Outcome | undefined;
    void this.#starter.outcome(id).then((outcome) => {
      found = outcome;
    });
    await this.#until(this.#world.nowMs + longestMs, () => found !== undefined);
    if (found === undefined) throw new PskyError('swarm-instance-unknown', `'${id}' has not ended in a year.`);
    return found;
  }

  async run(input: unknown): Promise<Outcome> {
    return this.outcome(await this.start(input));
  }

  async advance(time: Ms): Promise<void> {
    const until = this.#world.nowMs + time;
    await this.#until(until, () => false);
  }

  crash(role: string): void {
    const member = this.#member(role);
    member.running?.host.close();
    member.running = undefined;
    member.machine.end('killed');
  }

  async restart(role: string): Promise<void> {
    const member = this.#member(role);
    if (member.running !== undefined) return;
    const process = member.machine.startProcess();
    const { clock } = process;
    const metrics = createMetrics();
    const system = createActorSystem({
      clock,
      shards: {},
      notes: createNoteSink({ log: silentLog, metrics }),
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
    const programs = [{ program: this.#program, implementations: this.#options.agents ?? {} }];
    const host = new AgentHost(world, { card, keys, programs });
    member.running = { process, host };
    let isUp = false;
    host.start(() => {
      isUp = true;
    });
    await this.#until(this.#world.nowMs + 1_000, () => isUp);
  }

  cancel(id: string, reason: string): void {
    this.#starter.cancel(id, reason);
  }

  get #starter(): AgentHost {
    const first = this.#program.description.phases[this.#program.description.start];
    const member = this.#member(first?.kind === 'phase' ? first.at : '');
    if (member.running === undefined) throw new PskyError('swarm-agent-unknown', `'${member.role}' is not running.`);
    return member.running.host;
  }

  #member(role: string): Member {
    const member = this.#members.get(nameOf(role));
    if (member === undefined) throw new PskyError('swarm-agent-unnamed', `There is no role '${role}'.`);
    return member;
  }

  #carry(to: string, bytes: Bytes): void {
    const { lost = 0, twice = 0 } = this.#options.faults ?? {};
    const { network } = this.#world.random;
    const copies = network.chance(lost) ? 0 : network.chance(twice) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#world.after(network.between(0.1, 5), () => {
        const running = this.#members.get(to)?.running;
        running?.process.deliver(() => running.host.receive(bytes));
      });
    }
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
