// Validators in one process: hosts with disks and a network, a program on each, faults, load and checkers. What the
// program is, the caller says; psky sim boots whole nodes, a test may boot something smaller.

import type { Committee, Header, QuorumCert } from '../consensus/certificate/index.ts';
import type { CoreHooks } from '../consensus/index.ts';
import type { NodeId, PeerAddress, Transport } from '../net/index.ts';
import type { JournalView } from '../storage/index.ts';
import type { Abroad } from './byzantine/abroad.ts';
import { Liars } from './byzantine/liars.ts';
import { joinHooks } from './checkers/core-observer.ts';
import { Watch } from './checkers/watch.ts';
import { fastDisk } from './disk.ts';
import { costlyKinds, type FaultKind, FaultPlan } from './faults.ts';
import { Host } from './host.ts';
import type { SimProcess } from './machine.ts';
import { SimNetwork } from './network.ts';
import { farNetwork, localNetwork, wideNetwork } from './paths.ts';
import type { SimReport } from './report.ts';
import { runRounds } from './rounds.ts';
import { TwinMachines } from './twin-machines.ts';
import { Load, type SimNode } from './workloads.ts';
import { World } from './world.ts';

/** how the text of what was thrown begins */
const thrown = /: (AssertionFailed|\w*Error): /;

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
  /** The node cannot go on and stops itself. */
  stopped(reason: string): void;
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
const usualRoundMs = 45_000;

export function runCluster(options: ClusterOptions): SimReport {
  const cluster = new Cluster(options);
  runRounds(cluster, { roundMs: usualRoundMs, ...options });
  const { world, watch, plan, liars } = cluster;
  return {
    verdict: world.violations.length === 0 ? 'ok' : 'violated',
    traceHash: world.trace.digest(),
    events: world.events,
    commits: watch.chain.commits,
    faults: plan.counts,
    behaviours: liars.deeds,
    violations: world.violations,
  };
}

/** What there is, and how a validator comes to life in it. What happens to it is told in rounds.ts. */
class Cluster {
  readonly world: World;
  readonly hosts: readonly Host[];
  /** by index; the second machine of a twin has one behind the validators' */
  readonly nodes = new Map<number, SimNode>();
  readonly sacrificed: ReadonlySet<number>;
  readonly liars: Liars;
  readonly watch: Watch;
  readonly plan: FaultPlan;
  readonly load: Load;
  readonly #options: ClusterOptions;
  readonly #network: SimNetwork;

  constructor(options: ClusterOptions) {
    const { committee, validators, faults, virtualSeconds } = options;
    const world = new World(options.seed, options.log);
    this.world = world;
    this.#options = options;
    this.#network = new SimNetwork(
      world,
      world.random.network.pick([localNetwork, localNetwork, wideNetwork, farNetwork]),
    );
    const isLong = virtualSeconds > longRunSeconds;
    const indices = Array.from({ length: validators }, (_, index) => index);
    const isCostly = faults.some((kind) => costlyKinds.has(kind));
    this.sacrificed = new Set(isCostly ? world.random.faults.shuffle(indices).slice(0, committee.f) : []);
    const { sacrificed } = this;
    this.liars = new Liars(world, { sacrificed, abroad: options.abroad, behaviours: options.behaviours });
    this.watch = new Watch(world, {
      ...{ committee, sacrificed, faultFree: faults.length === 0 },
      certificateProves: options.certificateProves,
    });
    const makeHost = this.#hostMaker();
    this.hosts = indices.map((index) => makeHost(index));
    this.plan = new FaultPlan(
      {
        ...{ world, hosts: this.hosts, network: this.#network, sacrificed: [...sacrificed] },
        misbehave: (host, forMs) => this.liars.misbehave(host, forMs),
        twins: new TwinMachines({
          ...{ world, network: this.#network, hosts: this.hosts, nodeIds: options.nodeIds },
          makeTwin: (index) => makeHost(index, validators + index),
          maySign: (index) => !this.watch.fenced(index),
          setBrazen: (index, brazen) => this.liars.setBrazen(index, brazen),
        }),
        lent: (host, by) => this.watch.copies.lent(host, by),
        restored: (host) => this.watch.copies.restored(host),
        mayRot: (path) => path.endsWith('.segment'),
      },
      { kinds: faults, everyMs: isLong ? [600, 4500] : [50, 1000], rotFromMs: virtualSeconds * 600 },
    );
    this.load = new Load(world, {
      pauseMs: isLong ? [100, 1000, 4000] : [10, 100, 400, 2000],
      heavy: options.heavy ?? false,
      nodes: () => this.nodes,
      trusted: (index) => index < validators && !sacrificed.has(index),
    });
  }

  /** All machines of a run have disks of one kind. */
  #hostMaker(): (validator: number, index?: number) => Host {
    const { disk } = this.world.random;
    const profile = {
      ...fastDisk,
      direct: disk.chance(0.5),
      syncMs: disk.pick([
        [0.1, 0.6],
        [0.2, 1],
        [1, 10],
      ] as const),
    };
    return (validator, index = validator) =>
      new Host(this.world, {
        ...{ index, name: `v${validator + 1}${index === validator ? '' : 'b'}`, disk: profile, restartMs: [10, 1000] },
        program: (host, process) => this.#boot(validator, host, process),
      });
  }

  /** @param index of the validator; of a twin too, whose host has another */
  #boot(index: number, host: Host, process: SimProcess): void {
    const { nodeIds, boot } = this.#options;
    const self = nodeIds[index] as NodeId;
    const isTwin = host.index !== index;
    process.onDeath(() => this.nodes.delete(host.index));
    const liar = this.liars.of(index);
    const hooks = this.watch.hooks(index, process, { isTwin, lies: () => liar?.honest === false });
    const transport = this.#network.transport(process, self);
    boot(
      {
        ...{ index, self, host, process },
        firstStart: host.starts === 1 && !isTwin,
        transport: liar?.transport(transport) ?? transport,
        peers: nodeIds.map((nodeId) => ({ nodeId, host: 'sim', port: 1 })),
        hooks: liar === undefined ? hooks : joinHooks(hooks, liar.hooks(process)),
        watchJournal: (view) => this.watch.journal(index, view),
        damaged: (reason) => this.#damaged(index, host, reason),
        stopped: (reason) => this.#stopped(index, host, process, reason),
      },
      (node) => {
        if (!process.alive) return;
        this.nodes.set(host.index, node);
        this.watch.archive(index, process, node);
      },
    );
  }

  /** Disks that fail stop a node; its code does not, unless its disk is not what it wrote. */
  #stopped(index: number, host: Host, process: SimProcess, reason: string): void {
    if (thrown.test(reason) && !this.sacrificed.has(index))
      this.world.violated('nothing that the code takes for granted is wrong', `${host.name}: ${reason}`);
    host.gaveUp(process, reason);
  }

  /**
   * An operator wipes what cannot be repaired: the validator comes back fenced, and follows. The disk of a second machine was
   * copied with its damage; that machine stays off.
   */
  #damaged(index: number, host: Host, reason: string): void {
    if (!this.sacrificed.has(index)) return this.world.violated('an intact journal opens', `${host.name}: ${reason}`);
    const isTwin = host.index !== index;
    this.world.log(() => `${host.name} is ${isTwin ? 'switched off' : 'wiped'}: ${reason}`);
    if (!isTwin) this.watch.copies.wiped(index);
    // not inside the turn that found it
    this.world.after(0, () => {
      if (isTwin) return host.retire();
      host.crash('killed');
      host.replace(undefined);
      host.start();
    });
  }
}
