// Makes homes: of one node that joins a network, and of all members of a new one. A home appears whole or not at all:
// it is built beside its place and renamed into it.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type ChainEntry,
  type FollowerPolicy,
  formatNetwork,
  type NetworkGenesis,
} from '../../consensus/genesis/index.ts';
import { PskyError } from '../../lib/errors.ts';
import { GiB, MiB } from '../../lib/units.ts';
import { formatConfig, initialConfig, type NodeConfig, type Ports } from './config.ts';
import { devnetFile, filesOf, type HomeFiles } from './home.ts';
import {
  type NodeKey,
  newNodeKey,
  newValidatorKey,
  saveNodeKey,
  saveValidatorKey,
  type ValidatorKey,
} from './key-files.ts';

export interface MemberPlan {
  readonly name: string;
  readonly host: string;
  readonly ports: Ports;
}

export interface NetworkPlan {
  readonly name: string;
  readonly dev: boolean;
  readonly timeMs: number;
  readonly followers: FollowerPolicy;
  readonly chains: readonly ChainEntry[];
  readonly members: readonly MemberPlan[];
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** The chains of a devnet: `main` keeps everything, `bench` only what a measurement needs. */
export const devnetChains: readonly ChainEntry[] = [
  {
    name: 'main',
    application: 'key-value',
    shard: 'main',
    epoch: 0,
    window: 64,
    fastPath: false,
    accounts: { mode: 'open', publicKeys: [] },
    bytesPerAccount: 64 * MiB,
    retainBytes: 'all',
    segmentBytes: 64 * MiB,
  },
  {
    name: 'bench',
    application: 'blob',
    shard: 'bench',
    epoch: 0,
    window: 64,
    fastPath: false,
    accounts: { mode: 'open', publicKeys: [] },
    bytesPerAccount: 0,
    retainBytes: 2 * GiB,
    segmentBytes: 256 * MiB,
  },
];

/** Called for each new validator home once its keys and genesis stand: writes what marks its first start (D5). */
export type FirstStart = (home: HomeFiles, genesis: NetworkGenesis, config: NodeConfig) => Promise<void>;

/**
 * Writes the homes of a new network into `folder`, one per member.
 * @throws PskyError `home-exists` when something is there
 */
export async function createNetwork(
  folder: string,
  plan: NetworkPlan,
  firstStart: FirstStart,
): Promise<NetworkGenesis> {
  const keys = plan.members.map((member) => ({ member, node: newNodeKey(random), validator: newValidatorKey(random) }));
  const genesis: NetworkGenesis = {
    format: 1,
    name: plan.name,
    dev: plan.dev,
    timeMs: plan.timeMs,
    validators: keys.map(({ member, node, validator }) => ({
      name: member.name,
      nodeId: node.nodeId,
      suite: validator.suite,
      signingKey: validator.signingKey,
      encryptionKey: validator.encryptionKey,
    })),
    followers: plan.followers,
    chains: plan.chains,
  };
  const addresses = keys.map(({ member, node }) => ({
    nodeId: node.nodeId,
    host: member.host,
    port: member.ports.peer,
  }));
  await buildFolder(folder, async (building) => {
    for (const { member, node, validator } of keys) {
      const { name, host, ports } = member;
      const peers = addresses.filter((each) => each.nodeId !== node.nodeId);
      const config = initialConfig(name, { host, ports, peers });
      await writeHome(join(building, member.name), { config, genesis, node, validator }, firstStart);
    }
    if (plan.dev) {
      const validators = plan.members.map((each) => each.name);
      writeFileSync(
        devnetFile(building),
        `${JSON.stringify({ format: 1, network: plan.name, validators }, undefined, 2)}\n`,
      );
    }
  });
  return genesis;
}

/** The home of one node that joins: with a validator key it awaits its place in a genesis, without it follows. */
export async function createHome(
  path: string,
  parts: { readonly config: NodeConfig; readonly genesis?: NetworkGenesis; readonly validator: boolean },
  firstStart: FirstStart,
): Promise<{ readonly node: NodeKey; readonly validator: ValidatorKey | undefined }> {
  const node = newNodeKey(random);
  const validator = parts.validator ? newValidatorKey(random) : undefined;
  await buildFolder(path, (building) => writeHome(building, { ...parts, node, validator }, firstStart));
  return { node, validator };
}

interface HomeParts {
  readonly config: NodeConfig;
  readonly genesis?: NetworkGenesis;
  readonly node: NodeKey;
  readonly validator: ValidatorKey | undefined;
}

async function writeHome(path: string, parts: HomeParts, firstStart: FirstStart): Promise<void> {
  const files = filesOf(path);
  mkdirSync(dirname(files.config), { recursive: true, mode: 0o700 });
  mkdirSync(files.data, { mode: 0o700 });
  mkdirSync(files.logs, { mode: 0o700 });
  writeFileSync(files.config, formatConfig(parts.config));
  saveNodeKey(files.nodeKey, parts.node);
  if (parts.validator !== undefined) saveValidatorKey(files.validatorKey, parts.validator);
  if (parts.genesis === undefined) return;
  writeFileSync(files.genesis, formatNetwork(parts.genesis));
  if (parts.validator !== undefined) await firstStart(files, parts.genesis, parts.config);
}

async function buildFolder(path: string, build: (building: string) => Promise<void>): Promise<void> {
  const place = resolve(path);
  if (existsSync(place) && readdirSync(place).length > 0) throw new PskyError('home-exists', `${place}.`);
  mkdirSync(dirname(place), { recursive: true });
  const building = join(dirname(place), `.${basename(place)}.building-${process.pid}`);
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { mode: 0o700 });
  try {
    await build(building);
    renameSync(building, place);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    throw error;
  }
}
