// psky status and psky why: how the network is, and why it is so.

import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { NetworkGenesis } from '../../consensus/genesis/index.ts';
import { PskyError } from '../../lib/errors.ts';
import { connectAdmin } from '../../net/drivers/admin-client.ts';
import type { ChainStatus, RpcResult } from '../../net/gateway/protocol.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { RpcClient } from '../../sdk/index.ts';
import { chainNamed, chainOption } from '../client.ts';
import { exitCode } from '../exit.ts';
import { failureOf } from '../failure.ts';
import { byName, defaultHome, type Home, loadGenesis, type NodeHome } from '../home/home.ts';
import { loadNodeKey } from '../home/key-files.ts';
import { holderOf } from '../home/lock.ts';
import { type RunningInfo, runningInfo } from '../running.ts';
import { renderStatus, type StatusFacts } from '../status-view.ts';
import { paperOf, stillRead } from '../terminal.ts';
import { addVerb, type Call, duration, type Finish } from '../verb.ts';
import { type Explanation, explain } from '../why.ts';

/** a dead process refuses at once, a stopped one never answers; the answer is due within 5 s */
const askMs = 1_500;
const usualWatchMs = 1_000;
/** every picture asks all members and walks their folders */
const leastWatchMs = 200;

export function addStatus(program: Command, finish: Finish): void {
  const watch = {
    flags: '-w, --watch [interval]',
    about: 'draw it anew until interrupted, every second or as often as said, e.g. 5s',
    parse: watchInterval,
  };
  const specs = [
    {
      words: 'status',
      summary: 'show how the members are: role, height, lag, disk, restarts',
      options: [chainOption, watch],
      run: status,
    },
    {
      words: 'why',
      summary: 'explain in one sentence how the chain is, and what helps',
      options: [chainOption],
      run: why,
    },
  ];
  for (const spec of specs) addVerb(program, spec, finish);
}

function watchInterval(text: string): number {
  const ms = duration(text);
  if (ms < leastWatchMs) throw new InvalidArgumentError(`Expected at least ${leastWatchMs}ms.`);
  return ms;
}

interface Asked {
  readonly name: string;
  readonly home: NodeHome;
  readonly info: RunningInfo | undefined;
  readonly node: RpcResult<'status'> | undefined;
  readonly failure: PskyError | undefined;
}

async function askAll(members: ReadonlyMap<string, NodeHome>): Promise<readonly Asked[]> {
  return Promise.all(
    [...members].map(async ([name, home]) => {
      const info = runningInfo(home);
      const node = info === undefined ? undefined : await ask(info.rpc);
      return { name, home, info, node, failure: failureOf(home) };
    }),
  );
}

function ask(rpc: string): Promise<RpcResult<'status'> | undefined> {
  const client = new RpcClient({ endpoints: [rpc], platform: nodePlatform });
  return client.callOne(rpc, 'status', {}, askMs).catch(() => undefined);
}

interface Survey {
  readonly explanation: Explanation;
  readonly asked: readonly Asked[];
  readonly chain: string;
  /** the home is that of a node which its genesis does not name */
  readonly follows: boolean;
}

async function survey(call: Call): Promise<Survey> {
  const home = call.home();
  const genesis = loadGenesis(home);
  const chain = chainNamed(call, genesis);
  const asked = await askAll(call.members());
  const follows = home.kind === 'node' && isFollower(home, genesis);
  const validators = genesis.validators.map((each) => each.name).sort(byName);
  const explanation = explain({
    chain,
    validators,
    asked: asked.map((each) => ({
      name: each.name,
      status: chainOf(each, chain),
      failure: each.failure && { message: each.failure.message, remedy: remedyOf(call, home, each) },
    })),
    follows,
    revive: (name) => (follows ? `psky start --home ${home.path}` : reviveCommand(call, home, name)),
    fallbackSince: lastSignOfLife(asked),
  });
  return { explanation, asked, chain, follows };
}

function isFollower(home: NodeHome, genesis: NetworkGenesis): boolean {
  const { nodeId } = loadNodeKey(home.files.nodeKey);
  return !genesis.validators.some((each) => each.nodeId === nodeId);
}

function chainOf(asked: Asked, chain: string): ChainStatus | undefined {
  return asked.node?.chains.find((each) => each.name === chain);
}

/** The error's own remedy, and where to look. */
function remedyOf(call: Call, home: Home, { name, failure }: Asked): string {
  const which = home.kind === 'devnet' ? ` --node ${name}` : '';
  return `${failure?.row.remedy} Its log: psky logs${which}${placeOf(call, home)}`;
}

/** Nothing where the verb finds the home by itself. */
function placeOf(call: Call, home: Home): string {
  return resolve(defaultHome(call.environment)) === home.path ? '' : ` --home ${home.path}`;
}

