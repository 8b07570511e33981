// The stores of a home's agents, opened for reading: those of the runtime local share one, each of a cluster has its own.
// What another process has open is left out, and said.

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { type ErrorName, PskyError } from '../../lib/errors.ts';
import { nodeDisk } from '../../storage/drivers/node-disk.ts';
import { nodeStores } from '../../storage/drivers/node-stores.ts';
import { openShard, type Shard, type ShardWorld } from '../../storage/index.ts';
import { agentStore, agentsJournal } from '../../swarm-node.ts';
import type { SwarmStore } from '../../swarms/run/index.ts';
import { clusterAgent } from './cluster-names.ts';
import { localAgent } from './local-runtime.ts';

export type RuntimeName = 'local' | 'cluster';

export interface AgentStore {
  readonly runtime: RuntimeName;
  readonly role: string;
  /** `domain/agent/name` */
  readonly agent: string;
  readonly store: SwarmStore;
}

export interface StoreInUse {
  readonly runtime: RuntimeName;
  readonly directory: string;
}

export interface AgentStores {
  readonly stores: readonly AgentStore[];
  /** what another process has open */
  readonly inUse: readonly StoreInUse[];
  close(): Promise<void>;
}

/** @param folder `swarms` in the home; where there is none, there are no stores */
export async function openAgentStores(folder: string): Promise<AgentStores> {
  const world: ShardWorld = {
    ...{ disk: nodeDisk(), clock: createRealClock(), stores: nodeStores() },
    newShardId: () => new Uint8Array(randomBytes(16)),
    note: () => undefined,
  };
  const roles = rolesIn(folder);
  const stores: AgentStore[] = [];
  const inUse: StoreInUse[] = [];
  const shards: Shard[] = [];
  const close = async (): Promise<void> => {
    for (const shard of shards) await new Promise((resolve) => shard.close(resolve));
  };
  const open = async (runtime: RuntimeName, directory: string, agents: readonly (readonly [string, string])[]) => {
    if (!existsSync(directory)) return;
    const shard = await opened(world, directory);
    if (shard === undefined) return void inUse.push({ runtime, directory });
    shards.push(shard);
    for (const [role, agent] of agents) stores.push({ runtime, role, agent, store: agentStore(shard.store, agent) });
  };
  try {
    await open(
      'local',
      join(folder, 'local'),
      roles.map((role) => [role, localAgent(role)] as const),
    );
    for (const role of roles)
      await open('cluster', join(folder, 'cluster', role, 'data'), [[role, clusterAgent(role)]]);
  } catch (error) {
    await close();
    throw error;
  }
  return { stores, inUse, close };
}

function rolesIn(folder: string): readonly string[] {
  const keys = join(folder, 'agents');
  if (!existsSync(keys)) return [];
  return readdirSync(keys).flatMap((file) => (file.endsWith('.key') ? [file.slice(0, -'.key'.length)] : []));
}

/** @returns undefined where another process has it open */
function opened(world: ShardWorld, directory: string): Promise<Shard | undefined> {
  return new Promise((resolve, reject) => {
    const failed = (fault: { readonly code: string; readonly message: string }): void =>
      reject(new PskyError(fault.code as ErrorName, fault.message));
    openShard(world, { directory, journal: agentsJournal }, { fatal: failed }, (fault, shard) => {
      if (fault === undefined) resolve(shard);
      else if (fault.code === 'shard-locked') resolve(undefined);
      else failed(fault);
    });
  });
}
