// The one process that owns a devnet: it starts the members, restarts those that crash, and takes kill, revive and stop
// over a Unix socket that only the home's owner reaches, with a token of this run.

import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ErrorName, PskyError } from '../../lib/errors.ts';
import { connectAdmin } from '../../net/drivers/admin-client.ts';
import { type AdminReply, createAdminServer } from '../../net/drivers/admin-server.ts';
import type { DevnetHome } from '../home/home.ts';
import { lockHome } from '../home/lock.ts';
import { drainMs } from '../limits.ts';
import { Member } from './member.ts';
import { issueToken } from './token.ts';

const listenMs = 30_000;

export class Supervisor {
  readonly home: DevnetHome;
  readonly members: readonly Member[];
  readonly #release: () => void;
  readonly #isToken: (given: unknown) => boolean;
  readonly #server = createAdminServer();
  #interrupted = false;
  #stopping: Promise<void> | undefined;
  #stopped: (() => void) | undefined;
  /** resolves when the devnet was stopped, by whomever */
  readonly ended: Promise<void>;

  /** @throws PskyError `home-in-use` */
  constructor(home: DevnetHome, remark: (text: string) => void) {
    this.home = home;
    this.#release = lockHome(home.supervisorFile);
    this.#isToken = issueToken(tokenFile(home));
    this.members = [...home.members].map(([name, member]) => new Member(name, member, remark));
    this.ended = new Promise((resolve) => {
      this.#stopped = resolve;
    });
  }

  /** Starts all members and waits until all of them listen. */
  async start(report: (listening: number) => void): Promise<void> {
    await this.#listen();
    for (const member of this.members) member.start();
    let listening = 0;
    await Promise.all(
      this.members.map(async (member) => {
        await member.untilListening(listenMs);
        report(++listening);
      }),
    );
  }

  /** Drains all members, then closes. Safe to call more than once. */
  stop(): Promise<void> {
    this.#interrupted = true;
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** whether someone asked for the end */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  forceKill(): void {
    for (const member of this.members) member.forceKill();
  }

  async #stop(): Promise<void> {
    for (const member of this.members) member.stop();
    await Promise.all(this.members.map((member) => member.until(() => !member.alive, drainMs)));
    this.forceKill();
    await Promise.all(this.members.map((member) => member.until(() => !member.alive, 1_000)));
    await new Promise<void>((closed) => this.#server.close(closed));
    rmSync(tokenFile(this.home), { force: true });
    this.#release();
    this.#stopped?.();
  }

  async #listen(): Promise<void> {
    this.#register('status', async () => ({
      pid: process.pid,
      members: this.members.map(({ name, state, restarts, info }) => ({ name, state, restarts, info: info ?? null })),
    }));
    this.#register('kill', async (params) => {
      const member = this.#chosen(params);
      await member.kill();
      return { name: member.name, state: member.state };
    });
    this.#register('revive', async (params) => {
      const member = this.#chosen(params);
      member.revive();
      const { pid, rpc } = await member.untilListening(listenMs);
      return { name: member.name, state: member.state, pid, rpc };
    });
    // answered first: the asker waits for the processes to be gone
    this.#register('stop', async () => {
      setImmediate(() => void this.stop());
      return { stopping: true };
    });
    await new Promise<void>((resolve, reject) =>
      this.#server.listen(this.home.path, (fault) => {
        if (fault === undefined) resolve();
        else reject(new PskyError(fault.name, fault.detail));
      }),
    );
  }

  #register(verb: string, answer: (params: Readonly<Record<string, unknown>>) => Promise<object>): void {
    this.#server.register(verb, (params, reply) => void replyWith(reply, answer(params)));
  }

  #chosen(request: Readonly<Record<string, unknown>>): Member {
    if (!this.#isToken(request['token'])) throw new PskyError('not-a-devnet', 'The token is not that of this run.');
    const member = this.members.find((each) => each.name === request['name']);
    if (member === undefined) throw new PskyError('member-unknown', `${String(request['name'])}.`);
    return member;
  }
}

function tokenFile(home: DevnetHome): string {
  return join(dirname(home.supervisorFile), 'dev-token');
}

async function replyWith(reply: AdminReply, answer: Promise<object>): Promise<void> {
  try {
    reply.result(await answer);
  } catch (error) {
    if (error instanceof PskyError) reply.fail({ name: error.row.name as ErrorName, detail: error.message });
    else reply.fail({ name: 'internal', detail: String(error) });
  }
}

/** What `psky dev kill|revive` asks of the supervisor. */
export async function askSupervisor(home: DevnetHome, method: 'kill' | 'revive', name: string): Promise<unknown> {
  let token: string;
  try {
    token = readFileSync(tokenFile(home), 'utf8');
  } catch {
    throw new PskyError('not-running', 'The devnet has no supervising process.');
  }
  const supervisor = await connectAdmin(home.path);
  return supervisor.call(method, { name, token }).finally(() => supervisor.close());
}
