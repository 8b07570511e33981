// A choreography in the simulator: each role's agent on a machine of its own, whole nodes on the simulated disks and
// network, under the faults that validators meet. Every instance that was asked for must end, and tell its starter once and
// for all; what an agent keeps must have changed once for each run of a phase.

import { fromUtf8, toHex } from '../lib/bytes.ts';
import { sha256 } from '../lib/hash.ts';
import { seededRandom } from '../lib/random.ts';
import type { SignatureSuite } from '../lib/suites/suite.ts';
import type { NodeId } from '../net/index.ts';
import { createSwarmNode, type HostedAgent, type SwarmNode } from '../swarm-node.ts';
import {
  type AgentHost,
  agentOf,
  type Implementation,
  type Interceptor,
  Interceptors,
  type Outcome,
  type Program,
} from '../swarms/run/index.ts';
import { fastDisk } from './disk.ts';
import { countedRun, countingEffects } from './effect-counter.ts';
import { type FaultKind, FaultPlan } from './faults.ts';
import { Host } from './host.ts';
import type { SimProcess } from './machine.ts';
import { SimNetwork } from './network.ts';
import { simLog } from './notes.ts';
import { localNetwork, wideNetwork } from './paths.ts';
import type { SimReport } from './report.ts';
import { seededSealing } from './swarm-sealing.ts';
import { World } from './world.ts';

export interface SwarmSimOptions {
  readonly program: Program;
  readonly implementations: Readonly<Record<string, Implementation>>;
  readonly intercept?: readonly Interceptor[];
  readonly input: unknown;
  readonly seed: number;
  readonly virtualSeconds: number;
  readonly faults: readonly FaultKind[];
  readonly suite: SignatureSuite;
  /** resolves when all promises that can go on have done so: phases are asynchronous */
  readonly drain: () => Promise<void>;
  readonly log?: (line: string) => void;
  /** called once per virtual second */
  readonly progress?: (virtualSeconds: number) => void;
  /** Tests of the simulator itself let a phase's kept values count twice. */
  readonly sabotage?: { readonly countsTwice?: boolean };
}

export interface SwarmSimReport extends SimReport {
  /** that ended, each with one outcome */
  readonly instances: number;
  readonly effects: 'once' | 'not once';
}

/** the time between two instances, and how long all of them may take after the world healed */
const everyMs = 4_000;
const settleMs = 240_000;

export async function simulateSwarm(options: SwarmSimOptions): Promise<SwarmSimReport> {
  const run = await SwarmRun.of(options);
  await run.play();
  return run.report();
}

interface Asked {
  readonly id: string;
  outcome: string | undefined;
}

class SwarmRun {
  readonly #world: World;
  readonly #options: SwarmSimOptions;
  readonly #agents: readonly HostedAgent[];
  readonly #hosts: readonly Host[];
  readonly #network: SimNetwork;
  readonly #plan: FaultPlan;
  readonly #sealing = seededSealing(0);
  readonly #starter: string;
  readonly #asked: Asked[] = [];
  /** by host */
  readonly #nodes = new Map<number, SwarmNode>();
  #hops = 0;
  #effects: SwarmSimReport['effects'] = 'once';

