// From the words of `psky load` and a home to a plan: which chain, which validators, how much of what.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  checkSignedSize,
  defaultCoalesceMs,
  describeShortage,
  diskRoomFor,
  type LoadMode,
  type LoadPlan,
  maxCommandBytes,
  maxFrameBytes,
  minBlobBytes,
  Schedule,
  type Target,
} from '../../bench/load/index.ts';
import { type ChainGenesis, chainGenesis } from '../../consensus/genesis/index.ts';
import { PskyError } from '../../lib/errors.ts';
import { type Home, loadConfig, loadGenesis, membersOf, type NodeHome } from '../home/home.ts';
import { liveMembers } from '../running.ts';
import type { Call } from '../verb.ts';

export interface PreparedLoad {
  readonly plan: LoadPlan;
  readonly chain: ChainGenesis;
  readonly targets: readonly Target[];
  readonly processes: number | undefined;
}

/** A signed put of 200 bytes carries about 10 bytes of value. */
const defaultSize: Readonly<Record<LoadMode, number>> = { blob: 512, signed: 200, bundle: 512 };
const defaultBundle = 100;

/** @throws PskyError where the plan is no plan, nobody runs, or the disk is too small */
export function prepareLoad(call: Call): PreparedLoad {
  const home = call.home();
  const targets = liveMembers(call.members()).map(({ name, rpc }) => ({ name, rpc }));
  const plan = planOf(call, targets.length);
  const chain = chainFor(home, plan.mode);
  checkSizes(plan);
  checkDisk(home, plan, chain);
  const processes = call.options['processes'];
  return { plan, chain, targets, processes: typeof processes === 'number' ? processes : undefined };
}

function planOf(call: Call, validators: number): LoadPlan {
  const mode = call.text('mode') as LoadMode;
  return {
    mode,
    rate: call.number('rate', 1_000),
    size: call.number('size', defaultSize[mode]),
    seconds: call.number('seconds', 10),
    clients: call.number('clients', validators),
    commandsPerEntry: mode === 'bundle' ? call.number('bundle', defaultBundle) : 1,
    coalesceMs: call.number('coalesce', defaultCoalesceMs),
    createdMs: Date.now(),
    runId: randomBytes(8).toString('hex'),
  };
}

/** Blobs go to a chain that executes nothing, everything else to the ledger. */
function chainFor(home: Home, mode: LoadMode): ChainGenesis {
  const network = loadGenesis(home);
  const application = mode === 'blob' ? 'blob' : 'key-value';
  const entry = network.chains.find((each) => each.application === application);
  if (entry === undefined)
    throw new PskyError('unknown-chain', `No chain of this network has the ${application} application.`);
  return chainGenesis(network, entry.name);
}

function checkSizes(plan: LoadPlan): void {
  const { mode, size, commandsPerEntry } = plan;
  if (mode === 'blob' && size < minBlobBytes) {
    throw new PskyError('bad-usage', `--size ${size}: a blob has at least ${minBlobBytes} bytes.`);
  }
  if (size > maxCommandBytes || size * commandsPerEntry + 4 > maxFrameBytes) {
    const most = Math.min(maxCommandBytes, Math.floor((maxFrameBytes - 4) / commandsPerEntry));
    throw new PskyError('bad-usage', `--size ${size}: a command of this mode has at most ${most} bytes.`);
  }
  if (mode !== 'blob') checkSignedSize(plan, new Schedule(plan));
}

function checkDisk(home: Home, plan: LoadPlan, chain: ChainGenesis): void {
  const members = [...membersOf(home).values()];
  const lowDiskBytes = Math.max(...members.map((member) => loadConfig(member, process.env).storage.lowDiskBytes));
  const { entry } = chain;
  const shardOf = (member: NodeHome) => ({ ...entry, folder: join(member.files.data, entry.shard) });
  const room = diskRoomFor(new Schedule(plan), members.map(shardOf), lowDiskBytes);
  if (!room.fits) throw new PskyError('load-needs-disk', describeShortage(room, plan));
}
