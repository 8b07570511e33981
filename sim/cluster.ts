// Validators in one process: hosts with disks and a network, a program on each, faults, load and checkers. What the
// program is, the caller says; psky sim boots whole nodes, a test may boot something smaller.

import type { Committee, Header, QuorumCert } from '../consensus/certificate/index.ts';
import type { Core } from '../consensus/core/index.ts';
import type { CoreHooks } from '../consensus/index.ts';
import type { NodeId, PeerAddress, Transport } from '../net/index.ts';
import type { JournalView } from '../storage/index.ts';
import type { Abroad } from './byzantine/abroad.ts';
import { behaviourNames, Misbehaviour } from './byzantine/misbehaviour.ts';
import { witnessArchive } from './checkers/archive-witness.ts';
import { boundsWitness } from './checkers/bounds.ts';
import { ChainChecker } from './checkers/chain-checker.ts';
import { CopyWitness } from './checkers/copy-witness.ts';
import { joinHooks, observeCore } from './checkers/core-observer.ts';
import { crashed } from './checkers/crashes.ts';
import { JournalWitness } from './checkers/journal-witness.ts';
import { overfull } from './checkers/node-queues.ts';
import { OrderWitness } from './checkers/order-witness.ts';
import { summaryOf } from './core-summary.ts';
import { fastDisk } from './disk.ts';
import { costlyKinds, type FaultKind, FaultPlan } from './faults.ts';
import { Host } from './host.ts';
import type { SimProcess } from './machine.ts';
import { farNetwork, localNetwork, SimNetwork, wideNetwork } from './network.ts';
import type { SimReport } from './report.ts';
import { TwinMachines } from './twin-machines.ts';
import { Load, type SimNode } from './workloads.ts';
import { World } from './world.ts';

/** Everything a node needs in order to live on one host. */
export interface Boot {
  readonly index: number;
  /** its home is still to be made */
  readonly firstStart: boolean;
  readonly self: NodeId;
  readonly host: Host;
  readonly process: SimProcess;
  readonly transport: Transport;
  readonly peers: readonly PeerAddress[];
  /** to be called by the chain under test */
  readonly hooks: CoreHooks;
  /** passes on what the chain's journal is told and tells */
  readonly watchJournal: (view: JournalView) => JournalView;
  /** The node's data is damaged beyond what a crash may do. */
  damaged(reason: string): void;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly validators: number;
  readonly virtualSeconds: number;
  readonly faults: readonly FaultKind[];
  readonly committee: Committee;
  readonly nodeIds: readonly NodeId[];
  readonly certificateProves: (header: Header, certificate: QuorumCert) => boolean;
  /** what the same validators sign on other chains */
  readonly abroad?: Abroad;
  /** of which each spell of misbehaving takes some; all that there are by default */
  readonly behaviours?: readonly string[];
  /** Starts a node. It is complete some events later, and then calls `ready`. */
  readonly boot: (boot: Boot, ready: (node: SimNode) => void) => void;
  /** large entries, floods that fill a lane, and what bounded retention makes of them */
  readonly heavy?: boolean;
  readonly log?: (line: string) => void;
  readonly progress?: (virtualSeconds: number) => void;
  /** faults fall so long, then the world heals and must make progress; repeated until the time is over */
  readonly roundMs?: number;
}

/** In runs longer than this faults and load come less often: there is time for all of them. */
const longRunSeconds = 60;
/** Until all links are up for the first time. */
const warmUpMs = 2_000;
/** From healing to the last accepted command at every intact validator: a few timers at their cap of 8 s. */
const recoveryMs = 40_000;
/** After the last command and its checkpoint an idle chain sends nothing for so long. */
const silenceMs = 3_000;
/** Mailboxes and buffers fill and empty within a turn; what overflowed stays counted. */
const lookAtQueuesMs = 250;

export function runCluster(options: ClusterOptions): SimReport {
  const cluster = new Cluster(options);
  cluster.run();
  return cluster.report();
}

