// A devnet of real processes for a test: started, asked, broken, and ended without leaving anything behind.

import { join } from 'node:path';
import { loadGenesis, openHome } from '../../cli/home/home.ts';
import { holderOf } from '../../cli/home/lock.ts';
import type { ReadyReport } from '../../cli/verbs/dev.ts';
import type { Explanation } from '../../cli/why.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { connectAdmin } from '../../net/drivers/admin-client.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { Client, lightClient, RpcClient } from '../../sdk/index.ts';
import { type Ended, killHard, processesOf, psky, shortFolder } from './psky.ts';

export type Why = Explanation;

export interface Status extends Why {
  readonly members: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly state: string;
    readonly failure: { readonly code: string; readonly name: string; readonly message: string } | null;
    readonly height: number | null;
    readonly chains: readonly { readonly name: string; readonly height: number; readonly leader: string | null }[];
  }[];
}

/** What `psky tx` says of a command. */
export interface Receipt {
  readonly hash: string;
  readonly height: number | null;
  readonly index: number | null;
  readonly code: string;
  readonly name?: string;
  /** at a follower */
  readonly acceptedBy?: string;
}

/** What `psky query get --prove` says. */
export interface Read {
  readonly value: string | null;
  readonly height: number;
  readonly verified: boolean;
  readonly signers: readonly string[];
}

export interface LoadResult {
  readonly offered: number;
  readonly accepted: number;
  readonly committed: number;
  readonly refused: number;
  readonly lost: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
  readonly corrected: boolean;
}

export interface Answer<T> extends Ended {
  readonly json: T;
}

export class TestDevnet {
  readonly home: string;
  report: ReadyReport | undefined;

  constructor(home: string) {
    this.home = home;
  }

  /** Starts it in the background, or resumes it. */
  async start(...options: readonly string[]): Promise<Answer<ReadyReport>> {
    const started = await this.ask<ReadyReport>('dev', '--ports', 'auto', '--detach', ...options);
    if (started.status !== 0) throw new Error(`psky dev: exit ${started.status}\n${started.stdout}${started.stderr}`);
    this.report = started.json;
    return started;
  }

  run(...args: readonly string[]): Promise<Ended> {
    return psky(...args, '--home', this.home);
  }

  /** One line of JSON and nothing else is what --json promises. */
  async ask<T>(...args: readonly string[]): Promise<Answer<T>> {
    const ended = await this.run(...args, '--json');
    const lines = ended.stdout.split('\n').filter((line) => line !== '');
    if (lines.length !== 1)
      throw new Error(`psky ${args.join(' ')}: exit ${ended.status}\n${ended.stdout}${ended.stderr}`);
    return { ...ended, json: JSON.parse(lines[0] as string) as T };
  }

  rpcOf(name: string): string {
    const found = this.report?.validators.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no validator ${name}`);
    return found.rpc;
  }

  get names(): readonly string[] {
    return (this.report?.validators ?? []).map((each) => each.name);
  }

  /** A client as a program would use it, over these members. */
  client(names: readonly string[] = this.names, chain = 'main'): Client {
    const light = lightClient({ network: loadGenesis(openHome(this.home)), chainName: chain, suite: sodiumSuite });
    return new Client({
      endpoints: names.map((name) => this.rpcOf(name)),
      platform: nodePlatform,
      chain,
      light,
    });
  }

  /** Asks one member, whatever the others say. */
  rpc(name: string): RpcClient {
    return new RpcClient({ endpoints: [this.rpcOf(name)], platform: nodePlatform, timeoutMs: 3_000 });
  }

  /** The pids of all processes that work for this home, the supervisor among them. */
  processes(): readonly number[] {
    return processesOf(this.home);
  }

  get supervisor(): number | undefined {
    return holderOf(join(this.home, 'run', 'lock.json'))?.pid;
  }

  /** What the supervisor says of its first member. */
  async supervisorState(): Promise<{ readonly state: string; readonly restarts: number }> {
    const admin = await connectAdmin(this.home);
    const { members } = (await admin.call('status', {}).finally(() => admin.close())) as {
      readonly members: readonly { readonly state: string; readonly restarts: number }[];
    };
    return members[0] as (typeof members)[number];
  }

  /** SIGKILL for all of them, in the same instant. */
  async killAll(): Promise<void> {
    for (const pid of this.processes()) killHard(pid);
    await eventually('all processes are gone', 5, async () => this.processes().length === 0);
  }

  /**
   * What members hold of a chain: block ids and state roots of the last `depth` heights that all have.
   * @returns for each height at which they differ, what each of them says
   */
  async differences(chain: string, names: readonly string[] = this.names, depth = 50): Promise<readonly string[]> {
    const heights = await Promise.all(names.map((name) => this.heightOf(name, chain)));
    const top = Math.min(...heights);
    const from = Math.max(1, top - depth + 1);
    const answers = await Promise.all(
      names.map((name) => this.rpc(name).call('blocks', { chain, from, limit: depth })),
    );
    const said = (blocks: (typeof answers)[number]['blocks'], height: number): string => {
      const block = blocks.find((each) => each.height === height);
      return block === undefined ? 'nothing' : `${block.id} ${block.execHeight} ${block.stateRoot}`;
    };
    return Array.from({ length: top - from + 1 }, (_, i) => from + i)
      .map((height) => ({ height, said: answers.map(({ blocks }) => said(blocks, height)) }))
      .filter((each) => new Set(each.said).size > 1)
      .map((each) => `${chain} ${each.height}: ${each.said.map((text, i) => `${names[i]} ${text}`).join(' | ')}`);
  }

  /** All members have committed and executed the same height, and stay there: the chain is silent. */
  async untilLevel(chain: string): Promise<void> {
    let last = '';
    await eventually(`all members are level on ${chain}`, 30, async () => {
      const members = await Promise.all(this.names.map((name) => this.progressOf(name, chain)));
      const heights = members.flatMap(({ committed, executed }) => [committed, executed]);
      const text = heights.join(' ');
      const level = new Set(heights).size === 1 && text === last;
      last = text;
      if (!level) await pause(300);
      return level;
    });
  }

  /** How far a member has executed a chain: it answers for blocks and receipts up to there, and may have committed more. */
  async heightOf(name: string, chain: string): Promise<number> {
    return (await this.progressOf(name, chain)).executed;
  }

  async progressOf(name: string, chain: string): Promise<{ readonly committed: number; readonly executed: number }> {
    const { chains } = await this.rpc(name).call('status', {});
    const found = chains.find((each) => each.name === chain);
    return { committed: found?.height ?? -1, executed: found?.execHeight ?? -1 };
  }
}

/** A devnet in a folder of its own. */
export function testDevnet(test: { teardown(action: () => void): void }): TestDevnet {
  return new TestDevnet(join(shortFolder(test), 'net'));
}

/** @throws when the condition does not hold in time; a question that fails counts as no */
export async function eventually(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    if (await holds().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(150);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
