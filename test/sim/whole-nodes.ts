// Whole nodes, validators and followers, on simulated machines that a test moves by hand: it starts and kills them, submits,
// and asks how they are. Without faults but those of the test; the random runs are in seeds.ts.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import type { Core } from '../../consensus/core/index.ts';
import type { NetworkGenesis } from '../../consensus/genesis/index.ts';
import type { ChainStatus, Refusal, Submit, Submitted } from '../../consensus/index.ts';
import { statusTeller } from '../../consensus/service/health.ts';
import { accelerateSha256, type Hash } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { KiB, seconds } from '../../lib/units.ts';
import { packEntries, type RpcResult } from '../../net/gateway/protocol.ts';
import type { NodeId } from '../../net/index.ts';
import type { Node } from '../../node.ts';
import { fastDisk } from '../../sim/disk.ts';
import { Host } from '../../sim/host.ts';
import type { SimProcess } from '../../sim/machine.ts';
import { SimNetwork } from '../../sim/network.ts';
import { type NodesOptions, simulatedNodes, type WholeNode } from '../../sim/nodes.ts';
import { localNetwork } from '../../sim/paths.ts';
import { World } from '../../sim/world.ts';

accelerateSha256(nativeSha256);

interface LoadShape {
  readonly size: number;
  readonly everyMs: number;
  readonly chain?: string;
}
type Answered = Submitted | Refusal;
type NodeStatus = RpcResult<'status'>;

/** Segments that fill soon, and a window whose headers, of several terms without a commit, fit into a quarter of one. */
export const smallSegments = { segmentBytes: 256 * KiB, window: 16 } as const;

export class WholeNodes {
  readonly world: World;
  readonly network: SimNetwork;
  /** of the validators, then of the followers */
  readonly nodeIds: readonly NodeId[];
  readonly hosts: readonly Host[];
  readonly nodes = new Map<number, WholeNode>();
  readonly validators: readonly NodeId[];
  readonly genesis: NetworkGenesis;
  /** the id of the first chain */
  readonly chain: Hash;
  /** of the first chain in the validators' present lives, by index */
  readonly cores = new Map<number, Core>();
  accepted = 0;
  damaged = 0;
  /** snapshots that a node began to fetch */
  adopted = 0;

  constructor(seed: number, options: Omit<NodesOptions, 'suite' | 'plannedTermMs'>) {
    const world = new World(seed, (line) => {
      if (line.includes('fetching a snapshot')) this.adopted += 1;
    });
    const network = new SimNetwork(world, localNetwork);
    this.network = network;
    const plan = simulatedNodes({ ...options, suite: sodiumSuite, plannedTermMs: 30_000 });
    this.world = world;
    this.genesis = plan.genesis;
    this.nodeIds = plan.nodeIds;
    this.validators = plan.nodeIds.slice(0, plan.validators);
    this.chain = plan.committee.chain;
    this.hosts = plan.nodeIds.map(
      (self, index) =>
        new Host(world, {
          ...{ index, name: nameOf(index, options.validators), disk: fastDisk, restartMs: [10, 100] },
          program: (host, process) => {
            process.onDeath(() => this.nodes.delete(index));
            plan.boot(
              {
                ...{ index, self: self as NodeId, host, process },
                firstStart: host.starts === 1,
                watchJournal: (view) => view,
                hooks: { started: (core) => void this.cores.set(index, core) },
                transport: network.transport(process, self as NodeId),
                // only validators have addresses that others know
                peers: this.validators.map((nodeId) => ({ nodeId, host: 'sim', port: 1 })),
                damaged: () => {
                  this.damaged += 1;
                },
                stopped: (reason) => host.gaveUp(process, reason),
              },
              (ready) => void this.nodes.set(index, ready as WholeNode),
            );
          },
        }),
    );
    for (const host of this.hosts) host.start();
    this.run(2_000);
  }