  private constructor(options: SwarmSimOptions, agents: readonly HostedAgent[]) {
    this.#options = options;
    this.#agents = agents;
    const world = new World(options.seed, options.log);
    this.#world = world;
    this.#network = new SimNetwork(world, world.random.network.pick([localNetwork, wideNetwork]));
    const start = options.program.description.phases[options.program.description.start];
    this.#starter = agentName(start?.kind === 'phase' ? start.at : '');
    this.#hosts = agents.map(
      ({ card }, index) =>
        new Host(world, {
          ...{ index, name: card.agent, disk: fastDisk, restartMs: [1, 500] },
          program: (host, process) => this.#boot(index, host, process),
        }),
    );
    this.#plan = new FaultPlan(
      { world, hosts: this.#hosts, network: this.#network, sacrificed: [], mayRot: () => false },
      { kinds: options.faults, everyMs: [200, 2_000], rotFromMs: 0 },
    );
  }

  static async of(options: SwarmSimOptions): Promise<SwarmRun> {
    const { program, implementations, intercept, suite, sabotage } = options;
    const interceptors = new Interceptors(intercept);
    const agents: HostedAgent[] = [];
    for (const role of Object.keys(program.description.roles)) {
      const counted = countingEffects(implementations[role], sabotage?.countsTwice === true);
      const seed = sha256(fromUtf8(`simulated agent ${role}`));
      const keys = await agentOf(agentName(role), seed, { suite, sealing: seededSealing(0) });
      agents.push({ ...keys, programs: [{ program, implementations: { [role]: counted } }], interceptors });
    }
    return new SwarmRun(options, agents);
  }

  async play(): Promise<void> {
    const { virtualSeconds, progress } = this.#options;
    for (const host of this.#hosts) host.start();
    this.#plan.start();
    const last = Math.floor((virtualSeconds * 1000) / everyMs);
    for (let n = 0; n < last; n++) this.#world.after(n * everyMs, () => this.#ask(`sim-${n}`));
    for (let second = 1; second <= virtualSeconds && this.#world.violations.length === 0; second++) {
      await this.#until(second * 1000);
      progress?.(second);
    }
    if (this.#world.violations.length > 0) return;
    this.#plan.heal();
    const isOver = (): boolean => this.#asked.every(({ outcome }) => outcome !== undefined);
    await this.#until(this.#world.nowMs + settleMs, isOver);
    const open = this.#asked.filter(({ outcome }) => outcome === undefined).map(({ id }) => id);
    if (open.length > 0) this.#world.violated('every instance ends', `${open.join()} did not`);
    this.#countEffects();
  }

  report(): SwarmSimReport {
    const { violations, events, trace } = this.#world;
    return {
      verdict: violations.length === 0 ? 'ok' : 'violated',
      traceHash: trace.digest(),
      events,
      commits: this.#hops,
      faults: this.#plan.counts,
      behaviours: {},
      violations,
      instances: this.#asked.filter(({ outcome }) => outcome !== undefined).length,
      effects: this.#effects,
    };
  }

  /** Event by event, since phases go on in promises between them. */
  async #until(ms: number, isOver: () => boolean = () => false): Promise<void> {
    let goesOn = true;
    while (goesOn && !isOver() && this.#world.violations.length === 0) {
      goesOn = false;
      this.#world.run(ms, () => {
        goesOn = true;
        return true;
      });
      await this.#options.drain();
    }
  }

  #boot(index: number, host: Host, process: SimProcess): void {
    const { world } = host;
    const agent = this.#agents[index] as HostedAgent;
    const random = seededRandom(world.random.protocol.below(2 ** 32)).fork(`life ${host.starts}`);
    const peers = this.#agents.map(({ card }, i) => ({ nodeId: nodeOf(card.agent), host: 'sim', port: i + 1 }));
    const node = createSwarmNode(
      {
        dataDirectory: 'swarms',
        agents: [agent],
        links: {
          self: nodeOf(agent.card.agent),
          transport: this.#network.transport(process, nodeOf(agent.card.agent)),
          peers,
          remote: this.#agents.filter((each) => each !== agent).map(({ card }) => ({ card, node: nodeOf(card.agent) })),
        },
        onHop: () => this.#hops++,
      },
      {
        clock: process.clock,
        disk: host.disk.port(process),
        stores: host.stores.port(process),
        suite: this.#options.suite,
        sealing: this.#sealing,
        random,
        secureRandom: (length) => Uint8Array.from({ length }, () => random.below(256)),
        log: simLog(world, host.name),
        onFatal: (reason) => host.gaveUp(process, reason),
      },
    );
    process.onDeath(() => {
      this.#nodes.delete(index);
      node.halt();
    });
    node.start((fault) => {
      if (fault !== undefined) return host.gaveUp(process, fault.message);
      this.#nodes.set(index, node);
      const starts = node.hosts.get(this.#starter);
      if (starts !== undefined) for (const asked of this.#asked) this.#begin(starts, asked);
    });
  }

  /** Whoever asks goes on asking, under the same id, as long as there is no outcome; also after it, for a while. */
  #ask(id: string): void {
    const asked: Asked = { id, outcome: undefined };
    this.#asked.push(asked);
    for (const node of this.#nodes.values()) {
      const host = node.hosts.get(this.#starter);
      if (host !== undefined) this.#begin(host, asked);
    }
  }

  #begin(host: AgentHost, asked: Asked): void {
    const { program, input } = this.#options;
    const bind = Object.fromEntries(Object.keys(program.description.roles).map((role) => [role, agentName(role)]));
    const begun = host.begin({ program, bind, input, instance: asked.id });
    void begun.then((id) => host.outcome(id)).then((outcome) => this.#ended(asked, outcome));
  }

  #ended(asked: Asked, outcome: Outcome): void {
    const told = JSON.stringify([outcome.end, outcome.error, outcome.hops]);
    if (asked.outcome !== undefined && asked.outcome !== told)
      this.#world.violated('an outcome stands', `${asked.id} ended as ${asked.outcome}, then as ${told}`);
    asked.outcome = told;
  }

  /** What was kept with the results of the phases says how often each run of each took effect. */
  #countEffects(): void {
    for (const host of this.#hosts) {
      for (const { entries } of host.stores.copy().filter(({ directory }) => directory.endsWith('store'))) {
        for (const [key, value] of entries) {
          const run = countedRun(key);
          if (run === undefined || value.at(-1) === 1) continue;
          this.#effects = 'not once';
          this.#world.violated('each phase takes effect once', `${host.name}: effect of ${run}`);
        }
      }
    }
  }
}

const agentName = (role: string): string => `sim/agent/${role}`;
const nodeOf = (agent: string): NodeId => toHex(sha256(fromUtf8(agent))) as NodeId;
