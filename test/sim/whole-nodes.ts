// Whole nodes on simulated machines that a test moves by hand: it starts and kills them, submits, and asks how they are.
// Without faults but those of the test; the random runs are in seeds.ts.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import type { ChainStatus } from '../../consensus/index.ts';
import { present } from '../../lib/assert.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { seconds } from '../../lib/units.ts';
import type { NodeId } from '../../net/index.ts';
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

export class WholeNodes {
  readonly world: World;
  readonly hosts: readonly Host[];
  readonly nodes = new Map<number, WholeNode>();
  accepted = 0;
  damaged = 0;
  /** snapshots that a node began to fetch */
  adopted = 0;

  constructor(seed: number, options: Omit<NodesOptions, 'suite' | 'plannedTermMs'>) {
    const world = new World(seed, (line) => {
      if (line.includes('fetching a snapshot')) this.adopted += 1;
    });
    const network = new SimNetwork(world, localNetwork);
    const plan = simulatedNodes({ ...options, suite: sodiumSuite, plannedTermMs: 30_000 });
    this.world = world;
    this.hosts = plan.nodeIds.map(
      (self, index) =>
        new Host(world, {
          ...{ index, name: `v${index + 1}`, disk: fastDisk, restartMs: [10, 100] },
          program: (host, process) => {
            process.onDeath(() => this.nodes.delete(index));
            plan.boot(
              {
                ...{ index, self: self as NodeId, host, process, hooks: {} },
                firstStart: host.starts === 1,
                watchJournal: (view) => view,
                transport: network.transport(process, self as NodeId),
                peers: plan.nodeIds.map((nodeId) => ({ nodeId, host: 'sim', port: 1 })),
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

  status(index: number, chain = 'main'): ChainStatus {
    const { node } = this.nodes.get(index) as WholeNode;
    let status: ChainStatus | undefined;
    const engine = present(
      node.served.find(({ name }) => name === chain),
      `chain ${chain}`,
    ).addresses.engine;
    node.system.ask(engine, { type: 'status' }, seconds(5), (outcome) => {
      if (outcome.ok) status = outcome.value as ChainStatus;
    });
    this.run(10);
    if (status === undefined) throw new Error(`v${index + 1} says nothing of its chain`);
    return status;
  }

  /** Runs until it holds, or the time is over. */
  until(holds: () => boolean, withinMs: number): boolean {
    const deadline = this.world.nowMs + withinMs;
    while (!holds() && this.world.nowMs < deadline) this.run(50);
    return holds();
  }
}