class Cluster {
  readonly #options: ClusterOptions;
  readonly #world: World;
  readonly #network: SimNetwork;
  readonly #hosts: readonly Host[];
  readonly #sacrificed: ReadonlySet<number>;
  readonly #checker: ChainChecker;
  readonly #order: OrderWitness;
  readonly #plan: FaultPlan;
  readonly #load: Load;
  readonly #copies: CopyWitness;
  readonly #journals: readonly JournalWitness[];
  readonly #misbehaviour: ReadonlyMap<number, Misbehaviour>;
  readonly #nodes = new Map<number, SimNode>();
  readonly #cores = new Map<number, Core>();
  #deeds: Record<string, number> = {};
  #sent = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const world = new World(options.seed, options.log);
    this.#world = world;
    const { faults, network, disk, protocol } = world.random;
    this.#network = new SimNetwork(world, network.pick([localNetwork, localNetwork, wideNetwork, farNetwork]));
    const { f } = options.committee;
    const isLong = options.virtualSeconds > longRunSeconds;
    const costly = options.faults.some((kind) => costlyKinds.has(kind));
    const indices = Array.from({ length: options.validators }, (_, index) => index);
    this.#sacrificed = new Set(costly ? faults.shuffle(indices).slice(0, f) : []);
    this.#checker = new ChainChecker(
      {
        name: 'main',
        committee: options.committee,
        certificateProves: options.certificateProves,
        sacrificed: this.#sacrificed,
        faultFree: options.faults.length === 0,
      },
      world,
    );
    this.#order = new OrderWitness(this.#sacrificed, world);
    this.#misbehaviour = new Map(
      [...this.#sacrificed].map((index) => {
        const random = protocol.fork(`byzantine ${index}`);
        return [index, new Misbehaviour({ random, abroad: options.abroad, deeds: this.#deeds })];
      }),
    );
    const profile = {
      ...fastDisk,
      direct: disk.chance(0.5),
      syncMs: disk.pick([
        [0.1, 0.6],
        [0.2, 1],
        [1, 10],
      ] as const),
    };
    const program = (index: number) => (host: Host, process: SimProcess) => this.#boot(index, host, process);
    const machine = { disk: profile, restartMs: [10, 1000] } as const;
    this.#hosts = indices.map(
      (index) => new Host(world, { ...machine, index, name: `v${index + 1}`, program: program(index) }),
    );
    this.#journals = indices.map((index) => new JournalWitness(`v${index + 1}`, world));
    this.#copies = new CopyWitness(() => this.#cores.values(), world);
    const twins = new TwinMachines({
      world,
      network: this.#network,
      hosts: this.#hosts,
      nodeIds: options.nodeIds,
      makeTwin: (index) =>
        new Host(world, {
          ...machine,
          index: options.validators + index,
          name: `v${index + 1}b`,
          program: program(index),
        }),
      maySign: (index) => this.#cores.get(index)?.fenced === undefined,
      brazen: (index, brazen) => {
        const misbehaviour = this.#misbehaviour.get(index);
        if (misbehaviour !== undefined) misbehaviour.brazen = brazen;
      },
    });
    this.#plan = new FaultPlan(
      {
        world,
        hosts: this.#hosts,
        network: this.#network,
        sacrificed: [...this.#sacrificed],
        misbehave: (host, forMs) => this.#misbehave(host, forMs),
        twins,
        replaced: (host, by) => this.#copies.replaced(host, by),
        restored: (host) => this.#copies.restored(host),
        mayRot: (path) => path.endsWith('.segment'),
      },
      { kinds: options.faults, everyMs: isLong ? [600, 4500] : [50, 1000], rotFromMs: options.virtualSeconds * 600 },
    );
    this.#load = new Load(world, {
      pauseMs: isLong ? [100, 1000, 4000] : [10, 100, 400, 2000],
      heavy: options.heavy ?? false,
      nodes: () => this.#nodes,
      trusted: (index) => index < options.validators && !this.#sacrificed.has(index),
    });
  }

  run(): void {
    const { virtualSeconds, roundMs = 45_000 } = this.#options;
    for (const host of this.#hosts) host.start();
    this.#watchQueues();
    this.#world.run(warmUpMs);
    const endMs = virtualSeconds * 1000;
    do {
      this.#faultsUntil(Math.min(endMs, this.#world.nowMs + roundMs));
      this.#heal();
      this.#expectSilence();
    } while (this.#intact && this.#world.nowMs < endMs);
    if (!this.#intact)
      for (const [index, core] of this.#cores) this.#world.log(() => `v${index + 1}: ${summaryOf(core)}`);
  }

  report(): SimReport {
    return {
      verdict: this.#intact ? 'ok' : 'violated',
      traceHash: this.#world.trace.digest(),
      events: this.#world.events,
      commits: this.#checker.commits,
      faults: this.#plan.counts,
      behaviours: this.#deeds,
      violations: this.#world.violations,
    };
  }

  get #intact(): boolean {
    return this.#world.violations.length === 0;
  }

  #faultsUntil(untilMs: number): void {
    this.#load.start();
    this.#plan.start();
    while (this.#intact && this.#world.nowMs < untilMs) {
      this.#world.run(Math.min(untilMs, this.#world.nowMs + 1000));
      this.#options.progress?.(Math.floor(this.#world.nowMs / 1000));
    }
  }

  #watchQueues(): void {
    for (const [index, node] of this.#nodes) {
      if (this.#sacrificed.has(index % this.#options.validators)) continue;
      const queues = node.queues();
      const problem = overfull(queues);
      if (problem !== undefined) this.#world.violated('queues bounded', `v${index + 1}: ${problem}`);
      const bug = crashed(queues.system);
      if (bug !== undefined) this.#world.violated('no actor fails by itself', `v${index + 1}: ${bug}`);
    }
    this.#world.after(lookAtQueuesMs, () => this.#watchQueues());
  }

  #heal(): void {
    if (!this.#intact) return;
    this.#plan.heal();
    for (const misbehaviour of this.#misbehaviour.values()) misbehaviour.end();
    this.#load.stop();
    const deadline = this.#world.nowMs + recoveryMs;
    // also what is accepted from now on must be committed: healing is more than a standstill without loss
    this.#world.after(1000, () => this.#load.askAll(this.#hosts.map(({ index }) => index)));
    this.#world.run(this.#world.nowMs + 1500);
    let unsettled = this.#unsettled();
    while (this.#intact && unsettled !== undefined && this.#world.nowMs < deadline) {
      this.#world.run(this.#world.nowMs + 100);
      unsettled = this.#unsettled();
    }
    if (this.#intact && unsettled !== undefined) this.#world.violated('progress after healing', unsettled);
  }

  /** @returns what is still to happen before every intact validator has everything, as a sentence */
  #unsettled(): string | undefined {
    const top = this.#checker.highestCommitted;
    for (const host of this.#hosts) {
      if (this.#sacrificed.has(host.index)) continue;
      const [commit, executed] = [this.#checker.commitHeight(host.index), this.#checker.executedHeight(host.index)];
      if (!host.running) return `${host.name} does not run`;
      if (commit < top) return `${host.name} has committed ${commit} of ${top} heights`;
      if (executed < top) return `${host.name} has executed ${executed} of ${top} heights`;
    }
    return this.#load.waiting(this.#order);
  }

  /** An idle chain sends nothing: a sacrificed validator is switched off for it, as it may babble for ever. */
  #expectSilence(): void {
    if (!this.#intact) return;
    for (const index of this.#sacrificed) this.#hosts[index]?.crash('killed');
    const deadline = this.#world.nowMs + recoveryMs;
    let before = -1;
    while (this.#intact && before !== this.#sent && this.#world.nowMs < deadline) {
      before = this.#sent;
      this.#world.run(this.#world.nowMs + silenceMs);
    }
    if (before !== this.#sent)
      this.#world.violated('idle ⇒ no messages', `${this.#sent - before} in the last ${silenceMs} ms`);
    for (const index of this.#sacrificed) this.#hosts[index]?.start();
  }

  /** @param index of the validator; of a twin too, whose host has another */
  #boot(index: number, host: Host, process: SimProcess): void {
    const { nodeIds, boot } = this.#options;
    const isTwin = host.index !== index;
    process.onDeath(() => {
      this.#nodes.delete(host.index);
      if (!isTwin) this.#cores.delete(index);
    });
    const misbehaviour = this.#misbehaviour.get(index);
    const isSacrificed = this.#sacrificed.has(index);
    const witness = isSacrificed
      ? this.#copies.hooks(index, () => isTwin || misbehaviour?.honest === false)
      : boundsWitness(index, this.#world);
    const hooks = joinHooks(observeCore(this.#checker.probe(index)), this.#order.hooks(index), witness, {
      started: (core) => {
        if (!isTwin) this.#cores.set(index, core);
      },
      stepped: (_, outputs) => {
        for (const output of outputs) if (output.type === 'send') this.#sent++;
        return outputs;
      },
    });
    const transport = this.#network.transport(process, nodeIds[index] as NodeId);
    const node: Boot = {
      index,
      firstStart: host.starts === 1 && !isTwin,
      self: nodeIds[index] as NodeId,
      damaged: (reason) => this.#damaged(host, reason),
      host,
      process,
      watchJournal: (view) =>
        this.#sacrificed.has(index) ? view : (this.#journals[index] as JournalWitness).watch(view),
      transport: misbehaviour?.transport(transport) ?? transport,
      peers: nodeIds.map((nodeId) => ({ nodeId, host: 'sim', port: 1 })),
      hooks: misbehaviour === undefined ? hooks : joinHooks(hooks, misbehaviour.hooks(process)),
    };
    boot(node, (ready) => {
      if (!process.alive) return;
      this.#nodes.set(host.index, ready);
      if (!isSacrificed) this.#lookAtArchive(host, process, ready);
    });
  }

  /** Once the chain has opened; by then what an earlier life left is all that is there. */
  #lookAtArchive(host: Host, process: SimProcess, node: SimNode): void {
    const archive = node.archive();
    if (archive !== undefined) witnessArchive(host.name, archive, this.#world);
    else this.#world.after(lookAtQueuesMs, () => process.alive && this.#lookAtArchive(host, process, node));
  }

  /** An operator wipes what cannot be repaired: the validator comes back fenced, and follows. */
  #damaged(host: Host, reason: string): void {
    if (!this.#sacrificed.has(host.index))
      return this.#world.violated('an intact journal opens', `${host.name}: ${reason}`);
    this.#world.log(() => `${host.name} is wiped: ${reason}`);
    this.#copies.replaced(host.index, 'nothing');
    // not inside the turn that found it
    this.#world.after(0, () => {
      host.crash('killed');
      host.replace(undefined);
      host.start();
    });
  }

  #misbehave(index: number, forMs: number): void {
    const misbehaviour = this.#misbehaviour.get(index);
    const names = misbehaviour?.begin(this.#options.behaviours ?? behaviourNames);
    this.#world.log(() => `v${index + 1} misbehaves: ${names?.join(', ')}`);
    this.#world.after(forMs, () => misbehaviour?.end());
  }
}