  get #firstChain(): string {
    return this.genesis.chains[0]?.name as string;
  }

  node(index: number): Node {
    const running = this.nodes.get(index);
    if (running === undefined) throw new Error(`${this.hosts[index]?.name} does not run`);
    return running.node;
  }

  run(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  /** One entry of `size` bytes at every node each `everyMs`, for so long. */
  load(forMs: number, { size, everyMs, chain = this.#firstChain }: LoadShape): void {
    const until = this.world.nowMs + forMs;
    while (this.world.nowMs < until) {
      const told = (outcome: string): void => {
        if (outcome === 'accepted') this.accepted += 1;
      };
      for (const node of this.nodes.values()) node.submit(new Uint8Array(size).fill(this.accepted), told, chain);
      this.run(everyMs);
    }
  }

  /** One entry to the first chain, and what became of it: accepted, or refused with its code. */
  submit(index: number, entry: Uint8Array, withinMs = 5_000): 'accepted' | number | undefined {
    const answer = this.#submit(index, this.#firstChain, [entry], withinMs);
    if (answer === undefined) return undefined;
    return answer.type === 'refusal' ? answer.code : (answer.refused[0]?.code ?? 'accepted');
  }

  /** @returns how many of the entries were accepted, and the codes of the others */
  submitAll(
    index: number,
    chain: string,
    entries: readonly Uint8Array[],
  ): { readonly accepted: number; readonly codes: readonly number[] } {
    const answer = this.#submit(index, chain, entries, 31_000);
    if (answer?.type !== 'submitted') return { accepted: 0, codes: [] };
    return { accepted: entries.length - answer.refused.length, codes: answer.refused.map(({ code }) => code) };
  }

  /** @returns undefined where no answer came in time, or admission is not there */
  #submit(index: number, chain: string, entries: readonly Uint8Array[], withinMs: number): Answered | undefined {
    const { system, served } = this.node(index);
    const { addresses } = served.find(({ name }) => name === chain) as Node['served'][number];
    const submit: Submit = { type: 'submit', count: entries.length, entries: packEntries(entries) };
    let answer: Answered | undefined;
    let over = false;
    system.ask(addresses.admission, submit, seconds(600), (outcome) => {
      over = true;
      if (outcome.ok) answer = outcome.value as Answered;
    });
    this.until(() => over, withinMs);
    return answer;
  }

  /** How many entries the blocks of a node's archive order in all. */
  ordered(index: number): number {
    const archive = this.nodes.get(index)?.node.served[0]?.archive();
    let entries = 0;
    for (let height = 1; height <= (archive?.lastHeight ?? 0); height++)
      archive?.block(height, (block) => {
        entries += block?.entries ?? 0;
      });
    this.run(2_000);
    return entries;
  }

  /** What a node counts against a peer. */
  misbehaviour(index: number, peer: NodeId): Readonly<Record<string, number>> {
    return (
      this.nodes
        .get(index)
        ?.node.links.peers()
        .find((each) => each.peer === peer)?.misbehaviour ?? {}
    );
  }

  /** A node that has just started does not know its chain yet: it is asked again for a while. */
  status(index: number, chain = this.#firstChain): ChainStatus {
    let status: ChainStatus | undefined;
    for (let attempt = 0; status === undefined && attempt < 200; attempt++) {
      const node = this.nodes.get(index)?.node;
      const engine = node?.served.find(({ name }) => name === chain)?.addresses.engine;
      if (node !== undefined && engine !== undefined)
        node.system.ask(engine, { type: 'status' }, seconds(5), (outcome) => {
          if (outcome.ok) status = outcome.value as ChainStatus;
        });
      this.run(10);
    }
    if (status === undefined) throw new Error(`${this.hosts[index]?.name} says nothing of its chain`);
    return status;
  }

  /** What `psky status` gets from a node about one of its chains. */
  told(index: number, chain: string): NodeStatus['chains'][number] {
    const { system, served, role } = this.node(index);
    const { clock } = this.hosts[index]?.machine.process as SimProcess;
    const nodeId = this.nodeIds[index] as NodeId;
    const { validators } = this.genesis;
    const service = { system, clock, nodeId, nodeName: 'simulated', version: '0', role, chains: served, validators };
    let status: NodeStatus | undefined;
    statusTeller(service, [])({ chain }, (outcome) => {
      if (outcome.ok) status = outcome.value;
    });
    this.until(() => status !== undefined, 15_000);
    return status?.chains[0] as NodeStatus['chains'][number];
  }

  /** Runs until it holds, or the time is over. */
  until(holds: () => boolean, withinMs: number): boolean {
    const deadline = this.world.nowMs + withinMs;
    // asked once a round: asking may take time, and what held a moment ago need not hold again
    for (;;) {
      if (holds()) return true;
      if (this.world.nowMs >= deadline) return false;
      this.run(50);
    }
  }
}

const nameOf = (index: number, validators: number): string =>
  index < validators ? `v${index + 1}` : `f${index - validators + 1}`;
