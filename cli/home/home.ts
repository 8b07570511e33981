// Where things are. A node's home holds config/, data/, logs/ and run/; a devnet's home holds devnet.json beside ordinary
// homes v1, v2, … Every verb takes either kind.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type NetworkGenesis, parseNetwork } from '../../consensus/genesis/index.ts';
import { type ErrorName, PskyError } from '../../lib/errors.ts';
import { readFields } from '../../lib/fields.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { type NodeConfig, parseConfig } from './config.ts';

export interface NodeHome {
  readonly kind: 'node';
  readonly path: string;
  readonly files: HomeFiles;
}

export interface DevnetHome {
  readonly kind: 'devnet';
  readonly path: string;
  /** name → home, in name order */
  readonly members: ReadonlyMap<string, NodeHome>;
  /** account keys that exist only on a devnet */
  readonly accountsFolder: string;
  readonly supervisorFile: string;
}

export type Home = NodeHome | DevnetHome;

export interface HomeFiles {
  readonly config: string;
  readonly genesis: string;
  readonly nodeKey: string;
  readonly validatorKey: string;
  readonly data: string;
  readonly logs: string;
  readonly run: string;
  readonly lock: string;
  /** what a running node tells about itself: pid and addresses */
  readonly running: string;
  /** why the last process of this home ended by itself */
  readonly failure: string;
  readonly wallets: string;
  /** what breaking it on purpose takes; only of a devnet's members */
  readonly devToken: string;
}

export function filesOf(home: string): HomeFiles {
  return {
    config: join(home, 'config', 'config.toml'),
    genesis: join(home, 'config', 'genesis.json'),
    nodeKey: join(home, 'config', 'node_key.json'),
    validatorKey: join(home, 'config', 'validator_key.json'),
    data: join(home, 'data'),
    logs: join(home, 'logs'),
    run: join(home, 'run'),
    lock: join(home, 'run', 'lock.json'),
    running: join(home, 'run', 'node.json'),
    failure: join(home, 'run', 'failure.json'),
    wallets: join(home, 'keys'),
    devToken: join(home, 'run', 'dev-token'),
  };
}

export function nodeHome(path: string): NodeHome {
  return { kind: 'node', path, files: filesOf(path) };
}

export function devnetFile(path: string): string {
  return join(path, 'devnet.json');
}

/** @throws PskyError `home-missing` */
export function openHome(path: string): Home {
  const absolute = resolve(path);
  if (existsSync(devnetFile(absolute))) return openDevnet(absolute);
  if (existsSync(filesOf(absolute).config)) return nodeHome(absolute);
  throw new PskyError('home-missing', `${absolute}.`);
}

/** The home that a verb means when --home is not given: PSKY_HOME, else .psky of the current folder. */
export function defaultHome(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['PSKY_HOME'] ?? '.psky';
}

function openDevnet(path: string): DevnetHome {
  const read = readFields(readJson(devnetFile(path)), (root) => {
    root.whole('format', { min: 1, max: 1 });
    root.text('network', /^[a-z][a-z0-9-]{0,31}$/, 'a lower-case word');
    return root.list('validators', 100, (value) => String(value));
  });
  if (!read.ok) throw new PskyError('bad-configuration', `devnet.json: ${read.error.place}: ${read.error.message}.`);
  return {
    kind: 'devnet',
    path,
    members: new Map([...read.value].sort(byName).map((name) => [name, nodeHome(join(path, name))])),
    accountsFolder: join(path, 'keys'),
    supervisorFile: join(path, 'run', 'lock.json'),
  };
}

/** v2 before v10 */
export function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** @throws PskyError of that name where the file cannot be read */
export function readText(path: string, otherwise: ErrorName): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new PskyError(otherwise, `${path}: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

function readJson(path: string): unknown {
  const text = readText(path, 'bad-configuration');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PskyError('bad-configuration', `${path}: ${(error as Error).message}.`);
  }
}

/** All nodes that a verb may speak to, in name order, or the one that --node names. */
export function membersOf(home: Home, only?: string): ReadonlyMap<string, NodeHome> {
  const members = home.kind === 'devnet' ? home.members : new Map([[loadConfig(home, {}).name, home]]);
  if (only === undefined) return members;
  const member = members.get(only);
  if (member === undefined)
    throw new PskyError('member-unknown', `${only}; there are ${[...members.keys()].join(', ')}.`);
  return new Map([[only, member]]);
}

export function loadConfig(home: NodeHome, environment: Readonly<Record<string, string | undefined>>): NodeConfig {
  return parseConfig(readText(home.files.config, 'bad-configuration'), environment);
}

export function loadGenesis(home: Home): NetworkGenesis {
  const node = home.kind === 'devnet' ? [...home.members.values()][0] : home;
  if (node === undefined) throw new PskyError('bad-configuration', 'devnet.json names no validators.');
  return loadGenesisFile(node.files.genesis);
}

export function loadGenesisFile(path: string): NetworkGenesis {
  const parsed = parseNetwork(readText(path, 'bad-genesis'), [sodiumSuite]);
  if (!parsed.ok) throw new PskyError('bad-genesis', `${path}: ${parsed.error.place}: ${parsed.error.message}.`);
  return parsed.value;
}
