// psky status and psky why: how the network is, and why it is so.

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { NetworkGenesis } from '../../consensus/genesis/index.ts';
import { PskyError } from '../../lib/errors.ts';
import type { ChainStatus, RpcResult } from '../../net/gateway/protocol.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { RpcClient } from '../../sdk/index.ts';
import { exitCode } from '../exit.ts';
import { failureOf } from '../failure.ts';
import { defaultHome, type Home, loadGenesis, type NodeHome } from '../home/home.ts';
import { loadNodeKey } from '../home/key-files.ts';
import { holderOf } from '../home/lock.ts';
import { formatTable } from '../output.ts';
import { type RunningInfo, runningInfo } from '../running.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';
import { type Explanation, explain } from '../why.ts';

/** a dead process refuses at once, a stopped one never answers; the answer is due within 5 s */
const askMs = 1_500;

export function addStatus(program: Command, finish: Finish): void {
  const chain = { flags: '--chain <name>', about: 'a chain of the network; the first where absent' };
  const specs = [
    {
      words: 'status',
      summary: 'show members, heights and links',
      example: 'status --home /tmp/net',
      options: [chain],
      run: status,
    },
    {
      words: 'why',
      summary: 'explain in one sentence how the chain is, and what to do',
      example: 'why --home /tmp/net',
      options: [chain],
      run: why,
    },
  ];
  for (const spec of specs) addVerb(program, spec, finish);
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
}

async function survey(call: Call): Promise<Survey> {
  const home = call.home();
  const genesis = loadGenesis(home);
  const chain = call.text('chain') ?? genesis.chains[0]?.name ?? '';
  if (!genesis.chains.some((each) => each.name === chain)) throw new PskyError('unknown-chain', `${chain}.`);
  const asked = await askAll(call.members());
  const follows = home.kind === 'node' && isFollower(home, genesis);
  const validators = genesis.validators
    .map((each) => each.name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
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
  return { explanation, asked, chain };
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
  const { explanation, asked, chain } = await survey(call);
  const members = asked.map((each) => {
    const seen = chainOf(each, chain);
    return {
      name: each.name,
      pid: each.info?.pid ?? null,
      rpc: each.info?.rpc ?? null,
      role: each.node?.role ?? null,
      ready: each.node?.ready ?? false,
      state: seen?.state ?? (each.failure === undefined ? 'down' : 'failed'),
      failure: each.failure?.toJSON() ?? null,
      height: seen?.height ?? null,
      execHeight: seen?.execHeight ?? null,
      term: seen?.term ?? null,
      leader: seen?.leader ?? null,
      life: seen?.life ?? null,
      missing: seen?.missing ?? [],
      chains: each.node?.chains ?? [],
    };
  });
  const rows = members.map((each) => [
    each.name,
    each.state,
    String(each.height ?? '–'),
    String(each.execHeight ?? '–'),
    String(each.term ?? '–'),
    each.leader ?? '–',
    each.pid === null ? '–' : String(each.pid),
    each.rpc ?? '–',
  ]);
  const table = formatTable([['member', 'state', 'height', 'executed', 'term', 'leader', 'pid', 'rpc'], ...rows]);
  call.out.result({ chain, ...explanation, members }, `${explanation.sentence}\n\n${table}`);
  return exitCode.ok;
}