function reviveCommand(call: Call, home: Home, name: string): string {
  if (home.kind !== 'devnet') return `psky start --home <home of ${name}>`;
  const place = placeOf(call, home);
  // nobody is there to revive one: the whole devnet is started
  return holderOf(home.supervisorFile) === undefined ? `psky dev${place}` : `psky dev revive ${name}${place}`;
}

/** When the newest log of those who do not answer was last written. */
function lastSignOfLife(asked: readonly Asked[]): string {
  const times = asked
    .filter((each) => each.node === undefined)
    .map((each) => join(each.home.files.logs, 'node.log'))
    .filter((path) => existsSync(path))
    .map((path) => statSync(path).mtimeMs);
  return new Date(times.length > 0 ? Math.max(...times) : Date.now()).toISOString();
}

async function why(call: Call): Promise<number> {
  const { explanation } = await survey(call);
  call.out.result(explanation, `${explanation.sentence}\n${explanation.remedy}`);
  return exitCode.ok;
}

async function status(call: Call): Promise<number> {
  const { watch } = call.options;
  if (watch === undefined) {
    const { report, view } = await look(call);
    call.out.result(report, renderStatus(view, paperOf(process.stdout), Date.now()));
    return exitCode.ok;
  }
  const everyMs = typeof watch === 'number' ? watch : usualWatchMs;
  while (stillRead()) {
    const { report, view } = await look(call);
    showAnew(call, report, view);
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
  return exitCode.ok;
}

/** On a terminal in place of what was there; it flickers less than a screen that is cleared first. */
function showAnew(call: Call, report: object, view: StatusFacts): void {
  const paper = paperOf(process.stdout);
  const text = renderStatus(view, paper, Date.now());
  if (call.out.json || !process.stdout.isTTY) return call.out.result(report, `${text}\n`);
  const lines = text.split('\n').map((line) => `${line}\u001b[K\n`);
  process.stdout.write(`\u001b[H${lines.join('')}\u001b[J`);
}

async function look(call: Call): Promise<{ readonly report: object; readonly view: StatusFacts }> {
  const home = call.home();
  const restarts = await restartsOf(home);
  const { explanation, asked, chain, follows } = await survey(call);
  const highest = Math.max(0, ...asked.map((each) => chainOf(each, chain)?.height ?? 0));
  const members = asked.map((each) => {
    const seen = chainOf(each, chain);
    return {
      name: each.name,
      pid: each.info?.pid ?? null,
      rpc: each.info?.rpc ?? null,
      role: each.node?.role ?? (follows ? ('follower' as const) : ('validator' as const)),
      ready: each.node?.ready ?? false,
      state: seen?.state ?? (each.failure === undefined ? ('down' as const) : ('failed' as const)),
      failure: each.failure?.toJSON() ?? null,
      height: seen?.height ?? null,
      execHeight: seen?.execHeight ?? null,
      lag: seen === undefined ? null : highest - seen.execHeight,
      term: seen?.term ?? null,
      leader: seen?.leader ?? null,
      life: seen?.life ?? null,
      missing: seen?.missing ?? [],
      restarts: restarts.get(each.name) ?? null,
      upMs: each.info === undefined ? null : ageOf(each.home.files.running),
      diskBytes: takenBytes(each.home.files.data),
      chains: each.node?.chains ?? [],
    };
  });
  const { bavail, bsize } = statfsSync(home.path);
  const view = { ...explanation, members, freeBytes: bavail * bsize };
  return { report: { chain, ...view }, view };
}

/** What the supervisor of a devnet counts, by name; nothing where none runs. */
async function restartsOf(home: Home): Promise<ReadonlyMap<string, number>> {
  if (home.kind !== 'devnet' || holderOf(home.supervisorFile) === undefined) return new Map();
  try {
    const supervisor = await connectAdmin(home.path);
    const answer = await supervisor.call('status', {}).finally(() => supervisor.close());
    const { members } = answer as { readonly members: readonly { readonly name: string; readonly restarts: number }[] };
    return new Map(members.map(({ name, restarts }) => [name, restarts]));
  } catch (error) {
    if (error instanceof PskyError) return new Map(); // it is starting or ending: there is no count yet, or no more
    throw error;
  }
}

/** Milliseconds since a file was written; null where it is gone meanwhile. */
function ageOf(file: string): number | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? null : Date.now() - stats.mtimeMs;
}

/** What all files in a folder take on the disk, sparse ones less than their length; null where there is none. */
function takenBytes(folder: string): number | null {
  let entries: readonly string[];
  try {
    entries = readdirSync(folder, { recursive: true }).map(String);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  let bytes = 0;
  for (const entry of entries) {
    // files come and go while a node works
    const stats = statSync(join(folder, entry), { throwIfNoEntry: false });
    if (stats?.isFile()) bytes += 512 * stats.blocks;
  }
  return bytes;
}
