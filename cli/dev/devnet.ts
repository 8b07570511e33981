// A devnet's folder: made when missing, given other ports when some are taken, and told how its members speak.

import { existsSync, writeFileSync } from 'node:fs';
import { PskyError } from '../../lib/errors.ts';
import type { PeerAddress } from '../../net/index.ts';
import { formatConfig, type NodeConfig } from '../home/config.ts';
import { createNetwork, devnetChains } from '../home/create.ts';
import { type DevnetHome, devnetFile, type Home, loadConfig, openHome } from '../home/home.ts';
import { loadNodeKey } from '../home/key-files.ts';
import type { PeerTls } from '../home/peer-url.ts';
import { choosePorts, isFree } from './ports.ts';

export interface DevnetOptions {
  readonly validators: number;
  readonly ports: 'standard' | 'auto';
}

/** @returns the devnet in this place, made now when there is none */
export async function ensureDevnet(path: string, options: DevnetOptions): Promise<DevnetHome> {
  if (!existsSync(devnetFile(path))) {
    const ports = await choosePorts(options.validators, options.ports);
    const { markFirstStart } = await import('../../drivers.ts');
    const plan = {
      name: 'devnet',
      dev: true,
      timeMs: Date.now(),
      followers: { mode: 'open', nodeIds: [] },
      chains: devnetChains,
      members: ports.map((each, i) => ({ name: `v${i + 1}`, host: '127.0.0.1', ports: each })),
    } as const;
    await createNetwork(path, plan, markFirstStart);
  }
  return requireDevnet(openHome(path));
}

export function requireDevnet(home: Home): DevnetHome {
  if (home.kind === 'devnet') return home;
  throw new PskyError('not-a-devnet', `${home.path}.`);
}

/** Lets the members encrypt what they send each other, or not, from the next start on. */
export function setPeerTls(home: DevnetHome, tls: PeerTls): void {
  for (const member of home.members.values()) {
    const config = loadConfig(member, {});
    if (config.peer.tls === tls) continue;
    writeFileSync(member.files.config, formatConfig({ ...config, peer: { ...config.peer, tls } }));
  }
}

/**
 * Replaces ports that other programs took since the last run, in the configuration of their owner and of its peers.
 * @returns a line for each replaced port
 */
export async function replaceTakenPorts(home: DevnetHome): Promise<string[]> {
  const replaced: string[] = [];
  const configs = new Map<string, NodeConfig>();
  const moved = new Map<string, number>();
  for (const [name, member] of home.members) {
    let config = loadConfig(member, {});
    for (const kind of ['peer', 'rpc', 'metrics'] as const) {
      const { port } = config[kind];
      if (port === 0 || (await isFree(port))) continue;
      const [ports] = await choosePorts(1, 'auto');
      const free = (ports as NonNullable<typeof ports>)[kind];
      replaced.push(`${name}: ${kind} port ${port} is taken, ${free} instead`);
      config = { ...config, [kind]: { ...config[kind], port: free } };
      if (kind === 'peer') moved.set(loadNodeKey(member.files.nodeKey).nodeId, free);
    }
    configs.set(name, config);
  }
  if (replaced.length === 0) return replaced;
  const follow = (peer: PeerAddress): PeerAddress => ({ ...peer, port: moved.get(peer.nodeId) ?? peer.port });
  for (const [name, member] of home.members) {
    const config = configs.get(name) as NodeConfig;
    const peers = config.peer.peers.map(follow);
    writeFileSync(member.files.config, formatConfig({ ...config, peer: { ...config.peer, peers } }));
  }
  return replaced;
}
