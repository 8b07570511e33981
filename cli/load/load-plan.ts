// From the words of `psky load` and a home to a plan: which chain, which validators, how much of what.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  checkSignedSize,
  describeShortage,
  diskRoomFor,
  type LoadMode,
  type LoadPlan,
  maxCommandBytes,
  maxFrameBytes,
  minBlobBytes,
  Schedule,
  type Site,
} from '../../bench/load/index.ts';
import { type ChainGenesis, chainGenesis } from '../../consensus/genesis/index.ts';
import { PskyError } from '../../lib/errors.ts';
import { type Home, loadConfig, loadGenesis, membersOf, type NodeHome } from '../home/home.ts';
import type { PeerTls } from '../home/peer-url.ts';
import { liveMembers } from '../running.ts';
import type { Call } from '../verb.ts';

export interface PreparedLoad {
  readonly plan: LoadPlan;
  readonly chain: ChainGenesis;
  readonly site: Site;
  /** what the validators do among themselves, as their configuration says */
  readonly peerTls: PeerTls;
  /** on the disk of the first validator: where it is calibrated */
  readonly folder: string;
  readonly diskHolds: (plan: LoadPlan, runs: number) => boolean;
}

/** A signed put of 200 bytes carries about 10 bytes of value. */
const defaultSize: Readonly<Record<LoadMode, number>> = { blob: 512, signed: 200, bundle: 512 };
const defaultRate = 1_000;
/** where a search begins: what a small machine bears; it grows and shrinks from there by itself */
const firstRate: Readonly<Record<LoadMode, number>> = { blob: 10_000, signed: 2_000, bundle: 5_000 };
/** An account has at most 1,000 commands under way; four of them keep a validator busy for a second at 4,000/s. */
const clientsPerValidator: Readonly<Record<LoadMode, number>> = { blob: 1, signed: 4, bundle: 1 };

/**
 * @param runs of the plan that the disk must hold
 * @throws PskyError where the plan is no plan, nobody runs, or the disk is too small
 */
export function prepareLoad(call: Call, runs: number): PreparedLoad {
  const home = call.home();
  const live = liveMembers(call.members());
  const validators = live.map(({ name, home: { path }, info: { rpc, pid } }) => ({ name, rpc, pid, home: path }));
  const plan = planOf(call, validators.length);
  const chain = chainFor(home, plan.mode);
  checkSizes(plan);
  const room = (wanted: LoadPlan, times: number) => roomFor(home, chain, wanted, times);
  const enough = room(plan, runs);
  if (!enough.fits) throw new PskyError('load-needs-disk', describeShortage(enough, plan, runs));
  const processes = call.options['processes'];
  const site = { validators, chain: chain.chain };
  return {
    plan,
    chain,
    peerTls: loadConfig(live[0].home, call.environment).peer.tls,
    site: typeof processes === 'number' ? { ...site, processes } : site,
    folder: live[0].home.path,
    diskHolds: (wanted, times) => room(wanted, times).fits,
  };
}

/** The same plan for another run: no two runs send the same bytes, and commands expire from now on. */
export function renewed(plan: LoadPlan): LoadPlan {
  return { ...plan, createdMs: Date.now(), runId: randomBytes(8).toString('hex') };
}

function planOf(call: Call, validators: number): LoadPlan {
  const mode = call.text('mode') as LoadMode;
  return renewed({
    mode,
    rate: call.number('rate', call.flag('findMax') ? firstRate[mode] : defaultRate),
    size: call.number('size', defaultSize[mode]),
    seconds: call.number('seconds'),
    warmUpSeconds: call.number('warmUp'),
    clients: call.number('clients', validators * clientsPerValidator[mode]),
    commandsPerEntry: mode === 'bundle' ? call.number('bundle') : 1,
    coalesceMs: call.number('coalesce'),
    createdMs: 0,
    runId: '',
  });
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

function roomFor(home: Home, { entry }: ChainGenesis, plan: LoadPlan, runs: number): ReturnType<typeof diskRoomFor> {
  const members = [...membersOf(home).values()];
  const lowDiskBytes = Math.max(...members.map((member) => loadConfig(member, process.env).storage.lowDiskBytes));
  const shardOf = (member: NodeHome) => ({ ...entry, folder: join(member.files.data, entry.shard) });
  return diskRoomFor(new Schedule(plan), runs, members.map(shardOf), lowDiskBytes);
}
