// Agents in this process with real keys, on stores in memory, for tests: what they sent and stored can be looked at, and
// they can be started again on what their stores held.

import { createRealClock } from '../../../../actors/drivers/real-clock.ts';
import { createActorSystem, createNoteSink } from '../../../../actors/index.ts';
import { type Bytes, fromHex, fromUtf8 } from '../../../../lib/bytes.ts';
import { sha256 } from '../../../../lib/hash.ts';
import { silentLog } from '../../../../lib/log.ts';
import { createMetrics } from '../../../../lib/metrics.ts';
import { hpkeSealing } from '../../../../lib/suites/sealing.ts';
import { sodiumSuite } from '../../../../lib/suites/sodium.ts';
import type { Choreography } from '../../../../swarms/index.ts';
import { AgentHost } from '../../../../swarms/run/agent-host.ts';
import { agentOf } from '../../../../swarms/run/agent-keys.ts';
import type { Copy } from '../../../../swarms/run/audit.ts';
import { loadInstance, nextInstance } from '../../../../swarms/run/instance-rows.ts';
import { MemoryStore } from '../../../../swarms/run/memory-store.ts';
import type { Outcome } from '../../../../swarms/run/outcome.ts';
import type { Implementation } from '../../../../swarms/run/phase-runner.ts';
import { type Program, programOf } from '../../../../swarms/run/program.ts';

type Implementations = Readonly<Record<string, Implementation>>;

export class LocalWorld {
  readonly program: Program;
  readonly bind: Readonly<Record<string, string>>;
  /** everything that left an agent */
  readonly wire: Bytes[] = [];
  readonly #implementations: Implementations;
  #stores: ReadonlyMap<string, MemoryStore> = new Map();
  #hosts: ReadonlyMap<string, AgentHost> = new Map();
  #halt: () => void = () => undefined;

  constructor(choreography: unknown, implementations: Implementations = {}) {
    this.program = programOf(choreography as Choreography);
    this.#implementations = implementations;
    const roles = Object.keys(this.program.description.roles);
    this.bind = Object.fromEntries(roles.map((role) => [role, `test/agent/${role}`]));
  }

  async start(): Promise<void> {
    const clock = createRealClock();
    const system = createActorSystem({
      clock,
      shards: {},
      notes: createNoteSink({ log: silentLog, metrics: createMetrics() }),
      onFatal: (reason) => {
        throw new Error(reason);
      },
    });
    const suites = { suite: sodiumSuite, sealing: hpkeSealing };
    const programs = [{ program: this.program, implementations: this.#implementations }];
    const stores = new Map<string, MemoryStore>();
    const hosts = new Map<string, AgentHost>();
    const agents: Awaited<ReturnType<typeof agentOf>>[] = [];
    for (const name of Object.values(this.bind)) agents.push(await agentOf(name, sha256(fromUtf8(name)), suites));
    const directory = { find: (agent: string) => agents.find(({ card }) => card.agent === agent)?.card };
    const courier = {
      send: (to: string, bytes: Bytes) => {
        this.wire.push(bytes);
        setImmediate(() => hosts.get(to)?.receive(bytes));
      },
    };
    const secureRandom = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
    for (const { card, keys } of agents) {
      const store = new MemoryStore((run) => setImmediate(run), this.#stores.get(card.agent)?.rows);
      stores.set(card.agent, store);
      const world = { ...suites, clock, system, store, courier, directory, secureRandom, log: silentLog };
      hosts.set(card.agent, new AgentHost(world, { card, keys, programs }));
    }
    this.#stores = stores;
    this.#hosts = hosts;
    // the clock's timers let a process end; here somebody waits
    const waiting = setInterval(() => undefined, 1_000);
    this.#halt = () => {
      clearInterval(waiting);
      system.halt();
    };
    await Promise.all([...hosts.values()].map((host) => new Promise<unknown>((resolve) => host.start(resolve))));
  }

  /** What the disks hold is all that is left. */
  stop(): void {
    for (const host of this.#hosts.values()) host.close();
    this.#halt();
  }

  host(role: string): AgentHost {
    return this.#hosts.get(this.bind[role] ?? '') as AgentHost;
  }

  async run(role: string, input: unknown): Promise<Outcome> {
    const host = this.host(role);
    return host.outcome(await host.begin({ program: this.program, bind: this.bind, input }));
  }

  /** What an agent has stored of an instance. */
  copy(role: string, id: string): Promise<Copy> {
    const agent = this.bind[role] ?? '';
    const store = this.#stores.get(agent) as MemoryStore;
    return new Promise((resolve) => loadInstance(store, id, (_, stored) => resolve({ agent, stored })));
  }

  /** Ids of the instances in an agent's store. */
  async instances(role: string): Promise<readonly string[]> {
    const store = this.#stores.get(this.bind[role] ?? '') as MemoryStore;
    const ids: string[] = [];
    for (;;) {
      const id = await new Promise<string | undefined>((resolve) =>
        nextInstance(store, ids.at(-1), (_, next) => resolve(next)),
      );
      if (id === undefined) return ids;
      ids.push(id);
    }
  }

  /** Keys and values of an agent's store. */
  stored(role: string): readonly Bytes[] {
    return [...(this.#stores.get(this.bind[role] ?? '')?.rows ?? [])].flatMap(([key, value]) => [
      fromHex(key) ?? fromUtf8(''),
      value,
    ]);
  }
}
