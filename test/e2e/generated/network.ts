// A drawn network made real: homes, wires and processes, and who of them takes part as far as nobody has hindered it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePorts } from '../../../cli/dev/ports.ts';
import { formatConfig } from '../../../cli/home/config.ts';
import { createNetwork } from '../../../cli/home/create.ts';
import { quorumOf } from '../../../consensus/certificate/index.ts';
import { markFirstStart } from '../../../drivers.ts';
import { TestDevnet } from '../devnet.ts';
import { killHard, processesOf } from '../psky.ts';
import { Member } from './member.ts';
import type { Plan } from './plan.ts';
import { Proxies } from './proxies.ts';

export class Network {
  readonly plan: Plan;
  readonly devnet: TestDevnet;
  readonly members: readonly Member[];
  readonly proxies: Proxies;
  /** what must not have happened */
  readonly violations: string[] = [];
  /** validators that lost their data, and are fenced from then on */
  readonly wiped = new Set<number>();
  readonly #hindered = new Map<number, number>();
  readonly #onChange: (() => void)[] = [];

  private constructor(plan: Plan, devnet: TestDevnet, places: readonly Place[], proxies: Proxies) {
    this.plan = plan;
    this.devnet = devnet;
    this.proxies = proxies;
    this.members = places.map((place) => new Member(place, (why) => this.violations.push(why)));
  }

  /** @param folder does not exist yet */
  static async make(plan: Plan, folder: string): Promise<Network> {
    const ports = await choosePorts(plan.engines.length, 'auto');
    const proxies = await Proxies.open(ports.map(({ peer }) => peer));
    const names = ports.map((_, i) => `v${i + 1}`);
    const network = {
      name: 'generated',
      dev: true,
      timeMs: Date.now(),
      followers: { mode: 'open', nodeIds: [] },
      chains: plan.chains,
      members: ports.map((each, i) => ({ name: names[i] as string, host: '127.0.0.1', ports: each })),
    } as const;
    const { validators } = await createNetwork(folder, network, async (files, genesis, drawn) => {
      const self = names.indexOf(drawn.name);
      const peers = drawn.peer.peers.map((peer) => {
        const target = genesis.validators.findIndex(({ nodeId }) => nodeId === peer.nodeId);
        return { ...peer, port: proxies.portFor(self, target) };
      });
      const storage = { engine: plan.engines[self] as Plan['engines'][number], lowDiskBytes: 64 << 20 };
      const config = { ...drawn, peer: { ...drawn.peer, peers }, storage };
      writeFileSync(files.config, formatConfig(config));
      await markFirstStart(files, genesis, config);
    });
    const devnet = new TestDevnet(folder);
    const places = ports.map(({ rpc }, index) => {
      const name = names[index] as string;
      return { index, name, home: join(folder, name), rpc: `http://127.0.0.1:${rpc}` };
    });
    devnet.report = {
      ...{ ready: true, chainId: '', height: 0, metrics: '', peerTls: 'on', rpc: places[0]?.rpc ?? '' },
      validators: places.map(({ name, home, rpc }, i) => ({
        ...{ name, home, rpc, pid: 0, peer: '', id: validators[i]?.nodeId ?? '' },
      })),
    };
    return new Network(plan, devnet, places, proxies);
  }

  async start(): Promise<void> {
    await Promise.all(this.members.map((member) => member.start()));
  }

  get quorum(): number {
    return quorumOf(this.members.length).q;
  }

  /** Members that nothing was done to, or nothing any more. */
  get unhindered(): readonly Member[] {
    return this.members.filter(({ index }) => !this.#hindered.has(index) && !this.wiped.has(index));
  }

  get intact(): readonly Member[] {
    return this.members.filter(({ index }) => !this.wiped.has(index));
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

interface Place {
  readonly index: number;
  readonly name: string;
  readonly home: string;
  readonly rpc: string;
}
