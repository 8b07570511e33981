// What `psky start` and `psky init` need from the composition root (drivers.ts).

import type { ActorSystem } from '../actors/index.ts';
import type { NetworkGenesis } from '../consensus/genesis/index.ts';
import type { Log } from '../lib/log.ts';
import type { NodeId } from '../net/index.ts';
import type { NodeConfig } from './home/config.ts';
import type { HomeFiles } from './home/home.ts';
import type { NodeKey, ValidatorKey } from './home/key-files.ts';

export interface LaunchOptions {
  readonly config: NodeConfig;
  readonly genesis: NetworkGenesis;
  readonly nodeKey: NodeKey;
  /** absent: a follower */
  readonly validatorKey: ValidatorKey | undefined;
  readonly files: HomeFiles;
  readonly home: string;
  readonly version: string;
  readonly log: Log;
  /** a write failed, or a bug: the process must end now, before anything depends on what is not durable */
  readonly onFatal: (reason: string) => void;
}

export interface LaunchedNode {
  readonly nodeId: NodeId;
  readonly role: 'validator' | 'follower';
  /** the ports it got, where the configuration said 0 */
  readonly ports: { readonly peer: number; readonly rpc: number; readonly metrics: number };
  /** resolves when enough peers are linked and the lag is within its bound, as /readyz says; may never */
  readonly ready: Promise<void>;
  /** committed height of the first chain */
  height(): number;
  /** for `psky inspect` */
  readonly actors: ActorSystem;
  /** what SIGHUP reloads */
  reload(config: NodeConfig): void;
  /** stops admitting and signing, flushes the journal, closes everything */
  drain(): Promise<void>;
}

/** Resolves once all ports listen. Rejects with a PskyError when a port, key or shard cannot be used. */
export type LaunchNode = (options: LaunchOptions) => Promise<LaunchedNode>;

export interface Drivers {
  readonly launchNode: LaunchNode;
  /** Writes what marks a validator's first start in its new home (D5): without it an empty journal is fenced. */
  readonly markFirstStart: (home: HomeFiles, genesis: NetworkGenesis, config: NodeConfig) => Promise<void>;
}

export async function loadDrivers(): Promise<Drivers> {
  const place = '../drivers.js';
  return (await import(place)) as Drivers;
}
