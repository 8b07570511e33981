// A drawn network made real: homes, wires and processes, and who of them takes part as far as nobody has hindered it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePorts } from '../../../cli/dev/ports.ts';
import { formatConfig, initialConfig, type NodeConfig, type Ports } from '../../../cli/home/config.ts';
import { createHome, createNetwork } from '../../../cli/home/create.ts';
import { nodeHome } from '../../../cli/home/home.ts';
import { quorumOf } from '../../../consensus/certificate/index.ts';
import type { NetworkGenesis } from '../../../consensus/genesis/index.ts';
import { markFirstStart } from '../../../drivers.ts';
import type { NodeId } from '../../../net/index.ts';
import { TestDevnet, type Why } from '../devnet.ts';
import { killHard, processesOf, pskyJson } from '../psky.ts';
import { Member } from './member.ts';
import type { Engine, FollowerPlan, Plan } from './plan.ts';
import { Proxies } from './proxies.ts';

export class Network {
  readonly plan: Plan;
  readonly devnet: TestDevnet;
  /** validators, and behind them the follower, where there is one */
  readonly members: readonly Member[];
  readonly proxies: Proxies;
  /** what must not have happened */
  readonly violations: string[] = [];
  /** validators that lost their data, and are fenced from then on */
  readonly wiped = new Set<number>();
  readonly #hindered = new Map<number, number>();
  readonly #onChange: (() => void)[] = [];

  private constructor(plan: Plan, devnet: TestDevnet, proxies: Proxies) {
    this.plan = plan;
    this.devnet = devnet;
    this.proxies = proxies;
    this.members = devnet.names.map((name, index) => {
      const place = { index, name, votes: index < plan.engines.length, home: nodeHome(join(devnet.home, name)) };
      return new Member(place, (why) => this.violations.push(why));
    });
  }

  /** @param folder does not exist yet */
  static async make(plan: Plan, folder: string): Promise<Network> {
    const { engines, follower } = plan;
    const names = engines.map((_, i) => `v${i + 1}`);
    const ports = await choosePorts(engines.length + (follower === undefined ? 0 : 1), 'auto');
    const proxies = await Proxies.open(ports.map(({ peer }) => peer));
    const network = {
      name: 'generated',
      dev: true,
      timeMs: Date.now(),
      followers: { mode: 'open', nodeIds: [] },
      chains: plan.chains,
      members: names.map((name, i) => ({ name, host: '127.0.0.1', ports: ports[i] as Ports })),
    } as const;
    const genesis = await createNetwork(folder, network, async (files, genesis, drawn) => {
      const self = names.indexOf(drawn.name);
      const peers = drawn.peer.peers.map((peer) => {
        const target = genesis.validators.findIndex(({ nodeId }) => nodeId === peer.nodeId);
        return { ...peer, port: proxies.portFor(self, target) };
      });
      const config = { ...drawn, peer: { ...drawn.peer, peers }, storage: storageOn(engines[self] as Engine) };
      writeFileSync(files.config, formatConfig(config));
      await markFirstStart(files, genesis, config);
    });
    if (follower !== undefined) {
      const config = followerConfig(follower, genesis, ports[names.length] as Ports, (target) =>
        proxies.portFor(names.length, target),
      );
      await createHome(join(folder, config.name), { config, genesis, validator: false }, markFirstStart);
      names.push(config.name);
    }
    const devnet = new TestDevnet(folder);
    devnet.report = {
      ...{ ready: true, chainId: '', height: 0, metrics: '', peerTls: 'on', rpc: `http://127.0.0.1:${ports[0]?.rpc}` },
      // the follower too: clients use it like a validator
      validators: names.map((name, i) => ({
        ...{ name, home: join(folder, name), rpc: `http://127.0.0.1:${ports[i]?.rpc}` },
        ...{ pid: 0, peer: '', id: genesis.validators[i]?.nodeId ?? '' },
      })),
    };
    return new Network(plan, devnet, proxies);
  }

  async start(): Promise<void> {
    await Promise.all(this.members.map((member) => member.start()));
  }

  get follower(): Member | undefined {
    return this.members.find(({ votes }) => !votes);
  }

  get quorum(): number {
    return quorumOf(this.plan.engines.length).q;
  }

  /** Validators that nothing was done to, or nothing any more. */
  get unhindered(): readonly Member[] {
    return this.members.filter(({ index, votes }) => votes && !this.#hindered.has(index) && !this.wiped.has(index));
  }

  get hasQuorum(): boolean {
    return this.unhindered.length >= this.quorum;
  }

  /** Whether nothing keeps the follower from following: of f + 1 validators that it knows, a quorum has one. */
  get isFollowed(): boolean {
    return this.hasQuorum && this.follower !== undefined && !this.#hindered.has(this.follower.index);
  }

  get intact(): readonly Member[] {
    return this.members.filter(({ index }) => !this.wiped.has(index));
  }

  /** What `psky why` says: of the validators together, or of the follower alone. */
  async why(of?: Member): Promise<Why> {
    if (of === undefined || of.votes) return (await this.devnet.ask<Why>('why')).json;
    return pskyJson<Why>('why', '--home', of.home.path);
  }

  /** Counts a member as hindered for as long as `run` takes. */
  async hindering(members: readonly Member[], run: () => Promise<void>): Promise<void> {
    this.#hinder(members, 1);
    await run().finally(() => this.#hinder(members, -1));
  }

  /** Told whenever the unhindered become more or fewer. */
  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /** Whatever is left of it. */
  destroy(): void {
    this.proxies.close();
    for (const pid of processesOf(this.devnet.home)) killHard(pid);
  }

  #hinder(members: readonly Member[], by: number): void {
    for (const { index } of members) {
      const count = (this.#hindered.get(index) ?? 0) + by;
      if (count === 0) this.#hindered.delete(index);
      else this.#hindered.set(index, count);
    }
    for (const listener of this.#onChange) listener();
  }
}

/** As `psky init --genesis FILE --peers …` makes it, on this network's ports. */
function followerConfig(
  { engine, peers }: FollowerPlan,
  { validators }: NetworkGenesis,
  ports: Ports,
  portOf: (validator: number) => number,
): NodeConfig {
  const known = peers.map((each) => ({
    nodeId: validators[each]?.nodeId as NodeId,
    host: '127.0.0.1',
    port: portOf(each),
  }));
  return { ...initialConfig('f1', { ports, peers: known }), storage: storageOn(engine) };
}

const storageOn = (engine: Engine): NodeConfig['storage'] => ({ engine, lowDiskBytes: 64 << 20 });
