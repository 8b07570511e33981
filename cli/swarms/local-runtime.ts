// The runtime `local`: every role's agent in this process, on one store in the home. What leaves an agent is signed and
// sealed as it would be between machines.

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { createPinoLog } from '../../actors/drivers/pino-log.ts';
import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { createActorSystem, createNoteSink } from '../../actors/index.ts';
import { type Bytes, fromUtf8 } from '../../lib/bytes.ts';
import { accelerateCrc32 } from '../../lib/crc32.ts';
import { type ErrorName, PskyError } from '../../lib/errors.ts';
import { accelerateSha256, sha256 } from '../../lib/hash.ts';
import { createMetrics } from '../../lib/metrics.ts';
import { hpkeSealing } from '../../lib/suites/sealing.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { KiB } from '../../lib/units.ts';
import { nativeCrc32 } from '../../storage/drivers/native-crc32.ts';
import { nodeDisk } from '../../storage/drivers/node-disk.ts';
import { nodeStores } from '../../storage/drivers/node-stores.ts';
import { openShard, prefixedStore, type Shard } from '../../storage/index.ts';
import {
  agentOf,
  createLocalNetwork,
  type HopEntry,
  type LocalAgent,
  type LocalNetwork,
  startAll,
} from '../../swarms/run/index.ts';
import { openLogFile } from '../log-file.ts';
import { agentSeed } from './agent-seeds.ts';
import type { RunFolder } from './run-folder.ts';

export interface LocalRuntime {
  readonly network: LocalNetwork;
  /** role → agent */
  readonly bind: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export const localAgent = (role: string): string => `local/agent/${role}`;

export async function openLocalRuntime(options: {
  /** `swarms` in the home */
  readonly folder: string;
  readonly what: RunFolder;
  readonly onHop: (instance: string, hop: HopEntry) => void;
  readonly onFatal: (reason: string) => void;
}): Promise<LocalRuntime> {
  accelerateSha256(nativeSha256);
  if (nativeCrc32 !== undefined) accelerateCrc32(nativeCrc32);
  const { folder, what, onHop, onFatal } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const clock = createRealClock();
  const logFile = openLogFile(join(folder, 'swarms.log'));
  const { log } = createPinoLog({ destination: logFile });
  const metrics = createMetrics();
  const system = createActorSystem({ clock, shards: {}, notes: createNoteSink({ log, metrics }), onFatal });
  const shard = await shardIn(join(folder, 'local'), { clock, onFatal });
  const roles = Object.keys(what.program.description.roles);
  const agents: LocalAgent[] = [];
  for (const role of roles) {
    const agent = localAgent(role);
    const { card, keys } = await agentOf(agent, agentSeed(folder, role), { suite: sodiumSuite, sealing: hpkeSealing });
    const programs = [{ program: what.program, implementations: what.implementations }];
    agents.push({ card, keys, programs, store: prefixedStore(shard.store, prefixOf(agent)) });
  }
  const secureRandom = (length: number) => new Uint8Array(randomBytes(length));
  const world = { clock, system, suite: sodiumSuite, sealing: hpkeSealing, secureRandom, log };
  const network = createLocalNetwork({ agents, world, onHop });
  await startAll(network);
  // the clock's timers let a process end; here somebody waits
  const waiting = setInterval(() => undefined, 60_000);
  return {
    network,
    bind: Object.fromEntries(roles.map((role) => [role, localAgent(role)])),
    close: () =>
      new Promise((resolve) => {
        clearInterval(waiting);
        network.close();
        system.halt();
        shard.close(() => {
          logFile.close();
          resolve();
        });
      }),
  };
}

/** of one length, so that none begins another */
const prefixOf = (agent: string): Bytes => sha256(fromUtf8(agent)).subarray(0, 8);

/** its journal is not used: a store is enough, and the shard brings its lock, its lease and groups of writes */
const journal = { segmentBytes: 64 * KiB };

function shardIn(
  directory: string,
  {
    clock,
    onFatal,
  }: { readonly clock: ReturnType<typeof createRealClock>; readonly onFatal: (reason: string) => void },
): Promise<Shard> {
  const newShardId = () => new Uint8Array(randomBytes(16));
  const world = { disk: nodeDisk(), stores: nodeStores(), clock, newShardId, note: () => undefined };
  return new Promise((resolve, reject) =>
    openShard(world, { directory, journal }, { fatal: (fault) => onFatal(fault.message) }, (fault, shard) =>
      fault === undefined ? resolve(shard) : reject(new PskyError(fault.code as ErrorName, fault.message)),
    ),
  );
}
