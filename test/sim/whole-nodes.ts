// Whole nodes, validators and followers, on simulated machines that a test moves by hand: it starts and kills them, submits, and asks how they are.
// Without faults but those of the test; the random runs are in seeds.ts.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import type { Address, Message } from '../../actors/index.ts';
import type { Core } from '../../consensus/core/index.ts';
import type { ChainStatus, CoreHooks, Refusal, Submit, Submitted } from '../../consensus/index.ts';
import { bigEndian, concatBytes } from '../../lib/bytes.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { seconds } from '../../lib/units.ts';
import type { NodeId } from '../../net/index.ts';
import { joinHooks } from '../../sim/checkers/core-observer.ts';
import { fastDisk } from '../../sim/disk.ts';
import { Host } from '../../sim/host.ts';
import { localNetwork, SimNetwork } from '../../sim/network.ts';
import { type NodesOptions, simulatedNodes, type WholeNode } from '../../sim/nodes.ts';
import { World } from '../../sim/world.ts';

accelerateSha256(nativeSha256);

interface LoadShape {
  readonly size: number;
  readonly everyMs: number;
  readonly chain?: string;
}
type Hooks = (index: number) => CoreHooks;

export class WholeNodes {
  readonly world: World;
  readonly network: SimNetwork;
  /** of the validators, then of the followers */
  readonly nodeIds: readonly NodeId[];
  readonly hosts: readonly Host[];
  readonly nodes = new Map<number, WholeNode>();
  readonly validators: readonly NodeId[];
  /** the id of the chain `main` */
  readonly chain: string;
  /** of the validators' present lives, by index */
  readonly cores = new Map<number, Core>();
  accepted = 0;
  damaged = 0;
  /** snapshots that a node began to fetch */
  adopted = 0;

  constructor(seed: number, options: Omit<NodesOptions, 'suite' | 'plannedTermMs'>, hooks: Hooks = () => ({})) {
    const world = new World(seed, (line) => {
      if (line.includes('fetching a snapshot')) this.adopted += 1;
    });
    const network = new SimNetwork(world, localNetwork);
    this.network = network;
    const plan = simulatedNodes({ ...options, suite: sodiumSuite, plannedTermMs: 30_000 });
    this.world = world;
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
                hooks: joinHooks(hooks(index), { started: (core) => void this.cores.set(index, core) }),
                transport: network.transport(process, self as NodeId),
                // only validators have addresses that others know
                peers: this.validators.map((nodeId) => ({ nodeId, host: 'sim', port: 1 })),
                damaged: () => {
                  this.damaged += 1;
                },
              },
              (ready) => void this.nodes.set(index, ready as WholeNode),
            );
          },
        }),
    );
    for (const host of this.hosts) host.start();
    this.run(2_000);
  }

  run(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  /** One entry of `size` bytes at every node each `everyMs`, for so long. */
  load(forMs: number, { size, everyMs, chain = 'main' }: LoadShape): void {
    const until = this.world.nowMs + forMs;
    while (this.world.nowMs < until) {
      const told = (outcome: string): void => {
        if (outcome === 'accepted') this.accepted += 1;
      };
      for (const node of this.nodes.values()) node.submit(new Uint8Array(size).fill(this.accepted), told, chain);
      this.run(everyMs);
    }
  }

  /** One entry, and what became of it: accepted, or refused with its code. */
  submit(index: number, entry: Uint8Array, withinMs = 5_000): 'accepted' | number | undefined {
    const { node } = this.nodes.get(index) as WholeNode;
    const admission = node.served[0]?.addresses.admission as Address;
    const entries = concatBytes([bigEndian(entry.length, 4).reverse(), entry]);
    let outcome: 'accepted' | number | undefined;
    const submit: Submit = { type: 'submit', count: 1, entries };
    node.system.ask(admission, submit as Message, seconds(600), (answer) => {
      if (!answer.ok) return;
      const told = answer.value as Submitted | Refusal;
      outcome = told.type === 'refusal' ? told.code : (told.refused[0]?.code ?? 'accepted');
    });
    this.until(() => outcome !== undefined, withinMs);
    return outcome;
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
  status(index: number, chain = 'main'): ChainStatus {
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
