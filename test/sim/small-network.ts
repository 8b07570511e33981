// Whole nodes on the simulator's ports, without faults: what a test of several chains in one process needs.

import type { ChainEntry, NetworkGenesis } from '../../consensus/genesis/index.ts';
import { type CoreHooks, type Submitted } from '../../consensus/index.ts';
import { registerChainService } from '../../consensus/service/index.ts';
import { type Bytes, bigEndian, concatBytes, fromUtf8, toHex } from '../../lib/bytes.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Result } from '../../lib/result.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { MiB, milliseconds, seconds } from '../../lib/units.ts';
import type { RpcResult } from '../../net/gateway/protocol.ts';
import type { Gateway, GatewayFault, NodeId } from '../../net/index.ts';
import { createNode, markFirstStart, type Node, type NodePorts } from '../../node.ts';
import { fastDisk } from '../../sim/disk.ts';
import { Host } from '../../sim/host.ts';
import type { SimProcess } from '../../sim/machine.ts';
import { localNetwork, SimNetwork } from '../../sim/network.ts';
import { simLog } from '../../sim/notes.ts';
import { World } from '../../sim/world.ts';

export interface SmallNetworkOptions {
  readonly seed: number;
  readonly validators: number;
  readonly chains: readonly Pick<ChainEntry, 'name' | 'application'>[];
  readonly hooks?: (validator: number, chain: string) => CoreHooks | undefined;
  readonly log?: (line: string) => void;
}

type Status = RpcResult<'status'>;
type Method = (params: object, context: object, answer: (outcome: Result<unknown, GatewayFault>) => void) => void;

export class SmallNetwork {
  readonly world: World;
  readonly network: SimNetwork;
  readonly genesis: NetworkGenesis;
  readonly hosts: readonly Host[];
  readonly #options: SmallNetworkOptions;
  readonly #nodes = new Map<number, { readonly node: Node; readonly methods: ReadonlyMap<string, Method> }>();

  constructor(options: SmallNetworkOptions) {
    this.#options = options;
    this.world = new World(options.seed, options.log);
    this.network = new SimNetwork(this.world, localNetwork);
    const keys = Array.from({ length: options.validators }, (_, index) => keyOf(index));
    this.genesis = {
      ...{ format: 1, name: 'small', dev: true, timeMs: 1_767_225_000_000, followers: { mode: 'none', nodeIds: [] } },
      validators: keys.map(({ publicKey }, index) => ({
        name: `v${index + 1}`,
        nodeId: toHex(publicKey) as NodeId,
        suite: sodiumSuite.suite,
        signingKey: publicKey,
        encryptionKey: sha256(fromUtf8('encryption'), bigEndian(index, 4)),
      })),
      chains: options.chains.map((chain) => ({
        ...{ ...chain, shard: 'main', epoch: 0, window: 64, fastPath: false },
        accounts: { mode: 'open', publicKeys: [] },
        ...{ bytesPerAccount: 1e9, retainBytes: 'all', segmentBytes: 16 * MiB },
      })),
    };
    this.hosts = keys.map(
      (_, index) =>
        new Host(this.world, {
          ...{ index, name: `v${index + 1}`, disk: fastDisk, restartMs: [10, 20] },
          program: (host, process) => this.#boot(host, process),
        }),
    );
  }

  start(): void {
    for (const host of this.hosts) host.start();
  }

  run(ms: number, done?: () => boolean): void {
    this.world.run(this.world.nowMs + ms, done);
  }

  node(index: number): Node {
    const running = this.#nodes.get(index);
    if (running === undefined) throw new Error(`v${index + 1} does not run`);
    return running.node;
  }

  /** What `psky status` gets from a node. */
  status(index: number, chain: string): Status['chains'][number] {
    let found: Status | undefined;
    this.#nodes.get(index)?.methods.get('status')?.({ chain }, {}, (outcome) => {
      if (outcome.ok) found = outcome.value as Status;
    });
    this.run(15_000, () => found !== undefined);
    return (found as Status).chains[0] as Status['chains'][number];
  }

  /** @returns how many of the entries were accepted, and the codes of the others */
  submit(index: number, chain: string, entries: readonly Bytes[]): { accepted: number; codes: readonly number[] } {
    const { system, served } = this.node(index);
    const admission = served.find(({ name }) => name === chain)?.addresses.admission;
    const framed = concatBytes(entries.flatMap((entry) => [bigEndian(entry.length, 4).reverse(), entry]));
    let outcome: { accepted: number; codes: readonly number[] } | undefined;
    const message = { type: 'submit', count: entries.length, entries: framed };
    system.ask(admission as NonNullable<typeof admission>, message, seconds(30), (answer) => {
      const refused = answer.ok && answer.value.type === 'submitted' ? (answer.value as Submitted).refused : undefined;
      outcome = {
        accepted: refused === undefined ? 0 : entries.length - refused.length,
        codes: refused?.map(({ code }) => code) ?? [],
      };
    });
    this.run(31_000, () => outcome !== undefined);
    return outcome as { accepted: number; codes: readonly number[] };
  }

  #boot(host: Host, process: SimProcess): void {
    const { genesis, network, world } = this;
    const { index } = host;
    const nodeId = genesis.validators[index]?.nodeId as NodeId;
    const random = world.random.protocol.fork(`node ${index} life ${host.starts}`);
    const ports: NodePorts = {
      clock: process.clock,
      disk: host.disk.port(process),
      stores: host.stores.port(process),
      transport: network.transport(process, nodeId),
      suite: sodiumSuite,
      random,
      secureRandom: (length) => Uint8Array.from({ length }, () => random.below(256)),
      log: simLog(world, host.name),
      onFatal: (reason) => world.violated('no node ends by itself', `${host.name}: ${reason}`),
    };
    const home = { genesis, dataDirectory: 'data' };
    const start = (): void => {
      const node = createNode(
        {
          ...{ ...home, nodeId, validatorKey: keyOf(index), followers: { mode: 'none' } },
          peers: genesis.validators.map((each) => ({ nodeId: each.nodeId, host: 'sim', port: 1 })),
          lowDiskBytes: MiB,
          plannedTermMs: milliseconds(30_000),
          hooks: (chain) => this.#options.hooks?.(index, chain),
        },
        ports,
      );
      process.onDeath(() => {
        this.#nodes.delete(index);
        node.system.halt();
      });
      this.#nodes.set(index, { node, methods: this.#serve(node, nodeId, process) });
      node.start((fault) => {
        if (fault !== undefined) world.violated('a node starts', `${host.name}: ${fault.message}`);
      });
    };
    if (host.starts > 1) start();
    else
      markFirstStart(home, ports, (fault) =>
        fault === undefined ? start() : world.violated('a home is made', fault.message),
      );
  }

  #serve({ system, served }: Node, nodeId: string, { clock }: SimProcess): ReadonlyMap<string, Method> {
    const methods = new Map<string, Method>();
    const gateway = {
      registerMethod: (name: string, method: Method) => void methods.set(name, method),
      registerTopic: () => {},
      registerStream: () => {},
      registerReadyCheck: () => {},
    } as unknown as Gateway;
    registerChainService(gateway, {
      ...{ system, clock, nodeId, nodeName: nodeId.slice(0, 8), version: '0', role: 'validator', chains: served },
      validators: this.genesis.validators,
    });
    return methods;
  }
}

const keyOf = (index: number) => sodiumSuite.keyPairOf(sha256(fromUtf8('small network'), bigEndian(index, 4)));
